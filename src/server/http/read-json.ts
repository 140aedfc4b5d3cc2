/** Parses untrusted JSON. The number of values is limited before anything is allocated. */
import { parseJson } from '../../shared/json.ts'
import { HttpError } from './http-error.ts'

/** Fits the longest conversation; without it, a large body of tiny values would take gigabytes. */
const mostValues = 100_000

const [quote, backslash, comma, colon, openBracket, openBrace] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x7b]

/** Throws `HttpError` 400. Takes time linear in the length of the body. */
export function readJson(body: Buffer): unknown {
  checkValues(body)
  try {
    return parseJson(body.toString('utf8'))
  } catch {
    throw new HttpError(400, 'invalid_json', 'The body is not JSON, or nests too deeply.')
  }
}

function checkValues(body: Buffer): void {
  let values = 1
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]
    if (byte === quote) at = endOfString(body, at)
    else if (byte === comma || byte === colon || byte === openBracket || byte === openBrace) values++
    if (values > mostValues) {
      throw new HttpError(400, 'json_too_long', `The body contains more than ${mostValues} values.`)
    }
  }
}

/** End of the string that starts at `start`, found by native search since it may be a whole picture. */
function endOfString(body: Buffer, start: number): number {
  for (let end = body.indexOf(quote, start + 1); end >= 0; end = body.indexOf(quote, end + 1)) {
    let escapes = 0
    while (body[end - 1 - escapes] === backslash) escapes++
    if (escapes % 2 === 0) return end
  }
  return body.length
}
