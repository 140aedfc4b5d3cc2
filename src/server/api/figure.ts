/** The figure of a search as a file to be kept. */
import { drawFigure } from '../../page/figure/write-figure.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { Picture } from '../../vision/picture.ts'

/** `?as=svg`, or a PNG. */
export async function figureResponse(
  trajectory: Trajectory,
  picture: Picture,
  query: URLSearchParams,
): Promise<Response> {
  const svg = query.get('as') === 'svg'
  const headers = {
    'content-type': svg ? 'image/svg+xml' : 'image/png',
    'content-disposition': `attachment; filename="search.${svg ? 'svg' : 'png'}"`,
  }
  return new Response(await drawFigure(svg ? 'svg' : 'png', trajectory, picture), { headers })
}
