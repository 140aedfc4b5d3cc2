/** User-defined score parsers: a path into the JSON of a reply, or a regular expression. */
import { createContext, Script } from 'node:vm'
import { messageOf, MiniO3Error, UserError } from '../shared/errors.ts'
import { jsonOrUndefined } from '../shared/json.ts'
import { endsOf } from './plain-reply.ts'
import { scoreOfValue } from './score-value.ts'
import type { Score } from './score-value.ts'
import { fieldsOf } from '../shared/fields.ts'

/** The JSON of a reply, also within a code fence or text: from the first brace to the last. */
export function jsonIn(said: string): unknown {
  const [open, close] = [said.indexOf('{'), said.lastIndexOf('}')]
  return open < 0 ? undefined : jsonOrUndefined(said.slice(open, close + 1))
}

/** `path`: field names or list indices, from the outside in. */
export function jsonScore(path: readonly string[]): (said: string) => Score | undefined {
  return (said) => scoreOfValue(path.reduce((value, name) => fieldOf(value, name), jsonIn(said)))
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return fieldsOf(value)?.[name]
}

/** Time limit of an expression per reply in milliseconds; some take years for a text of 40 characters. */
const mostMs = 1000

/** The expression took too long for a reply. */
export class SlowPatternError extends MiniO3Error {
  constructor(cause: unknown) {
    const message = `the expression of --judge-parser took more than ${mostMs} ms on a reply. Write it without nested repetitions.`
    super('judge-parser-slow', message, { cause })
  }
}

/** Our own script; expression and reply are passed as values. It runs in a vm context because only that supports a time limit. */
const lastMatch = new Script('[...text.matchAll(pattern)].at(-1)')

/** The first group of the last match, or the whole match. Throws `UserError` for an invalid regular expression. */
export function patternScore(source: string, flags: string): (said: string) => Score | undefined {
  const values = { pattern: compiled(source, flags), text: '' }
  const context = createContext(values)
  return (said) => {
    values.text = endsOf(said)
    let match: RegExpMatchArray | undefined
    try {
      match = lastMatch.runInContext(context, { timeout: mostMs })
    } catch (cause) {
      throw new SlowPatternError(cause)
    }
    return scoreOfValue(match?.[1] ?? match?.[0])
  }
}

function compiled(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}g`)
  } catch (cause) {
    throw new UserError('judge-parser-invalid', `--judge-parser: ${messageOf(cause)}. Correct the expression.`, {
      cause,
    })
  }
}
