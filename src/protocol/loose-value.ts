/**
 * Lenient JSON parser for model output: any quotes, bare words, trailing commas, comments, round brackets, whitespace anywhere. Text is
 * never evaluated, nesting is bounded, and the running time is linear. Pure.
 */

export type LooseValue = number | string | readonly LooseValue[] | { readonly [key: string]: LooseValue }

const maxDepth = 8
const maxItems = 64

/** A Python or JavaScript number; no expressions, no names such as NaN. */
const numberPattern = /[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y
/** A unit after a number; together they are read as a string. */
const signPattern = /\s?(?:%|px)/y
const blankPattern = /\s*/y
const commentPattern = /\/\/[^\n]*|#[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//y
/** What closes each quote, as keyboards and as word processors write them. */
const quotes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ['“', '“”'],
  ['”', '”'],
  ['‘', '’'],
])
const wordPattern = /[A-Za-z_][A-Za-z0-9_]*/y

/** Whether the character may be one that `blankPattern` skips: a control character, a space, or one beyond ASCII. */
function mayBeBlank(code: number): boolean {
  return code <= 32 || code >= 128
}

/** The value at the start of `text` and its end; undefined if there is none. Never throws. */
export function readLooseValue(
  text: string,
  start = 0,
): { readonly value: LooseValue; readonly end: number } | undefined {
  let at = start

  function match(pattern: RegExp): string | undefined {
    const start = at
    pattern.lastIndex = start
    if (!pattern.test(text)) return undefined
    at = pattern.lastIndex
    return text.slice(start, at)
  }

  function skipBlanks(): void {
    // Most places have none or one space, which is found faster without the pattern.
    if (text[at] === ' ') at++
    if (mayBeBlank(text.charCodeAt(at))) match(blankPattern)
    while ((text[at] === '/' || text[at] === '#') && match(commentPattern) !== undefined) match(blankPattern)
  }

  function take(character: string): boolean {
    skipBlanks()
    if (text[at] !== character) return false
    at++
    return true
  }

  function value(depth: number): LooseValue | undefined {
    skipBlanks()
    const first = text[at]
    if (first === undefined || depth > maxDepth) return undefined
    if (first === '{') return record(depth)
    if (first === '[') return list(']', depth)
    if (first === '(') return list(')', depth)
    const closes = quotes.get(first)
    if (closes !== undefined) return quoted(closes)
    const digits = match(numberPattern)
    if (digits === undefined) return match(wordPattern)
    const sign = match(signPattern)
    return sign === undefined ? Number(digits) : digits + sign.trim()
  }

  function list(close: string, depth: number): LooseValue[] | undefined {
    at++
    const items: LooseValue[] = []
    while (!take(close)) {
      const item = value(depth + 1)
      if (item === undefined || items.push(item) > maxItems) return undefined
      if (!take(',')) return take(close) ? items : undefined
    }
    return items
  }

  function record(depth: number): Record<string, LooseValue> | undefined {
    at++
    const entries: [string, LooseValue][] = []
    while (!take('}')) {
      const name = key()
      if (name === undefined || !take(':')) return undefined
      const item = value(depth + 1)
      if (item === undefined || entries.push([name, item]) > maxItems) return undefined
      if (!take(',')) return take('}') || isForgotten() ? Object.fromEntries(entries) : undefined
    }
    return Object.fromEntries(entries)
  }

  /** Whether the text ends, or a tag closes, before the brace that should. */
  function isForgotten(): boolean {
    return at >= text.length || text.startsWith('</', at)
  }

  function key(): string | undefined {
    skipBlanks()
    const closes = quotes.get(text[at] ?? '')
    return closes === undefined ? match(wordPattern) : quoted(closes)
  }

  function quoted(closes: string): string | undefined {
    at++
    let content = ''
    for (let from = at; at < text.length; at++) {
      const character = text.charAt(at)
      if (character === '\\') {
        content += text.slice(from, at) + (text[at + 1] ?? '')
        from = ++at + 1
      } else if (closes.includes(character)) {
        content += text.slice(from, at++)
        return content
      }
    }
    return undefined
  }

  const found = value(0)
  return found === undefined ? undefined : { value: found, end: at }
}
