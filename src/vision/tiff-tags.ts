/** Checks TIFF tags that the decoder ignores: colours that would be wrong, and raw camera files. Pure. */

const tags = { subfile: 254, compression: 259, photometric: 262, subDirectories: 330, dngVersion: 50_706 } as const
const yCbCr = 6
/** JPEG compression, for which the decoder converts YCbCr to RGB; for others it returns YCbCr as if it were RGB. */
const jpegCompressions = new Set([6, 7])
/** Sensor mosaic (CFA) or linear raw. */
const sensorColours = new Set([32_803, 34_892])
/** Raw compressions of Nikon, Samsung, Sony, Pentax. */
const sensorCompressions = new Set([32_767, 32_770, 34_713, 65_535])

/** Whether the pixels are YCbCr that the decoder would not convert. False for damaged files. */
export function holdsYCbCr(bytes: Uint8Array): boolean {
  const tag = firstTags(bytes)
  return tag.get(tags.photometric) === yCbCr && !jpegCompressions.has(tag.get(tags.compression) ?? 1)
}

/** Whether it is a raw camera file (DNG, CR2, NEF, ARW, ...), for which the decoder would return the thumbnail. */
export function isRaw(bytes: Uint8Array): boolean {
  if (bytes[8] === 0x43 && bytes[9] === 0x52) return true // CR2
  const tag = firstTags(bytes)
  const reduced = ((tag.get(tags.subfile) ?? 0) & 1) === 1
  return (
    tag.has(tags.dngVersion) ||
    sensorColours.has(tag.get(tags.photometric) ?? 0) ||
    sensorCompressions.has(tag.get(tags.compression) ?? 0) ||
    (reduced && tag.has(tags.subDirectories))
  )
}

/** The entries of the first directory with their first value if it is inline, otherwise 0. */
function firstTags(bytes: Uint8Array): Map<number, number> {
  const found = new Map<number, number>()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  if (bytes.byteLength < 16) return found
  const version = view.getUint16(2, little)
  const big = version === 43
  if (version !== 42 && !big) return found
  const start = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little)
  const [countBytes, entryBytes, valueAt] = big ? [8, 20, 12] : [2, 12, 8]
  if (start + countBytes > bytes.byteLength) return found
  const count = big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little)
  const end = Math.min(start + countBytes + entryBytes * count, bytes.byteLength)
  for (let at = start + countBytes; at + entryBytes <= end; at += entryBytes) {
    const type = view.getUint16(at + 2, little)
    const value =
      type === 3 ? view.getUint16(at + valueAt, little) : type === 4 ? view.getUint32(at + valueAt, little) : 0
    found.set(view.getUint16(at, little), value)
  }
  return found
}
