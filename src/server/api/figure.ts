/** The figure of a search as a file download. */
import { drawFigure } from '../../page/figure/write-figure.ts'
import { picturesOf } from '../../protocol/originals.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { PictureAt } from './region.ts'

/** SVG with `?as=svg`, otherwise PNG. */
export async function figureResponse(
  trajectory: Trajectory,
  pictureAt: PictureAt,
  query: URLSearchParams,
): Promise<Response> {
  const svg = query.get('as') === 'svg'
  const headers = {
    'content-type': svg ? 'image/svg+xml' : 'image/png',
    'content-disposition': `attachment; filename="search.${svg ? 'svg' : 'png'}"`,
  }
  const pictures = await Promise.all(picturesOf(trajectory).map(async (_, original) => pictureAt(original)))
  return new Response(await drawFigure(svg ? 'svg' : 'png', trajectory, pictures), { headers })
}
