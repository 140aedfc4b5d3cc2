/** Detects pictures that were copied as text, which changed their bytes: decoders may show them as noise without an error. */
import { UserError } from '../shared/errors.ts'
import { byteAt } from '../shared/number-at.ts'

/** How JPEG and PNG begin after a copy: bytes replaced by U+FFFD, Latin-1 as UTF-8, without the eighth bit. */
const changedBegins = [
  '\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd',
  '\xef\xbf\xbdPNG',
  '\xc3\xbf\xc3\x98\xc3\xbf',
  '\xc2\x89PNG',
  '\x7fX\x7f',
  '\tPNG',
]
/** A PNG has line ends in its first bytes, to tell by them. */
const pngBegin = '\x89PNG\r\n\x1a\n'

/** Enough to find even what is missing. */
const mostBytes = 4 * 1024 ** 2

/** Every other byte has to occur this often: then the data are like random ones, and what is absent is no chance. */
const leastOften = 16

/** Pairs of CR LF that random data would have, if there are none: the probability is exp(-32). */
const leastPairs = 32

const [lf, cr] = [0x0a, 0x0d]

/** Throws UserError if the first bytes are those of a picture that was copied as text. */
export function checkBegin(bytes: Uint8Array, name: string): void {
  const begin = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  const isChangedPng = begin.startsWith(pngBegin.slice(0, 4)) && begin.length > 8 && !begin.startsWith(pngBegin)
  if (isChangedPng || changedBegins.some((changed) => begin.startsWith(changed))) throw copiedAsText(name)
}

/**
 * Throws UserError if the compressed data, which begin at `from`, have line ends of another system: for JPEG and WebP, which have no
 * checksums.
 */
export function checkLineEnds(bytes: Uint8Array, from: number, name: string): void {
  if (hasChangedLineEnds(bytes, from)) throw copiedAsText(name)
}

function copiedAsText(name: string): UserError {
  const message = `${name} is damaged: it was copied as text, which changed its bytes. Copy or download it again, as a binary file.`
  return new UserError('picture-damaged', message)
}

/** False for data that are too short or too uniform to tell. */
function hasChangedLineEnds(bytes: Uint8Array, from: number): boolean {
  const end = Math.min(bytes.byteLength, from + mostBytes)
  // Nearly every whole file has both within its first kilobytes, and need not be counted.
  const data = Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from)
  if (data.includes('\r\n') && hasLoneLine(data)) return false
  const counts = new Uint32Array(256)
  let pairs = 0
  for (let at = from, before = 0; at < end; at++) {
    const byte = byteAt(bytes, at)
    counts[byte] = (counts[byte] ?? 0) + 1
    if (byte === lf && before === cr) pairs++
    before = byte
  }
  const isLikeRandom = counts.every((count, byte) => byte === lf || byte === cr || count >= leastOften)
  if (!isLikeRandom) return false
  const [lines, returns] = [counts[lf] ?? 0, counts[cr] ?? 0]
  const isWithoutPairs = pairs === 0 && (lines * returns) / (end - from) >= leastPairs
  return lines === pairs || returns === 0 || isWithoutPairs
}

/** Whether a line feed stands without a carriage return before it. */
function hasLoneLine(data: Buffer): boolean {
  let at = data.indexOf(lf)
  while (at >= 0 && data[at - 1] === cr) at = data.indexOf(lf, at + 1)
  return at >= 0
}
