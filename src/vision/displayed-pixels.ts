/** The pixels of a picture as displayed: in sRGB, transparency on white, samples of more than 8 bits scaled. */
import type { Sharp } from 'sharp'
import { isDeep, readDeep } from './deep-pixels.ts'
import type { Encoded } from './encoded.ts'
import { isWhiteZero } from './tiff-samples.ts'
import type { Bits } from './tiff-samples.ts'
import { savesMasks } from './tiff-tags.ts'

/** `image`: opened upright, with its colour profile unless its samples are deep; `bits`: see `DeepPicture`. Returns packed RGB. */
export function displayedPixels(
  image: Sharp,
  { name, format, bytes, header }: Exclude<Encoded, { format: 'BMP' }>,
  bits: Bits | undefined,
): Promise<Uint8Array> {
  const hasMask = format === 'TIFF' && savesMasks(bytes)
  if (isDeep(header)) {
    const isInverted = header.depth === 'ushort' || header.depth === 'uint' // by the decoder
    const whiteIsLow = format === 'TIFF' && !isInverted && isWhiteZero(bytes)
    return readDeep(image, { name, header, bits, whiteIsLow, hasMask })
  }
  const opaque = hasMask ? image.removeAlpha() : image.flatten({ background: '#fff' })
  const shown = opaque.toColourspace('srgb')
  // The profile of 16-bit colours is only converted to Display P3, as which sRGB would be paler.
  return (header.space === 'rgb16' && header.icc !== undefined ? shown.withIccProfile('srgb') : shown).raw().toBuffer()
}
