/** Colours of a TIFF that the decoder would show wrong without a word, told from its first directory. Pure. */

const photometricTag = 262
const compressionTag = 259
const yCbCr = 6
/** JPEG inside of TIFF, whose decoder turns YCbCr into RGB itself; the others hand it on as if it were RGB. */
const jpegCompressions = new Set([6, 7])

/** Whether the pixels are YCbCr that nobody converts. Of a BigTIFF, which is not looked into, and of damage: false. */
export function holdsYCbCr(bytes: Uint8Array): boolean {
  const tag = firstTags(bytes)
  return tag.get(photometricTag) === yCbCr && !jpegCompressions.has(tag.get(compressionTag) ?? 1)
}

/** The entries of the first directory that hold one short number. */
function firstTags(bytes: Uint8Array): Map<number, number> {
  const tags = new Map<number, number>()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  if (bytes.byteLength < 8 || view.getUint16(2, little) !== 42) return tags
  const start = view.getUint32(4, little)
  if (start + 2 > bytes.byteLength) return tags
  const end = start + 2 + 12 * view.getUint16(start, little)
  for (let at = start + 2; at + 12 <= Math.min(end, bytes.byteLength); at += 12) {
    if (view.getUint16(at + 2, little) === 3) tags.set(view.getUint16(at, little), view.getUint16(at + 8, little))
  }
  return tags
}
