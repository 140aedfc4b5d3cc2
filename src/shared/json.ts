/** Parses untrusted JSON with bounded nesting, so that code that walks the value may recurse. Pure. */

const maxDepth = 100
const byteOrderMark = '\uFEFF'

/**
 * Like `JSON.parse`, but without the byte order mark that editors and PowerShell put before a text, and also throws `SyntaxError` if arrays
 * and objects are nested deeper than 100. That is checked before parsing, since a million levels would take a second and much memory.
 */
export function parseJson(text: string): unknown {
  const json = text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text
  if (isTooDeep(json)) throw new SyntaxError(`JSON nested more than ${maxDepth} deep`)
  return JSON.parse(json)
}

/** The value, or undefined for text that is not such JSON. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** The same for text that Python wrote: its NaN and Infinity, which JSON lacks, are read as null. */
export function pythonJsonOrUndefined(text: string): unknown {
  return jsonOrUndefined(text) ?? jsonOrUndefined(withoutNaN(text))
}

function withoutNaN(text: string): string {
  const quoteOrNumber = /"|-?\b(?:NaN|Infinity)\b/g
  let json = ''
  let from = 0
  for (let found = quoteOrNumber.exec(text); found !== null; found = quoteOrNumber.exec(text)) {
    if (found[0] === '"') {
      quoteOrNumber.lastIndex = endOfString(text, found.index) + 1
      continue
    }
    json += `${text.slice(from, found.index)}null`
    from = quoteOrNumber.lastIndex
  }
  return json + text.slice(from)
}

function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === quote) at = endOfString(text, at)
    else if (character === openList || character === openObject) depth++
    else if (character === closeList || character === closeObject) depth--
    if (depth > maxDepth) return true
  }
  return false
}

const [quote, backslash, openList, closeList, openObject, closeObject] = [...'"\\[]{}'].map((one) => one.charCodeAt(0))

/** End of the string that starts at `start`; the end of the text if it is unterminated. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === backslash) at++
    else if (character === quote) return at
  }
  return text.length
}
