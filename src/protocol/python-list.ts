/**
 * Parses the box of a call like the Python interpreter of the released loop, and reproduces its error messages, since the released
 * checkpoint was trained on them. Nothing is evaluated: expressions are refused with an empty message. Pure.
 */
import type { Size } from './box.ts'
import { joiningKeywords, RefusedLiteral, refuse, type Token, tokensOf } from './python-tokens.ts'
import { itemAt, lastOf } from '../shared/known.ts'

/** The value of a literal; `other`: neither a number nor a list, with its text if it is a string. */
export type PythonBox = number | readonly PythonBox[] | { readonly other: string; readonly text?: string }

export type PythonRead = { readonly value: PythonBox } | { readonly error: string }

const plainRefusal = 'invalid syntax'
const commaRefusal = 'invalid syntax. Perhaps you forgot a comma?'

export function readPython(text: string): PythonRead {
  const source = text.replace(/^[ \t]+/, '')
  try {
    const { tokens, unclosed } = tokensOf(source)
    if (tokens.length === 0) refuse(plainRefusal, source === '' ? 0 : source.replace(/\n$/, '').split('\n').length)
    // CPython looks one token ahead, so it reports an unclosed bracket before an error in the last token.
    checkGrammar(unclosed === undefined ? tokens : tokens.slice(0, -1))
    if (unclosed !== undefined) refuse(`'${unclosed.text}' was never closed`, unclosed.line)
    const last = lastOf(tokens)
    if (/^(?:sign|operator|keyword)$/.test(last.kind) && last.text !== '...') refuse(plainRefusal, last.line)
    return valueOf(tokens)
  } catch (error) {
    if (error instanceof RefusedLiteral) return { error: error.message }
    throw error
  }
}

function isOperand(token: Token | undefined): boolean {
  return token !== undefined && (/^(?:number|name|string)$/.test(token.kind) || token.text === '...')
}

