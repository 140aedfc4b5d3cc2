/** Pictures embedded in a request as data: URLs; nothing is ever fetched. The format is detected when the bytes are opened. */
import { dataUrlBytes } from '../../shared/data-url.ts'
import { HttpError } from './http-error.ts'

/** The bytes of a data: URL. Throws `HttpError` 400 for any other URL. */
export function sentPicture(url: string): Buffer {
  const bytes = dataUrlBytes(url)
  if (bytes !== undefined) return bytes
  throw new HttpError(
    400,
    'invalid_image_url',
    'A picture has to be part of the request, as a data: URL such as data:image/jpeg;base64,...; nothing is fetched.',
  )
}
