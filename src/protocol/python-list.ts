/**
 * Reads the box of a call as the released loop's interpreter does, or tells why not in the interpreter's own words (reference 5.6),
 * since the released checkpoint was trained on them. Nothing is evaluated: expressions are refused without a word. Pure.
 */

/** What a Python literal of a box may be; `other`: something that is neither a number nor a list. */
export type PythonBox = number | readonly PythonBox[] | { readonly other: string }

export type PythonRead = { readonly value: PythonBox } | { readonly error: string }

type Kind = 'number' | 'name' | 'string' | 'open' | 'close' | 'comma' | 'sign' | 'operator'
interface Token {
  readonly kind: Kind
  readonly text: string
  readonly line: number
}

const numberPattern = /(?:[0-9](?:_?[0-9])*)?\.?(?:[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?/y
const namePattern = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Nd}\p{Pc}]*/uy
const stringPattern = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y
const closers: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}' }
const mostNested = 100

/** The interpreter's text for a mistake in the source, which it then does not run. */
class Refused extends Error {}

function refuse(message: string, line: number): never {
  throw new Refused(`${message} (<string>, line ${line})`)
}

const plainRefusal = 'invalid syntax'
const commaRefusal = 'invalid syntax. Perhaps you forgot a comma?'

export function readPython(text: string): PythonRead {
  const source = text.replace(/^[ \t]+/, '')
  try {
    const { tokens, unclosed } = tokensOf(source)
    if (tokens.length === 0) refuse(plainRefusal, 0)
    // The interpreter looks one token ahead, and so meets the end of an open bracket before a mistake in the last token.
    checkGrammar(unclosed === undefined ? tokens : tokens.slice(0, -1))
    if (unclosed !== undefined) refuse(`'${unclosed.text}' was never closed`, unclosed.line)
    const last = tokens.at(-1)!
    if (last.kind === 'sign' || last.kind === 'operator') refuse(plainRefusal, last.line)
    return valueOf(tokens)
  } catch (error) {
    if (error instanceof Refused) return { error: error.message }
    throw error
  }
}

function tokensOf(source: string): { tokens: Token[]; unclosed: Token | undefined } {
  const tokens: Token[] = []
  const open: Token[] = []
  let line = 1
  for (let at = 0; at < source.length;) {
    const match = (pattern: RegExp): string => {
      pattern.lastIndex = at
      return pattern.exec(source)?.[0] ?? ''
    }
    const character = String.fromCodePoint(source.codePointAt(at)!)
    const add = (kind: Kind, text: string): void => {
      const token = { kind, text, line }
      tokens.push(token)
      at += text.length
      if (kind === 'open' && open.push(token) > mostNested) refuse('too many nested parentheses', line)
      if (kind === 'close') closeLast(open, token)
    }
    const digits = match(numberPattern)
    if (character === '\n') line++
    if (/[ \t\f\r\n]/.test(character)) at++
    else if (/[0-9]/.test(digits)) {
      checkNumber(digits, source.slice(at + digits.length, at + digits.length + 1), line)
      add('number', digits)
    } else if (character in closers) add('open', character)
    else if (/[\])}]/.test(character)) add('close', character)
    else if (character === ',') add('comma', character)
    else if (/[+-]/.test(character)) add('sign', character)
    else if (/["']/.test(character)) {
      const string = match(stringPattern)
      if (string === '') refuse(`unterminated string literal (detected at line ${line})`, line)
      add('string', string)
    } else if (match(namePattern) !== '') add('name', match(namePattern))
    else if (character.codePointAt(0)! > 127) refuse(badCharacter(character), line)
    else add('operator', character)
  }
  return { tokens, unclosed: open.at(-1) }
}

function closeLast(open: Token[], { text, line }: Token): void {
  const opened = open.pop()
  if (opened === undefined) refuse(`unmatched '${text}'`, line)
  if (closers[opened.text] === text) return
  const where = opened.line === line ? '' : ` on line ${opened.line}`
  refuse(`closing parenthesis '${text}' does not match opening parenthesis '${opened.text}'${where}`, line)
}

function checkNumber(digits: string, next: string, line: number): void {
  if (/^0[0_]*[1-9]/.test(digits) && /^[0-9_]+$/.test(digits)) {
    refuse('leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers', line)
  }
  if (/[A-Za-z_]/.test(next)) refuse('invalid decimal literal', line)
}

