/** The one way in which a view becomes a file for a message. */
import type { ImagePart } from '../../endpoint/exchange/messages.ts'
import { sha256 } from '../../shared/canonical.ts'
import { encodeFineJpeg, encodePng } from '../../vision/encode.ts'
import type { Pixels } from '../../vision/picture.ts'

/**
 * Views up to this many pixels are sent as PNG, exactly as they are: every side that the small policy knows, and crops that
 * were enlarged to the least size, where a few pixels are all there is of a letter. On a photograph of that size PNG is
 * twice as large as JPEG at quality 95 (110 against 53 KB); at 2 million pixels it is 3.5 times as large (2.6 against
 * 0.8 MB) and takes several times as long.
 */
export const exactPixels: number = 256 * 256

export async function viewBytes(pixels: Pixels): Promise<ImagePart> {
  const exact = pixels.width * pixels.height <= exactPixels
  const bytes = await (exact ? encodePng(pixels) : encodeFineJpeg(pixels))
  return { type: 'image', bytes, mime: exact ? 'image/png' : 'image/jpeg', sha256: sha256(bytes) }
}
