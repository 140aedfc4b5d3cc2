/**
 * Parses Python literals: strings, numbers, `True`, `False`, `None`, lists, tuples and dicts. Nothing is evaluated, nesting is
 * bounded, and the running time is linear. Pure.
 */
import { UserError } from './errors.ts'
import { itemAt } from './known.ts'

/** Tuples are read as lists, numeric dict keys as text. */
export type PythonValue = string | number | boolean | null | readonly PythonValue[] | PythonDict
type PythonDict = { readonly [key: string]: PythonValue }

const maxDepth = 100

const blankPattern = /[ \t\f]+|\\\r?\n/y
const blankOrLinePattern = /\s+|\\\r?\n|#[^\n]*/y
const stringStartPattern = /([A-Za-z]{0,2})['"]/y
const wordPattern = /[A-Za-z_][A-Za-z0-9_]*/y
const numberPattern =
  /[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)/y
const words: Readonly<Record<string, PythonValue>> = { True: true, False: false, None: null }

interface Literal {
  readonly value: PythonValue
  /** Position after the last character of the literal. */
  readonly end: number
}

/** A syntax error and its position. */
class NoLiteral {
  readonly problem: string
  readonly at: number
  constructor(problem: string, at: number) {
    this.problem = problem
    this.at = at
  }
}

/**
 * Parses the literal at `at` (after whitespace) and returns it with its end; the text after it is ignored. Throws `UserError`
 * `python-literal`, with the line, if there is no valid literal.
 */
export function readPythonLiteral(text: string, at = 0): Literal {
  const literal = literalAt(text, at + text.slice(at).search(/\S|$/))
  if (!(literal instanceof NoLiteral)) return literal
  const line = text.slice(0, literal.at).split('\n').length
  const message = `Line ${line}: ${literal.problem} in a Python literal. Correct the text.`
  throw new UserError('python-literal', message)
}

function literalAt(text: string, start: number): Literal | NoLiteral {
  let here = start

  function fail(problem: string, at = here): never {
    throw new NoLiteral(problem, at)
  }

  function match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = here
    const found = pattern.exec(text)
    if (found === null) return undefined
    here = pattern.lastIndex
    return found
  }

  /** Line breaks are only allowed inside brackets. */
  function skipBlanks(depth: number): void {
    while (match(depth === 0 ? blankPattern : blankOrLinePattern) !== undefined);
  }

  function take(character: string, depth: number): boolean {
    skipBlanks(depth)
    if (text[here] !== character) return false
    here++
    return true
  }

  function value(depth: number): PythonValue {
    skipBlanks(depth)
    if (depth > maxDepth) fail(`brackets nested more than ${maxDepth} deep`)
    if (take('[', depth)) return items(']', depth + 1).list
    if (take('(', depth)) return parenthesised(depth + 1)
    if (take('{', depth)) return dict(depth + 1)
    const strings = joinedStrings(depth)
    if (strings !== undefined) return strings
    const digits = match(numberPattern)?.[0]
    if (digits !== undefined) return number(digits)
    const word = match(wordPattern)?.[0]
    if (word !== undefined && Object.hasOwn(words, word)) return words[word] ?? null
    return fail(word === undefined ? 'unexpected text' : `the name ${word.slice(0, 40)}`)
  }

  function items(close: string, depth: number): { readonly list: PythonValue[]; readonly comma: boolean } {
    const list: PythonValue[] = []
    let comma = false
    while (!take(close, depth)) {
      if (list.length > 0 && !comma) fail(`no comma or "${close}" after an item`)
      list.push(value(depth))
      comma = take(',', depth)
    }
    return { list, comma }
  }

  /** A single item without a comma is just that item; anything else is a tuple. */
  function parenthesised(depth: number): PythonValue {
    const { list, comma } = items(')', depth)
    return list.length === 1 && !comma ? itemAt(list, 0) : list
  }

  function dict(depth: number): PythonDict {
    const entries: [string, PythonValue][] = []
    let comma = true
    while (!take('}', depth)) {
      if (!comma) fail('no comma or "}" after an entry')
      const key = value(depth)
      if (typeof key !== 'string' && typeof key !== 'number') fail('a key that is neither a string nor a number')
      if (!take(':', depth)) fail('no colon after a key')
      entries.push([String(key), value(depth)])
      comma = take(',', depth)
    }
    return Object.fromEntries(entries)
  }

  function number(digits: string): number {
    if (/^[+-]?0[0_]*[1-9][0-9_]*$/.test(digits)) fail('a whole number with leading zeros')
    const sign = digits.startsWith('-') ? -1 : 1
    const found = sign * Number(digits.replace(/^[+-]/, '').replaceAll('_', ''))
    return Number.isNaN(found) ? fail(`the number ${digits.slice(0, 40)}`) : found
  }

  /** Adjacent strings are concatenated. */
  function joinedStrings(depth: number): string | undefined {
    const parts: string[] = []
    for (let start = match(stringStartPattern); start !== undefined; start = match(stringStartPattern)) {
      const prefix = itemAt(start, 1).toLowerCase()
      if (!['', 'r', 'u'].includes(prefix)) fail(`a string that starts with ${start[0]}`)
      parts.push(string(here - 1, prefix === 'r'))
      skipBlanks(depth)
    }
    return parts.length === 0 ? undefined : parts.join('')
  }

  function string(open: number, raw: boolean): string {
    const end = stringEnd(text, open)
    if (end === undefined) fail('a string that is not closed', open)
    here = end
    const quotes = quotesAt(text, open).length
    const written = text.slice(open + quotes, end - quotes).replace(/\r\n?/g, '\n')
    return raw ? written : unescaped(written, (problem) => fail(problem, open))
  }

  try {
    return { value: value(0), end: here }
  } catch (error) {
    if (error instanceof NoLiteral) return error
    throw error
  }
}

