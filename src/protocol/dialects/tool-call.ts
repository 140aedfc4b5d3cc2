/** Parses function calls between `<tool_call>` tags in the JSON and XML forms of the Qwen models and their derivatives. Pure. */
import { readLooseValue } from '../loose-value.ts'
import type { ReadRules } from './dialect.ts'
import { jsonOrUndefined } from '../../shared/json.ts'
import { isRecord } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { own } from '../../shared/known.ts'

export const callStart = '<tool_call>'
export const callEnd = '</tool_call>'
export const functionStart = '<function='

/** A call of a function: its name and its arguments. */
export interface FunctionCall {
  readonly name: unknown
  readonly values: Fields
}

/** The arguments of the first or last call of `text`, if it is one of the function `name`. */
export function toolArguments(
  text: string,
  which: 'first' | 'last',
  name: string,
  rules: Pick<ReadRules, 'parse'>,
): Fields | undefined {
  const call = functionCall(text, which, rules)
  return call?.name === name ? call.values : undefined
}

/** The first or last call of `text`; a closing tag may be missing. */
function functionCall(
  text: string,
  which: 'first' | 'last',
  { parse }: Pick<ReadRules, 'parse'>,
): FunctionCall | undefined {
  const opens = which === 'first' ? text.indexOf(callStart) : text.lastIndexOf(callStart)
  if (opens < 0) return undefined
  const start = opens + callStart.length
  const closes = text.indexOf(callEnd, start)
  const read = parse === 'strict' ? jsonOrUndefined : readLoosely
  const call = read(text.slice(start, closes < 0 ? undefined : closes))
  if (!isRecord(call)) return undefined
  const given = own(call, 'arguments')
  const values = typeof given === 'string' && parse === 'lenient' ? read(given) : given
  const name = own(call, 'name')
  return isRecord(values) ? { name: parse === 'lenient' ? plainName(name) : name, values } : undefined
}

/** Models write a namespace in front (`functions.zoom`, `default_api:zoom`), capitals, or marks of their format behind. */
function plainName(written: unknown): unknown {
  if (typeof written !== 'string') return written
  const [name = ''] = written.split('<|', 1)
  return name
    .slice(Math.max(...['.', ':', '/'].map((sign) => name.lastIndexOf(sign))) + 1)
    .trim()
    .toLowerCase()
}

/** Parameters span one or more lines; closing tags may be missing, as may the tags around the function. */
const mostParameters = 16

/** The first call, of the function `only` where that is given, that is written as `<function=name><parameter=key>value</parameter>`. */
function xmlCall(text: string, only?: string): FunctionCall | undefined {
  const opens = text.indexOf(only === undefined ? functionStart : `${functionStart}${only}>`)
  if (opens < 0) return undefined
  const [name = ''] = text.slice(opens + functionStart.length).split('>', 1)
  const [body = ''] = text.slice(opens).split(/<\/function>|<\/tool_call>/, 1)
  const parameters = body.split('<parameter=').slice(1, mostParameters + 1)
  const values = Object.fromEntries(
    parameters.map((written) => {
      const [key = ''] = written.split('>', 1)
      const [value = ''] = written.slice(key.length + 1).split('</parameter>', 1)
      return [key.trim(), readValue(value.trim())]
    }),
  )
  return { name: name.trim(), values }
}

/** The call that is written in either form: of the function `name`, or where the profile has further tools, of any. */
export function calledFunction(
  text: string,
  which: 'first' | 'last',
  name: string,
  rules: Pick<ReadRules, 'parse' | 'tools'>,
): FunctionCall | undefined {
  const only = rules.tools === undefined ? name : undefined
  const json = functionCall(text, which, rules)
  return json !== undefined && (only === undefined || json.name === only) ? json : xmlCall(text, only)
}

/** Parses a list or a number; anything else stays text. */
function readValue(text: string): unknown {
  return /^[[({+\-.\d]/.test(text) ? (readLooseValue(text)?.value ?? text) : text
}

function readLoosely(text: string): unknown {
  return readLooseValue(text)?.value
}

/** The JSON schema of a box parameter. `corners`: the names of its numbers, such as `[x0, y0, x1, y1]`. */
export function boxParameter(corners: string): object {
  return {
    type: 'array',
    items: { type: 'number' },
    minItems: 4,
    maxItems: 4,
    description: `The region as ${corners}: its top-left and its bottom-right corner.`,
  }
}
