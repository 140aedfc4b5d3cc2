/** Evaluates a filter: compiled once, then called for every search. Pure. */
import type { SearchFacts } from './facts.ts'
import { searchedTexts } from './fields.ts'
import type { ComparedField, FilterContext } from './fields.ts'
import type { FieldComparison, FilterNode, FilterValue } from './parse.ts'

type Matcher = (search: SearchFacts) => boolean

/** `undefined` matches every search. */
export function matcher(node: FilterNode | undefined, context: FilterContext): Matcher {
  if (node === undefined) return () => true
  switch (node.kind) {
    case 'and': {
      const parts = node.parts.map((part) => matcher(part, context))
      return (search) => parts.every((part) => part(search))
    }
    case 'or': {
      const parts = node.parts.map((part) => matcher(part, context))
      return (search) => parts.some((part) => part(search))
    }
    case 'not': {
      const part = matcher(node.part, context)
      return (search) => !part(search)
    }
    case 'flag':
      return node.field.of
    case 'words': {
      const words = node.words.toLowerCase()
      return (search) =>
        searchedTexts.some((of) => of(search, context)?.toLowerCase().includes(words)) ||
        context.inThoughts(search, words)
    }
    case 'comparison':
      return comparison(node, context)
  }
}

/** A search that does not have the field only matches `!=`, and `= none`. */
function comparison({ field, operator, value }: FieldComparison, context: FilterContext): Matcher {
  if (operator === '!=') {
    const equal = comparison({ kind: 'comparison', field, operator: '=', value }, context)
    return (search) => !equal(search)
  }
  if (value.kind === 'none') return isWithout(field, context)
  if (value.kind === 'number') return numeric(field, operator, value, context)
  const wanted = value.text.toLowerCase()
  switch (field.kind) {
    case 'thoughts':
      return (search) => context.inThoughts(search, wanted)
    case 'list':
      return (search) => field.of(search, context)?.some((word) => word.toLowerCase() === wanted) === true
    case 'choice':
      return (search) => field.of(search, context) === wanted
    case 'text':
      if (operator === ':') return (search) => field.of(search, context)?.toLowerCase().includes(wanted) === true
      return (search) => field.of(search, context)?.trim().toLowerCase() === wanted.trim()
    case 'number':
      return () => false
  }
}

function isWithout(field: ComparedField, context: FilterContext): Matcher {
  if (field.kind === 'thoughts') return () => false
  if (field.kind === 'list') return (search) => (field.of(search, context) ?? []).length === 0
  return (search) => field.of(search, context) === undefined
}

function numeric(
  field: ComparedField,
  operator: FieldComparison['operator'],
  { from, to }: Extract<FilterValue, { kind: 'number' }>,
  context: FilterContext,
): Matcher {
  if (field.kind !== 'number') return () => false
  const { of } = field
  const tests: Readonly<Record<string, (value: number) => boolean>> = {
    '<': (value) => value < from,
    '<=': (value) => value <= from,
    '>': (value) => value > from,
    '>=': (value) => value >= from,
  }
  const test = tests[operator] ?? ((value: number): boolean => value >= from && value <= to)
  return (search) => {
    const value = of(search, context)
    return value !== undefined && test(value)
  }
}

/** The words that the filter looks for in thoughts, in lower case, each once. */
export function thoughtWords(node: FilterNode | undefined): string[] {
  const words = new Set<string>()
  const walk = (part: FilterNode): void => {
    if (part.kind === 'and' || part.kind === 'or') part.parts.forEach(walk)
    else if (part.kind === 'not') walk(part.part)
    else if (part.kind === 'words') words.add(part.words.toLowerCase())
    else if (part.kind === 'comparison' && part.field.kind === 'thoughts' && part.value.kind === 'text')
      words.add(part.value.text.toLowerCase())
  }
  if (node !== undefined) walk(node)
  return [...words]
}
