/** Function calls written as JSON between `<tool_call>` tags, as Qwen's models and their kin write them. Pure. */
import { readLooseValue } from '../loose-value.ts'
import { originalSource } from './written-turn.ts'
import type { ReadRules, WrittenCall } from './written-turn.ts'
import { parseJson } from '../../shared/json.ts'

export const callStart = '<tool_call>'
export const callEnd = '</tool_call>'

export type Values = { readonly [key: string]: unknown }

/** The arguments of the first or last call of `text`, if it is one of the function `name`; a closing tag may be missing. */
export function toolArguments(
  text: string,
  which: 'first' | 'last',
  name: string,
  { parse }: Pick<ReadRules, 'parse'>,
): Values | undefined {
  const opens = which === 'first' ? text.indexOf(callStart) : text.lastIndexOf(callStart)
  if (opens < 0) return undefined
  const start = opens + callStart.length
  const closes = text.indexOf(callEnd, start)
  const read = parse === 'strict' ? readJson : readLoosely
  const call = read(text.slice(start, closes < 0 ? undefined : closes))
  if (!isRecord(call) || own(call, 'name') !== name) return undefined
  const given = own(call, 'arguments')
  const values = typeof given === 'string' && parse === 'lenient' ? read(given) : given
  return isRecord(values) ? values : undefined
}

/** The box of a call, and its source if the dialect writes one; undefined where one is missing. */
export function writtenBox(values: Values, source: unknown = own(values, 'source')): WrittenCall | undefined {
  const bbox = own(values, 'bbox_2d')
  if (bbox === undefined || typeof source !== 'string') return undefined
  return { bbox, source, written: JSON.stringify(bbox) }
}

/** Pictures by number, 1 being the original. */
export function sourceNumbered(number: number): string {
  return number === 1 ? originalSource : `observation_${number - 1}`
}

export function isRecord(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of its own: never one that every object has. */
export function own(values: Values, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined
}

function readLoosely(text: string): unknown {
  return readLooseValue(text)?.value
}

function readJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
