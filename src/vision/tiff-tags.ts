/** Reads TIFF tags, and tells by them what the decoder ignores: colours that would be wrong, and raw camera files. Pure. */

export const tags = {
  subfile: 254,
  bits: 258,
  compression: 259,
  photometric: 262,
  samples: 277,
  planes: 284,
  predictor: 317,
  subDirectories: 330,
  extraSamples: 338,
  sampleFormat: 339,
  dngVersion: 50_706,
} as const

const yCbCr = 6
/** JPEG compression, for which the decoder converts YCbCr to RGB; for others it returns YCbCr as if it were RGB. */
const jpegCompressions = new Set([6, 7])
/** Sensor mosaic (CFA) or linear raw. */
const sensorColours = new Set([32_803, 34_892])
/** Raw compressions of Nikon, Samsung, Sony, Pentax. */
const sensorCompressions = new Set([32_767, 32_770, 34_713, 65_535])

/** Whether the pixels are YCbCr that the decoder would not convert. False for damaged files. */
export function holdsYCbCr(bytes: Uint8Array): boolean {
  const tag = readTags(bytes)
  return tag.first(tags.photometric) === yCbCr && !jpegCompressions.has(tag.first(tags.compression) ?? 1)
}

/** Whether it is a raw camera file (DNG, CR2, NEF, ARW, ...), for which the decoder would return the thumbnail. */
export function isRaw(bytes: Uint8Array): boolean {
  if (bytes[8] === 0x43 && bytes[9] === 0x52) return true // CR2
  const tag = readTags(bytes)
  const reduced = ((tag.first(tags.subfile) ?? 0) & 1) === 1
  return (
    tag.has(tags.dngVersion) ||
    sensorColours.has(tag.first(tags.photometric) ?? 0) ||
    sensorCompressions.has(tag.first(tags.compression) ?? 0) ||
    (reduced && tag.has(tags.subDirectories))
  )
}

/** Whether the channels beside the colours, if there are any, are masks that a program saved, not how opaque the picture is. */
export function savesMasks(bytes: Uint8Array): boolean {
  return readTags(bytes).first(tags.extraSamples) === 0
}

/** The entries of the first directory; none of a damaged file. */
export interface Tags {
  has(tag: number): boolean
  /** The first value, if it is a whole number of 16 or 32 bits inside the file. */
  first(tag: number): number | undefined
  /** Overwrites the value `index` of a tag of 16 bits. */
  set(tag: number, index: number, value: number): void
}

export function readTags(bytes: Uint8Array): Tags {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  const found = readEntries(view, little)
  return {
    has: (tag) => found.has(tag),
    first(tag) {
      const entry = found.get(tag)
      if (entry === undefined || entry.at + entry.size > view.byteLength) return undefined
      return entry.size === 2 ? view.getUint16(entry.at, little) : view.getUint32(entry.at, little)
    },
    set(tag, index, value) {
      const entry = found.get(tag)
      if (entry === undefined || entry.size !== 2 || index >= entry.count) return
      view.setUint16(entry.at + 2 * index, value, little)
    },
  }
}

interface Entry {
  readonly count: number
  /** Bytes of a value: 2 or 4. */
  readonly size: number
  /** Where the values are. */
  readonly at: number
}

function readEntries(view: DataView, little: boolean): Map<number, Entry> {
  const found = new Map<number, Entry>()
  if (view.byteLength < 16) return found
  const version = view.getUint16(2, little)
  const big = version === 43
  if (version !== 42 && !big) return found
  const offsetAt = (at: number): number => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little))
  const start = offsetAt(big ? 8 : 4)
  const [countBytes, entryBytes, valueAt, valueBytes] = big ? [8, 20, 12, 8] : [2, 12, 8, 4]
  if (start + countBytes > view.byteLength) return found
  const count = big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little)
  const end = Math.min(start + countBytes + entryBytes * count, view.byteLength)
  for (let at = start + countBytes; at + entryBytes <= end; at += entryBytes) {
    const values = offsetAt(at + 4)
    const size = { 3: 2, 4: 4 }[view.getUint16(at + 2, little)] ?? Infinity
    const inline = size * values <= valueBytes
    found.set(view.getUint16(at, little), { count: values, size, at: inline ? at + valueAt : offsetAt(at + valueAt) })
  }
  return found
}
