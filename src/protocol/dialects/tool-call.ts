/** Function calls between `<tool_call>` tags, as Qwen's models and their kin write them: as JSON, or as XML. Pure. */
import { readLooseValue } from '../loose-value.ts'
import type { ReadRules } from './dialect.ts'
import { isRecord } from './written-turn.ts'
import type { CallFields } from './written-turn.ts'
import { parseJson } from '../../shared/json.ts'
import { own } from '../../shared/known.ts'

export const callStart = '<tool_call>'
export const callEnd = '</tool_call>'

/** The arguments of the first or last call of `text`, if it is one of the function `name`; a closing tag may be missing. */
export function toolArguments(
  text: string,
  which: 'first' | 'last',
  name: string,
  { parse }: Pick<ReadRules, 'parse'>,
): CallFields | undefined {
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

/** A parameter is a line or more: closing tags may be missing, and with them the tags around the function. */
const mostParameters = 16

/** The arguments of the first call of the function `name` that is written as `<function=name><parameter=key>value</parameter>`. */
export function xmlArguments(text: string, name: string): CallFields | undefined {
  const opens = text.indexOf(`<function=${name}>`)
  if (opens < 0) return undefined
  const [body = ''] = text.slice(opens).split(/<\/function>|<\/tool_call>/, 1)
  const parameters = body.split('<parameter=').slice(1, mostParameters + 1)
  return Object.fromEntries(
    parameters.map((written) => {
      const [key = ''] = written.split('>', 1)
      const [value = ''] = written.slice(key.length + 1).split('</parameter>', 1)
      return [key.trim(), readValue(value.trim())]
    }),
  )
}

/** A list or a number; anything else is text. */
function readValue(text: string): unknown {
  return /^[[({+\-.\d]/.test(text) ? (readLooseValue(text)?.value ?? text) : text
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

/** The schema of a box in the declaration of a function. `corners`: how its numbers are called there, such as `[x0, y0, x1, y1]`. */
export function boxParameter(corners: string): object {
  return {
    type: 'array',
    items: { type: 'number' },
    minItems: 4,
    maxItems: 4,
    description: `The region as ${corners}: its top-left and its bottom-right corner.`,
  }
}