function badCharacter(character: string): string {
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
  return /[\p{C}\p{Z}]/u.test(character)
    ? `invalid non-printable character ${code}`
    : `invalid character '${character}' (${code})`
}

/** That operands and commas take turns; what stands between operators is left to the interpreter's imagination. */
function checkGrammar(tokens: readonly Token[]): void {
  let depth = 0
  let before: Token | undefined
  for (const token of tokens) {
    const ends = before !== undefined && /^(?:number|name|string|close)$/.test(before.kind)
    const begins = token.kind === 'number' || token.kind === 'name' || token.kind === 'string'
    if (ends && begins && !(before!.kind === 'string' && token.kind === 'string')) {
      refuse(depth > 0 ? commaRefusal : plainRefusal, depth > 0 ? before!.line : token.line)
    }
    if (isMisplaced(before, token) || /^[$?!`]$/.test(token.text)) refuse(plainRefusal, token.line)
    depth += token.kind === 'open' ? 1 : token.kind === 'close' ? -1 : 0
    before = token
  }
}

/** Whether an operand is missing before a comma, a closing bracket or an operator. */
function isMisplaced(before: Token | undefined, { kind, text }: Token): boolean {
  const waits = before === undefined || before.kind === 'sign'
  const begun = before?.kind === 'comma' || before?.kind === 'open'
  if (kind === 'comma') return waits || begun || before?.kind === 'operator'
  if (kind === 'close') return waits || before?.kind === 'operator'
  return kind === 'operator' && !/[.~]/.test(text) && (waits || begun)
}

const constants: Readonly<Record<string, PythonBox>> = { True: 1, False: 0, None: { other: 'NoneType' } }

function valueOf(tokens: readonly Token[]): PythonRead {
  let at = 0
  let unknown: string | undefined

  function item(): PythonBox | undefined {
    let sign = 1
    for (; tokens[at]?.kind === 'sign'; at++) if (tokens[at]!.text === '-') sign = -sign
    const token = tokens[at++]
    if (token?.kind === 'number') return sign * Number(token.text.replaceAll('_', ''))
    if (token?.kind === 'string') return { other: 'str' }
    if (token?.kind === 'open') return items(token.text)
    if (token?.kind !== 'name') return undefined
    if (Object.hasOwn(constants, token.text)) return constants[token.text]
    unknown ??= token.text
    return { other: 'name' }
  }

  function items(open: string): PythonBox | undefined {
    const found: PythonBox[] = []
    while (tokens[at]?.kind !== 'close') {
      const next = item()
      if (next === undefined) return undefined
      found.push(next)
      if (tokens[at]?.kind === 'comma') at++
      else if (tokens[at]?.kind !== 'close') return undefined
    }
    const commas = tokens[at - 1]?.kind === 'comma'
    at++
    if (open === '[') return found
    if (open === '(') return found.length === 1 && !commas ? found[0] : { other: 'tuple' }
    return { other: found.length === 0 ? 'dict' : 'set' }
  }

  const value = item()
  if (unknown !== undefined) return { error: `name '${unknown}' is not defined` }
  return { value: value === undefined || at < tokens.length ? { other: 'expression' } : value }
}

/** What the interpreter says of a box with a number that has no end. */
export const infiniteText = 'cannot convert float infinity to integer'

/** What the interpreter says when it takes the items of a list for coordinates; empty where it would go on, as with digits in quotes. */
export function itemsMistake(items: readonly PythonBox[]): string {
  const other = (item: PythonBox): string => (typeof item === 'object' && 'other' in item ? item.other : '')
  const unmultiplied = items.map(other).find((type) => /^(?:NoneType|dict|set)$/.test(type))
  if (unmultiplied !== undefined) return `unsupported operand type(s) for *: '${unmultiplied}' and 'int'`
  const wrong = items.find((item) => typeof item !== 'number' || !Number.isFinite(item))
  if (typeof wrong === 'number') return infiniteText
  const type = Array.isArray(wrong) ? 'list' : other(wrong!)
  if (type !== 'list' && type !== 'tuple') return ''
  return `int() argument must be a string, a bytes-like object or a real number, not '${type}'`
}
