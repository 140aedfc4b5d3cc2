/** Parses JSON from outside with bounded nesting, so that whatever walks the value afterwards may recurse. Pure. */

const maxDepth = 100

/**
 * Like `JSON.parse`, which itself needs no stack. Throws `SyntaxError` also where lists and objects are nested deeper than 100:
 * that is seen before anything is parsed, since a million levels would take a second and much memory.
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(`JSON nested more than ${maxDepth} deep`)
  return JSON.parse(text)
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

/** Where the string that begins at `start` ends; behind the text if it does not. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === backslash) at++
    else if (character === quote) return at
  }
  return text.length
}