/**
 * Every `NAME = literal` at the top level of a Python file; a name assigned twice has its last value. Everything else in the file is
 * skipped, including assignments of other expressions.
 */
export function pythonAssignments(source: string): Map<string, PythonValue> {
  const assigned = new Map<string, PythonValue>()
  const assignment = /([A-Za-z_][A-Za-z0-9_]*)[ \t]*(?::[^=\n'"#]*)?=(?!=)/y
  const statementEnd = /[ \t]*(?:[;#\r\n]|$)/y
  for (let at = 0; at < source.length; at = nextStatement(source, at)) {
    assignment.lastIndex = at
    const name = assignment.exec(source)?.[1]
    if (name === undefined) continue
    const literal = literalAt(source, assignment.lastIndex)
    if (literal instanceof NoLiteral) continue
    statementEnd.lastIndex = literal.end
    if (statementEnd.test(source)) assigned.set(name, literal.value)
  }
  return assigned
}

/** Start of the line after the statement at `at`, whose strings and brackets may contain line breaks. */
function nextStatement(source: string, at: number): number {
  let depth = 0
  for (let here = at; here < source.length; here++) {
    const character = itemAt(source, here)
    if (character === '"' || character === "'") here = (stringEnd(source, here) ?? source.length) - 1
    else if (character === '#') here = lineEnd(source, here) - 1
    else if (character === '\\') here++
    else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
    else if (character === '\n' && depth <= 0) return here + 1
  }
  return source.length
}

function lineEnd(source: string, at: number): number {
  const end = source.indexOf('\n', at)
  return end < 0 ? source.length : end
}

function quotesAt(text: string, open: number): string {
  const quote = itemAt(text, open)
  return text.startsWith(quote.repeat(3), open) ? quote.repeat(3) : quote
}

/** End of the string whose opening quote is at `open`; undefined if it is not closed. */
function stringEnd(text: string, open: number): number | undefined {
  const quotes = quotesAt(text, open)
  for (let at = open + quotes.length; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text.startsWith(quotes, at)) return at + quotes.length
    else if (text[at] === '\n' && quotes.length === 1) return undefined
  }
  return undefined
}

const escapePattern = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g
const escapes: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** Escapes that Python does not know stay unchanged. */
function unescaped(written: string, fail: (problem: string) => never): string {
  return written.replace(escapePattern, (whole, octal, x, u, U, character) => {
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
    const hex: string | undefined = x ?? u ?? U
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : fail(`a string with the escape ${whole}`)
    }
    if ('xuUN'.includes(character)) fail(`a string with a broken or unsupported escape ${whole}`)
    return escapes[character] ?? whole
  })
}
