/** Pictures that a request itself holds, as data: URLs: nothing is ever fetched, and limits come before decoding. */
import { HttpError } from './http-error.ts'

/** The encoded bytes of `data:image/...;base64,...`. Throws `HttpError` 400 for any other URL. */
export function sentPicture(url: string): Buffer {
  const comma = url.indexOf(',')
  if (!/^data:image\/[a-z.+-]{1,40};base64$/i.test(url.slice(0, Math.max(comma, 0)))) {
    throw new HttpError(400, 'invalid_image_url', 'A picture has to be a data: URL of an image, in base64.')
  }
  return Buffer.from(url.slice(comma + 1), 'base64')
}
