/**
 * Reads a filter, such as `level:hard and not (correct or "red heart")`. Input and nesting are bounded, time is linear in the
 * length, and errors say where they are and what was expected. Pure.
 */
import { itemAt } from '../../shared/known.ts'
import { nearestNames } from '../../shared/nearest.ts'
import { fieldNamed, fields, units, fieldWords } from './fields.ts'
import type { ComparedField, FlagField, ListField, NumberField } from './fields.ts'
import { FilterFault, operators, tokensOf } from './lex.ts'
import type { FilterProblem, Operator, Token } from './lex.ts'
import { isOneOf } from '../../shared/fields.ts'

export type FilterNode =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly FilterNode[] }
  | { readonly kind: 'not'; readonly part: FilterNode }
  | { readonly kind: 'flag'; readonly field: FlagField }
  | { readonly kind: 'words'; readonly words: string }
  | FieldComparison

export interface FieldComparison {
  readonly kind: 'comparison'
  readonly field: ComparedField
  readonly operator: Operator
  readonly value: FilterValue
}

export type FilterValue =
  /** `text`: as written. Inclusive; equal ends unless it is a range. */
  | { readonly kind: 'number'; readonly from: number; readonly to: number; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  /** `none`: the search does not have it. */
  | { readonly kind: 'none' }

export type ParsedFilter = { readonly node: FilterNode | undefined } | { readonly problem: FilterProblem }

export const mostFilterLength = 4_000
const mostDepth = 50

/** `node` is undefined for an empty text, which every search matches. */
export function parseFilter(text: string): ParsedFilter {
  try {
    if (text.length > mostFilterLength) {
      const message = `A filter has at most ${mostFilterLength.toLocaleString('en')} characters.`
      throw new FilterFault({ at: mostFilterLength, length: text.length - mostFilterLength, message })
    }
    const reader = readerOf(tokensOf(text))
    if (reader.now().kind === 'end') return { node: undefined }
    const node = eitherOf(reader, 0)
    if (reader.now().kind !== 'end') throw unexpected(reader.now(), afterCondition(reader.now()))
    return { node }
  } catch (error) {
    if (error instanceof FilterFault) return { problem: error.problem }
    throw error
  }
}

interface Reader {
  now(): Token
  next(): Token
}

function readerOf(tokens: readonly Token[]): Reader {
  let at = 0
  return { now: () => itemAt(tokens, at), next: () => itemAt(tokens, at === tokens.length - 1 ? at : at++) }
}

/** Keywords are found in either case. */
function isKeyword({ kind, text }: Token, word: string): boolean {
  return kind === 'word' && text.toLowerCase() === word
}

function eitherOf(reader: Reader, depth: number): FilterNode {
  return joined(reader, 'or', () => joined(reader, 'and', () => negated(reader, depth)))
}

function joined(reader: Reader, kind: 'and' | 'or', part: () => FilterNode): FilterNode {
  const first = part()
  if (!isKeyword(reader.now(), kind)) return first
  const parts = [first]
  while (isKeyword(reader.now(), kind)) {
    reader.next()
    parts.push(part())
  }
  return { kind, parts }
}

function negated(reader: Reader, depth: number): FilterNode {
  if (!isKeyword(reader.now(), 'not')) return condition(reader, depth)
  const { at, length } = reader.next()
  checkDepth(at, length, depth)
  return { kind: 'not', part: negated(reader, depth + 1) }
}

function checkDepth(at: number, length: number, depth: number): void {
  if (depth < mostDepth) return
  throw new FilterFault({ at, length, message: `Conditions are nested at most ${mostDepth} deep.` })
}

function condition(reader: Reader, depth: number): FilterNode {
  const token = reader.now()
  if (token.kind === '(') {
    checkDepth(token.at, token.length, depth)
    reader.next()
    const inside = eitherOf(reader, depth + 1)
    if (reader.now().kind !== ')')
      throw unexpected(reader.now(), `Expected ) for the ( at ${token.at + 1}, or and, or.`)
    reader.next()
    return inside
  }
  if (token.kind === 'quoted') {
    reader.next()
    return { kind: 'words', words: checkedWords(token) }
  }
  if (token.kind !== 'word' || isOneOf(['and', 'or'], token.text.toLowerCase())) {
    throw unexpected(token, 'Expected a field such as correct or turns > 6, words in quotes, not, or (.')
  }
  return fieldCondition(reader, reader.next())
}

function fieldCondition(reader: Reader, name: Token): FilterNode {
  const field = fieldNamed(name.text)
  if (field === undefined) throw unknownField(name)
  const token = reader.now()
  if (field.kind === 'flag') {
    if (token.kind !== 'operator') return { kind: 'flag', field }
    throw unexpected(token, `${field.name} is yes or no: write ${field.name}, or not ${field.name}.`)
  }
  if (token.kind !== 'operator' || !isOneOf(operators, token.text)) {
    throw unexpected(
      token,
      `Expected ${operatorsOf(field).join(' ')} after ${field.name}, such as ${fieldExample(field)}.`,
    )
  }
  const operator = token.text
  if (!isOneOf(operatorsOf(field), operator)) {
    throw unexpected(
      token,
      `${field.name} is compared with ${operatorsOf(field).join(' ')}, such as ${fieldExample(field)}.`,
    )
  }
  reader.next()
  const value = reader.now()
  if (value.kind !== 'value' && value.kind !== 'quoted') {
    throw unexpected(value, `Expected a value after ${field.name} ${operator}, such as ${fieldExample(field)}.`)
  }
  reader.next()
  return { kind: 'comparison', field, operator, value: valueOf(field, operator, value) }
}

/** The operators that a field may be compared by. */
function operatorsOf(field: ComparedField): readonly Operator[] {
  if (field.kind === 'number') return ['=', '!=', '<', '<=', '>', '>=', ':']
  return field.kind === 'thoughts' ? [':'] : [':', '=', '!=']
}

/** A comparison with the field, to show how it is written. */
export function fieldExample(field: ComparedField): string {
  if (field.kind === 'number')
    return `${field.name} > ${field.unit === 'share' ? '50%' : field.unit === 'time' ? '90s' : '6'}`
  return `${field.name}:${fieldWords(field)?.[0] ?? (field.kind === 'list' ? 'check' : '"red heart"')}`
}

function valueOf(field: ComparedField, operator: Operator, token: Token): FilterValue {
  if (token.kind === 'value' && token.text.toLowerCase() === 'none' && field.kind !== 'thoughts') {
    if (operator === '<' || operator === '>' || operator === '<=' || operator === '>=')
      throw unexpected(token, `none can only be compared with = or !=.`)
    return { kind: 'none' }
  }
  if (field.kind === 'number') return numberOf(field, operator, token)
  const words = fieldWords(field)
  if (words === undefined) return { kind: 'text', text: checkedWords(token) }
  const wanted = token.text.toLowerCase()
  const known = words.find((word) => word === wanted)
  if (known === undefined) {
    const nearest = nearestNames(shown(token.text), words, 3).join(', ')
    throw unexpected(
      token,
      `${field.name} is never ${shown(token.text)}. Nearest: ${nearest}. All: ${words.join(', ')}.`,
    )
  }
  return { kind: 'text', text: (field.kind === 'list' ? aliasOf(field, known) : undefined) ?? known }
}

function aliasOf({ aliases = {} }: ListField, word: string): string | undefined {
  return Object.hasOwn(aliases, word) ? aliases[word] : undefined
}

function checkedWords(token: Token): string {
  if (token.text.trim() !== '') return token.text
  throw unexpected(token, 'Expected a word between the quotes.')
}

const numberForm = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+))([a-z%]*)$/i

