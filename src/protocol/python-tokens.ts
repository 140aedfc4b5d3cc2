/** Tokenizes a list like CPython 3.11, with its error messages. Pure. */

type Kind = 'number' | 'name' | 'keyword' | 'string' | 'open' | 'close' | 'comma' | 'sign' | 'operator'
export interface Token {
  readonly kind: Kind
  readonly text: string
  readonly line: number
}

const prefixedPattern = /0(?:[xX](?:_?[0-9a-fA-F])+|[bB](?:_?[01])+|[oO](?:_?[0-7])+)/y
const numberPattern = /(?:[0-9](?:_?[0-9])*)?\.?(?:[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?/y
const namePattern = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Nd}\p{Pc}]*/uy
const stringPattern = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y
const operatorPattern = /\.\.\.|[=!<>:]=|->|[^]/y
const closers: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}' }
const mostNested = 100

/** Keywords that join two operands. */
export const joiningKeywords: ReadonlySet<string> = new Set(['and', 'or', 'in', 'is', 'if', 'else'])
const keywords: ReadonlySet<string> = new Set([
  ...joiningKeywords,
  ...'as assert async await break class continue def del elif except finally for from global import'.split(' '),
  ...'lambda nonlocal not pass raise return try while with yield'.split(' '),
])

/** A syntax error with CPython's message. */
export class RefusedLiteral extends Error {}

export function refuse(message: string, line: number): never {
  throw new RefusedLiteral(`${message} (<string>, line ${line})`)
}

/** All tokens, and the innermost unclosed bracket. Throws `RefusedLiteral`. */
export function tokensOf(source: string): { tokens: Token[]; unclosed: Token | undefined } {
  const tokens: Token[] = []
  const open: Token[] = []
  let line = 1
  for (let at = 0; at < source.length;) {
    const match = (pattern: RegExp): string => {
      pattern.lastIndex = at
      return pattern.exec(source)?.[0] ?? ''
    }
    const character = String.fromCodePoint(source.codePointAt(at) ?? 0)
    const add = (kind: Kind, text: string): void => {
      const token = { kind, text, line }
      tokens.push(token)
      at += text.length
      if (kind === 'open' && open.push(token) > mostNested) refuse('too many nested parentheses', line)
      if (kind === 'close') closeLast(open, token)
    }
    const digits = match(prefixedPattern) || match(numberPattern)
    const name = match(namePattern)
    if (character === '\n') line++
    if (/[ \t\f\r\n]/.test(character)) at++
    else if (character === '#') at += match(/[^\n]*/y).length
    else if (character === '\\') {
      if (source[at + 1] !== '\n') refuse('unexpected character after line continuation character', line)
      line++
      at += 2
    } else if (/[0-9]/.test(digits)) {
      checkNumber(digits, source.slice(at + digits.length, at + digits.length + 2), line)
      add('number', digits)
    } else if (character in closers) add('open', character)
    else if (/[\])}]/.test(character)) add('close', character)
    else if (character === ',') add('comma', character)
    else if (/[+-]/.test(character) && source[at + 1] !== '>') add('sign', character)
    else if (/["']/.test(character)) {
      const string = match(stringPattern)
      if (string === '') refuse(`unterminated string literal (detected at line ${line})`, line)
      add('string', string)
    } else if (name !== '') add(keywords.has(name) ? 'keyword' : 'name', name)
    else if ((character.codePointAt(0) ?? 0) > 127) refuse(badCharacter(character), line)
    else add('operator', match(operatorPattern))
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

/** `behind`: the two following characters. */
function checkNumber(digits: string, behind: string, line: number): void {
  if (/^0[0_]*[1-9]/.test(digits) && /^[0-9_]+$/.test(digits)) {
    refuse('leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers', line)
  }
  const bases: Readonly<Record<string, string>> = { x: 'hexadecimal', o: 'octal', b: 'binary' }
  const written = digits === '0' ? digits + behind : digits
  const base = bases[/^0([xob])/i.exec(written)?.[1]?.toLowerCase() ?? ''] ?? 'decimal'
  const next = digits === '0' && base !== 'decimal' ? behind[1] : behind[0]
  if (/^(?:octal|binary)$/.test(base) && /[0-9]/.test(next ?? ''))
    refuse(`invalid digit '${next}' in ${base} literal`, line)
  if (/[A-Za-z_]/.test(behind[0] ?? '')) refuse(`invalid ${base} literal`, line)
}

function badCharacter(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  return /[\p{C}\p{Z}]/u.test(character)
    ? `invalid non-printable character ${code}`
    : `invalid character '${character}' (${code})`
}
