/** Readers that a user gives for a judge with a form of its own: a path into its JSON, or a regular expression. */
import { createContext, Script } from 'node:vm'
import { messageOf, MiniO3Error, UserError } from '../shared/errors.ts'
import { parseJson } from '../shared/json.ts'
import { endsOf } from './plain-reply.ts'
import { scoreOfValue } from './score-value.ts'
import type { Score } from './score-value.ts'
import { fieldsOf } from '../shared/fields.ts'

/** The JSON that a reply is, or that stands in it, fenced or not: from its first brace to its last. */
export function jsonIn(said: string): unknown {
  const [open, close] = [said.indexOf('{'), said.lastIndexOf('}')]
  if (open < 0 || close < open) return undefined
  try {
    return parseJson(said.slice(open, close + 1))
  } catch {
    return undefined
  }
}

/** `path`: names of fields, or places in lists, from the outside in. */
export function jsonScore(path: readonly string[]): (said: string) => Score | undefined {
  return (said) => scoreOfValue(path.reduce((value, name) => fieldOf(value, name), jsonIn(said)))
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return fieldsOf(value)?.[name]
}

/** Milliseconds that an expression may take on one reply: some take years on a text of 40 characters. */
const mostMs = 1000

/** A reply that an expression cannot read in time. */
export class SlowPatternError extends MiniO3Error {
  constructor(cause: unknown) {
    const message = `the expression of --judge-parser took more than ${mostMs} ms on a reply. Write it without nested repetitions.`
    super('judge-parser-slow', message, { cause })
  }
}

/** The script is ours; the expression and the reply are values that it is given. It runs in a context because only there it has a limit. */
const lastMatch = new Script('[...text.matchAll(pattern)].at(-1)')

/** The first group of the last match, or all of the match. Throws `UserError` for what is no regular expression. */
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
