/** Formats an error with its causes for `--debug`: codes, messages and stacks, with secrets removed. */
import { inspect } from 'node:util'
import { fieldsOf } from '../../shared/fields.ts'

const mostCauses = 10
const longestCause = 4_000

/** The chain of causes, outermost first. */
export function causesOf(error: unknown, variables: NodeJS.ProcessEnv = process.env): string {
  const texts: string[] = []
  const seen = new Set<unknown>()
  for (let at: unknown = error; at !== undefined && texts.length < mostCauses && !seen.has(at); at = causeOf(at)) {
    seen.add(at)
    texts.push(withoutSecrets(textOf(at), variables).slice(0, longestCause))
  }
  return texts.map((text, index) => (index === 0 ? text : `caused by: ${text}`)).join('\n')
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error, { depth: 2 })
  const code = fieldsOf(error)?.['code']
  const named = typeof code === 'string' ? `[${code}] ` : ''
  const parts = error instanceof AggregateError ? error.errors.map((part) => `\n  with: ${textOf(part)}`) : []
  return `${named}${error.stack ?? error.message}${parts.join('')}`
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}

const secretNames = /key|token|secret|passw|credential|auth/i
/** Shorter values are likely to be ordinary words, and replacing them would garble the text. */
const shortestSecret = 8
const secretForms: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 ***'],
  [/\b((?:sk|pk|gsk|xai|hf|tml|ghp|glpat|AIza|r8|nvapi)[-_][\w-]{8,}|AIza[\w-]{8,})/g, '***'],
  [/:\/\/[^\s/@:]{1,200}:[^\s/@]{1,200}@/g, '://***@'],
]

/** For example by `--api-key-env <name>`. */
function isNamed(variable: string): boolean {
  return process.argv.some((word) => word === variable || word.endsWith(`=${variable}`))
}

/** Removes the values of environment variables that have secret-like names or are named on the command line, and anything that looks like a key. */
export function withoutSecrets(text: string, variables: NodeJS.ProcessEnv): string {
  const values = Object.entries(variables).flatMap(([name, value = '']) =>
    (secretNames.test(name) || isNamed(name)) && value.trim().length >= shortestSecret ? [value.trim()] : [],
  )
  let clean = text
  // A longer value may contain a shorter one.
  for (const value of values.toSorted((a, b) => b.length - a.length)) clean = clean.replaceAll(value, '***')
  for (const [form, mark] of secretForms) clean = clean.replace(form, mark)
  return clean
}
