/** Writes filters as text, and changes single clauses of them, as the selects and histograms of the page do. Pure. */
import { fieldNamed } from './fields.ts'
import type { FieldComparison, FilterNode, FilterValue } from './parse.ts'

/** The text of a filter; reading it again gives the same filter. */
export function filterText(node: FilterNode | undefined): string {
  if (node === undefined) return ''
  switch (node.kind) {
    case 'and':
      return node.parts.map((part) => (part.kind === 'or' ? `(${filterText(part)})` : filterText(part))).join(' and ')
    case 'or':
      return node.parts.map(filterText).join(' or ')
    case 'not':
      return `not ${node.part.kind === 'and' || node.part.kind === 'or' ? `(${filterText(node.part)})` : filterText(node.part)}`
    case 'flag':
      return node.field.name
    case 'words':
      return quoted(node.words)
    case 'comparison':
      return comparisonText(node)
  }
}

function comparisonText({ field, operator, value }: FieldComparison): string {
  return operator === ':' ? `${field.name}:${valueText(value)}` : `${field.name} ${operator} ${valueText(value)}`
}

function valueText(value: FilterValue): string {
  if (value.kind === 'none') return 'none'
  if (value.kind === 'number') return value.text
  return /^[^\s()"'=<>:!]+$/.test(value.text) && value.text.toLowerCase() !== 'none' ? value.text : quoted(value.text)
}

function quoted(words: string): string {
  return `"${words.replaceAll(/["\\]/g, '\\$&')}"`
}

/** The conditions that a search must all match. */
function clauses(node: FilterNode | undefined): readonly FilterNode[] {
  if (node === undefined) return []
  return node.kind === 'and' ? node.parts : [node]
}

/** A clause that the page sets by a select, a bar or the field for words; `words` names the last. */
function isOf(clause: FilterNode, name: string): boolean {
  if (clause.kind === 'words') return name === 'words'
  return (
    clause.kind === 'comparison' && clause.field.name === name && (clause.operator === ':' || clause.operator === '=')
  )
}

/** What the field is compared with in a clause of its own. */
export function clauseValue(node: FilterNode | undefined, name: string): FilterValue | undefined {
  const clause = clauses(node).find((one) => isOf(one, name))
  if (clause?.kind === 'words') return { kind: 'text', text: clause.words }
  return clause?.kind === 'comparison' ? clause.value : undefined
}

/** The filter with this clause in place of the field's own one, or without it. */
export function withClause(
  node: FilterNode | undefined,
  name: string,
  text: string | undefined,
): FilterNode | undefined {
  const others = clauses(node)
  const at = others.findIndex((one) => isOf(one, name))
  const clause = text === undefined ? undefined : clauseOf(name, text)
  const parts = others.flatMap((one, index) => (index === at ? (clause ?? []) : isOf(one, name) ? [] : one))
  if (at < 0 && clause !== undefined) parts.push(clause)
  const [only] = parts
  return parts.length < 2 ? only : { kind: 'and', parts }
}

function clauseOf(name: string, text: string): FilterNode | undefined {
  if (name === 'words') return { kind: 'words', words: text }
  const field = fieldNamed(name)
  if (field === undefined || field.kind === 'flag') return undefined
  const [from = '', to = from] = text.split('..')
  const value: FilterValue =
    field.kind === 'number' ? { kind: 'number', from: Number(from), to: Number(to), text } : { kind: 'text', text }
  return { kind: 'comparison', field, operator: ':', value }
}
