/** A search as a file to save: figure, animation or Markdown. */
import { searchDownload, searchFileKinds } from '../../page/search-file.ts'
import { picturesOf } from '../../protocol/originals.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { isOneOf } from '../../shared/fields.ts'
import { limiter } from '../../shared/limiter.ts'
import type { PictureAt } from './region.ts'

/** Animations take seconds of a core. */
const drawing = limiter(1)

/** `?as=` svg, png, webp, gif or md; otherwise PNG. */
export async function figureResponse(
  trajectory: Trajectory,
  pictureAt: PictureAt,
  query: URLSearchParams,
): Promise<Response> {
  const as = query.get('as')
  const kind = isOneOf(searchFileKinds, as) ? as : 'png'
  const pictures = await Promise.all(picturesOf(trajectory).map(async (_, original) => pictureAt(original)))
  const { name, type, content } = await drawing(() => searchDownload(kind, trajectory, pictures))
  const headers = { 'content-type': type, 'content-disposition': `attachment; filename="${name}"` }
  return new Response(content, { headers })
}
