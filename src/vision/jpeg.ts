/** JPEG files that decoders accept although pixels are missing or wrong, or that have too many scans to be decoded. */
import type { Encoded } from './encoded.ts'
import { UserError } from '../shared/errors.ts'

/** Decodes `bytes`; fails at the first fault of the given kind. */
export type StrictDecode = (bytes: Uint8Array, failOn: 'none' | 'error' | 'warning') => Promise<Uint8Array>

type EncodedJpeg = Pick<Encoded, 'name' | 'bytes' | 'reading' | 'cutOff'>

/**
 * Every scan of a progressive JPEG costs time proportional to the pixels, however few bytes it has. Encoders write about ten scans.
 */
const maxScans = 100
const maxScannedPixels = 2_400_000_000

const [startOfScan, endOfImage] = ['\xff\xda', '\xff\xd9']

/** Counts the scans of a JPEG by their marker, which compressed data never contain. Throws UserError. */
export function checkScans(bytes: Uint8Array, name: string, pixels: number): void {
  const buffer = bufferOf(bytes)
  const most = Math.min(maxScans, maxScannedPixels / pixels)
  let scans = 0
  for (let at = buffer.indexOf(startOfScan, 0, 'latin1'); at >= 0; at = buffer.indexOf(startOfScan, at + 2, 'latin1')) {
    if (++scans > most) {
      const message = `${name} is a JPEG of more than ${Math.floor(most)} scans. Save it again, as an ordinary JPEG.`
      throw new UserError('picture-too-large', message)
    }
  }
}

/**
 * Pixels that are missing are shown grey if allowed (`cutOff`), else the decoder's error is thrown. Pillow ignores its warnings but
 * refuses a JPEG without its end marker; otherwise such a file may still have all of its pixels.
 */
export async function decodeJpeg(
  { name, bytes, reading, cutOff }: EncodedJpeg,
  decode: StrictDecode,
): Promise<Uint8Array> {
  const isCut = lacksEnd(bytes)
  if (isCut && reading === 'pillow') {
    const message = `${name} is truncated, which Pillow refuses, and this profile reads pictures like Pillow. Download it again.`
    throw new UserError('picture-damaged', message)
  }
  if (isCut) {
    const end = bytes.at(-1) === 0xff ? [0xd9] : [0xff, 0xd9]
    return decode(Buffer.concat([bytes, Uint8Array.from(end)]), cutOff === 'shown' ? 'none' : 'warning')
  }
  if (reading === 'pillow' || cutOff === 'shown') return decode(bytes, 'error')
  // What the decoder warned about cannot be told by its message, which it shares with other pictures that are decoded at the time.
  return decode(bytes, 'warning').catch(() => decode(withoutQuirks(bytes), 'warning'))
}

const [jfif, sequential, extended, scan, lastOfHeader] = [0xe0, 0xc0, 0xc1, 0xda, 0xfe]

/**
 * A copy without the harmless habits of cameras that the decoder warns about: bytes between the segments before the first scan, an unknown
 * version, and parameters of the scan that only a progressive JPEG has.
 */
function withoutQuirks(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts = [bytes.subarray(0, 2)]
  let isSequential = false
  for (let at = 2; at + 4 <= bytes.byteLength;) {
    const marker = view.getUint16(at) - 0xff00
    const isSegment = marker >= sequential && marker <= lastOfHeader && !(marker >= 0xd0 && marker <= 0xd9)
    if (!isSegment) {
      at++
      continue
    }
    const end = at + 2 + view.getUint16(at + 2)
    const segment = Uint8Array.from(bytes.subarray(at, end))
    parts.push(segment)
    isSequential ||= marker === sequential || marker === extended
    if (marker === jfif && segment.length > 9) segment[9] = 1
    if (marker === scan) {
      if (isSequential && segment.length > 6) segment.set([0, 63, 0], segment.length - 3)
      return Buffer.concat([...parts, bytes.subarray(end)])
    }
    at = end
  }
  return bytes
}

/** Where the first scan begins. */
export function scansAt(bytes: Uint8Array): number {
  return Math.max(0, bufferOf(bytes).indexOf(startOfScan, 0, 'latin1'))
}

/** For the user of a JPEG that is shown although pixels are missing or wrong. */
export function damageNote({ name, bytes }: Pick<Encoded, 'name' | 'bytes'>): string {
  return lacksEnd(bytes)
    ? `${name} is truncated: its missing part may appear grey or coarse. Download it again for the whole picture.`
    : `${name} is damaged: parts of it may appear grey or garbled. Download it again for the whole picture.`
}

/** Whether the last scan has no end marker behind it. */
function lacksEnd(bytes: Uint8Array): boolean {
  const buffer = bufferOf(bytes)
  return buffer.lastIndexOf(endOfImage, undefined, 'latin1') < buffer.lastIndexOf(startOfScan, undefined, 'latin1')
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