/** Checks that operands and commas alternate; the content of expressions is not checked. */
function checkGrammar(tokens: readonly Token[]): void {
  /** Open brackets, and whether they contain an index or arguments. */
  const open: { readonly text: string; readonly behindOperand: boolean }[] = []
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1]
    const ends = isOperand(before) || before?.kind === 'close'
    const negated = token.text === 'not' && tokens[at + 1]?.text !== 'in' && before?.text !== 'is'
    if (before && ends && (isOperand(token) || negated) && !(before.kind === 'string' && token.kind === 'string')) {
      const hinted = open.length > 0 && !(before.kind === 'name' && token.kind === 'string')
      refuse(hinted ? commaRefusal : plainRefusal, hinted ? before.line : token.line)
    }
    if (token.text === '=' && open.length > 0) refuseAssignment(tokens, at, lastOf(open).behindOperand)
    const isSlice = token.text === ':' && (open.at(-1)?.text === '{' || open.at(-1)?.behindOperand === true)
    const isDangling = token.text === '.' && tokens[at + 1]?.kind !== 'name'
    const isForeign = /^(?:[$?!`;=]|:=|->)$/.test(token.text) || (token.text === ':' && !isSlice)
    if (isMisplaced(before, token, ends) || (token.kind === 'operator' && (isForeign || isDangling)))
      refuse(plainRefusal, token.line)
    if (token.kind === 'open') open.push({ text: token.text, behindOperand: ends })
    if (token.kind === 'close') open.pop()
  }
}

/** Whether an operand is missing before a comma, closing bracket or operator, or a keyword is misplaced. */
function isMisplaced(before: Token | undefined, { kind, text }: Token, ends: boolean): boolean {
  const waits = before === undefined || before.kind === 'sign'
  const begun = before?.kind === 'comma' || before?.kind === 'open'
  const joined = before?.kind === 'keyword' || (before?.kind === 'operator' && before.text !== '...')
  if (kind === 'comma') return waits || begun || joined
  if (kind === 'close') return waits || joined
  // A keyword may follow another, as in `a not in b` and `a is not b`.
  if (kind === 'keyword') return text !== 'not' && !(joiningKeywords.has(text) && (ends || before?.text === 'not'))
  return kind === 'operator' && !/^[.~]|^:$/.test(text) && (waits || begun)
}

/** CPython has a specific message for `x=0.1` in place of an item. */
function refuseAssignment(tokens: readonly Token[], at: number, inArguments: boolean): void {
  const [start, before, , next] = tokens.slice(at - 2, at + 2)
  const begins = start?.kind === 'comma' || start?.kind === 'open'
  if (before === undefined || inArguments || !begins || !(isOperand(next) || /^(?:open|sign)$/.test(next?.kind ?? '')))
    return
  if (before.kind === 'name' && !Object.hasOwn(constants, before.text)) {
    refuse(`${plainRefusal}. Maybe you meant '==' or ':=' instead of '='?`, before.line)
  }
  if (/^(?:number|string)$/.test(before.kind)) {
    refuse("cannot assign to literal here. Maybe you meant '==' instead of '='?", before.line)
  }
}

const constants: Readonly<Record<string, PythonBox>> = { True: 1, False: 0, None: { other: 'NoneType' } }

/** Names defined where the released loop evaluates a box: builtins, then the loop's own. */
const known: ReadonlyMap<string, string> = new Map(
  Object.entries({
    builtin_function_or_method:
      'abs all any ascii bin callable chr dir divmod eval exec format getattr hasattr hash hex id input isinstance iter len max min ' +
      'next oct open ord pow print repr round sorted sum vars',
    type: 'bool bytes complex dict enumerate filter float frozenset int list map object property range reversed set slice str super tuple type zip',
    name: 'bbox source match pattern self error_info json os re time io Image',
  }).flatMap(([type, names]) => names.split(' ').map((name) => [name, type] as const)),
)

function valueOf(tokens: readonly Token[]): PythonRead {
  let at = 0
  let failure: string | undefined

  function item(): PythonBox | undefined {
    let sign = 1
    let unary: string | undefined
    for (; tokens[at]?.kind === 'sign'; at++) {
      unary = itemAt(tokens, at).text
      if (unary === '-') sign = -sign
    }
    const token = tokens[at++]
    const found = token && operand(token, sign)
    const whole = !token || found === undefined || tokens[at]?.kind !== 'open' ? found : applied(found, token)
    const type = typeOf(whole)
    if (unary !== undefined && /^(?:list|tuple|str|NoneType|dict|set|ellipsis|type)$/.test(type)) {
      failure ??= `bad operand type for unary ${unary}: '${type}'`
    }
    return whole
  }

  function operand({ kind, text }: Token, sign: number): PythonBox | undefined {
    if (kind === 'number') return sign * Number(text.replaceAll('_', ''))
    if (kind === 'string') return { other: 'str', ...(!text.includes('\\') && { text: text.slice(1, -1) }) }
    if (kind === 'open') return items(text)
    if (text === '...') return { other: 'ellipsis' }
    if (kind !== 'name') return undefined
    if (Object.hasOwn(constants, text)) return constants[text]
    if (!known.has(text)) failure ??= `name '${text}' is not defined`
    return { other: known.get(text) ?? 'name' }
  }

  /** Brackets after an operand are an index or call arguments. */
  function applied(value: PythonBox, token: Token): PythonBox {
    const isCall = itemAt(tokens, at).text === '('
    const index = items(itemAt(tokens, at++).text === '[' ? '(' : '[')
    const type = typeOf(value, token)
    if (isCall && /^(?:int|float|list|tuple|str|NoneType)$/.test(type)) failure ??= `'${type}' object is not callable`
    if (!isCall && /^(?:int|float|NoneType)$/.test(type)) failure ??= `'${type}' object is not subscriptable`
    const indexType = typeof index === 'number' ? (Number.isInteger(index) ? 'int' : 'float') : typeOf(index)
    if (!isCall && /^(?:list|tuple)$/.test(type) && /^(?:float|list|tuple|str|NoneType)$/.test(indexType)) {
      failure ??= `${type} indices must be integers or slices, not ${indexType}`
    }
    return { other: 'expression' }
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
  if (failure !== undefined) return { error: failure }
  return { value: value === undefined || at < tokens.length ? { other: 'expression' } : value }
}

function typeOf(value: PythonBox | undefined, token?: Token): string {
  if (typeof value === 'number') return token?.kind === 'number' && /[.e]/i.test(token.text) ? 'float' : 'int'
  if (value === undefined) return 'expression'
  return 'other' in value ? value.other : 'list'
}

/** CPython's message for an infinite coordinate. */
export const infiniteText = 'cannot convert float infinity to integer'

/**
 * CPython's message when list items are used as coordinates of a picture of `size`: it multiplies all of them first. Empty if it would
 * succeed, as with digits in quotes.
 */
export function itemsMistake(items: readonly PythonBox[], { width, height }: Size): string {
  const types = items.map((item) => typeOf(item))
  if (types.some((type) => type === 'name' || type === 'expression')) return ''
  const unmultiplied = types.find((type) =>
    /^(?:NoneType|dict|set|ellipsis|type|builtin_function_or_method)$/.test(type),
  )
  if (unmultiplied !== undefined) return `unsupported operand type(s) for *: '${unmultiplied}' and 'int'`
  for (const [at, item] of items.entries()) {
    if (typeof item === 'number' && Number.isFinite(item)) continue
    if (typeof item === 'number') return infiniteText
    if ('other' in item && item.other === 'str') return stringMistake(item.text, at % 2 === 0 ? width : height)
    return `int() argument must be a string, a bytes-like object or a real number, not '${typeOf(item)}'`
  }
  return ''
}

/** A string times a number is the repeated string, whose beginning CPython quotes. */
function stringMistake(text: string | undefined, times: number): string {
  const quoted = 200
  if (text === undefined || !/^[ -~]*$/.test(text) || /^[0-9_]+$/.test(text.trim())) return ''
  const mark = text.includes("'") ? '"' : "'"
  const whole = text.repeat(text === '' ? 1 : Math.min(times, Math.ceil(quoted / text.length)))
  return `invalid literal for int() with base 10: ${`${mark}${whole}${mark}`.slice(0, quoted)}`
}
