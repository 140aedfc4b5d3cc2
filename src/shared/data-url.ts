/** The bytes of data: URLs. The media type is ignored, since programs write `image/jpg`, `application/octet-stream` or none. Pure. */

/** Longer than any media type with parameters. */
const longestHeader = 1000

/** In any form that RFC 2397 allows; base64 may be URL-safe, wrapped or unpadded. Undefined for any other URL. */
export function dataUrlBytes(url: string): Buffer | undefined {
  const header = /^\s*data:((?:[^",]|"[^"]*")*),/i.exec(url.slice(0, longestHeader))
  if (header === null) return undefined
  const payload = unescaped(url.slice(header[0].length))
  // Node accepts both alphabets and ignores whitespace.
  return /;\s*base64\s*$/i.test(header[1] ?? '') ? Buffer.from(payload.toString('latin1'), 'base64') : payload
}

/** Decodes percent escapes to bytes, which need not be UTF-8. */
function unescaped(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const escape = bytes[at] === percentSign
    const high = escape ? hexDigit(bytes[at + 1]) : undefined
    const low = escape ? hexDigit(bytes[at + 2]) : undefined
    const escaped = high !== undefined && low !== undefined
    bytes[length++] = escaped ? high * 16 + low : (bytes[at] ?? 0)
    if (escaped) at += 2
  }
  return bytes.subarray(0, length)
}

const percentSign = 0x25

function hexDigit(byte = 0): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : undefined
}