/** `6`, `1.5min`, `3..8`. */
function numberOf(field: NumberField, operator: Operator, token: Token): FilterValue {
  const [low = '', high = low, ...more] = token.text.split('..')
  const from = measured(field, low)
  const to = measured(field, high)
  if (more.length > 0 || from === undefined || to === undefined) {
    const unit = field.unit && Object.keys(units[field.unit]).filter((name) => name !== '')
    const with_ = unit ? ` (units: ${unit.join(', ')})` : ''
    throw unexpected(
      token,
      `${field.name} is a number${with_}, such as ${fieldExample(field)}, or a range: ${field.name}:3..8.`,
    )
  }
  const isRange = token.text.includes('..')
  if (isRange && !isOneOf([':', '=', '!='], operator))
    throw unexpected(token, `A range can only be compared with : or !=: ${field.name}:3..8.`)
  if (from > to) throw unexpected(token, `The range ends before it begins: ${shown(high)}..${shown(low)}?`)
  return { kind: 'number', from, to, text: token.text }
}

function measured({ unit }: NumberField, text: string): number | undefined {
  const [, digits = '', name = ''] = numberForm.exec(text) ?? []
  const known: Readonly<Record<string, number>> = unit === undefined ? {} : units[unit]
  const key = name.toLowerCase()
  const factor = key === '' ? 1 : Object.hasOwn(known, key) ? known[key] : undefined
  const value = factor === undefined || digits === '' ? Number.NaN : Number(digits) * factor
  return Number.isFinite(value) ? value : undefined
}

function unknownField(token: Token): FilterFault {
  const nearest = nearestNames(
    shown(token.text),
    fields.map(({ name }) => name),
    3,
  ).join(', ')
  return unexpected(
    token,
    `There is no field ${shown(token.text)}. Nearest: ${nearest}. Put words to search for in quotes: "${shown(token.text)}".`,
  )
}

function afterCondition(token: Token): string {
  if (token.kind === ')') return 'There is no ( for this ).'
  return 'Expected and, or, or the end of the filter.'
}

function unexpected({ at, length }: Token, message: string): FilterFault {
  return new FilterFault({ at, length: Math.max(1, length), message })
}

/** Its beginning. */
function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
