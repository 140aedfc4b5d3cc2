/** Encodes views as picture files for messages. */
import type { ImagePart } from '../../endpoint/exchange/messages.ts'
import { sha256 } from '../../shared/canonical.ts'
import { encodeFineJpeg, encodePng } from '../../vision/encode.ts'
import type { Pixels } from '../../vision/picture.ts'

/**
 * Views up to this many pixels are sent losslessly as PNG: all view sizes of the embedded policy, and crops enlarged to the minimum
 * size, in which a letter may consist of a few pixels. For a photograph of that size PNG is twice as large as JPEG at quality 95
 * (110 versus 53 KB); at 2 million pixels it is 3.5 times as large (2.6 versus 0.8 MB) and takes several times as long.
 */
export const exactPixels: number = 256 * 256

export async function viewBytes(pixels: Pixels): Promise<ImagePart> {
  const exact = pixels.width * pixels.height <= exactPixels
  const bytes = await (exact ? encodePng(pixels) : encodeFineJpeg(pixels))
  return { type: 'image', bytes, mime: exact ? 'image/png' : 'image/jpeg', sha256: sha256(bytes) }
}
