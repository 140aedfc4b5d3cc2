/** Diagnoses a body with status 200 that is not a completion; usually the address is wrong. Pure. */
import { TransportError } from '../../shared/errors.ts'
import { pythonJsonOrUndefined } from '../../shared/json.ts'
import { quoted } from '../quoted.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import type { Server } from './server.ts'

/** Characters of the body to quote. */
const mostQuoted = 300
/** Longer lines are not analysed. */
const mostLine = 16_000

/** The error for a body that should have been a completion. */
export function unreadable(text: string, server: Pick<Server, 'base' | 'key'>): TransportError {
  return new TransportError('reply-unreadable', `The server answered with ${foreignBody(text, server)}`)
}

/** For example `a web page: "Welcome to nginx!". Check the base URL ...`. */
export function foreignBody(text: string, { base, key }: Pick<Server, 'base' | 'key'>): string {
  if (text.trim() === '') return 'nothing.'
  const first = firstFields(text)
  const native = first && nativeApis.find(({ is }) => is(first))
  const markup = /^\s*<[a-z!?]/i.test(text)
  const { what, advice = '' } = native
    ? { what: `a reply of ${native.name}`, advice: `Use the base URL of its OpenAI-compatible API, ${native.base}.` }
    : bodyKind(text, markup, first)
  const said = quoted(text, { key, markup, most: mostQuoted }) || quoted(text, { key, markup: false, most: mostQuoted })
  return `${what}: "${said}". ${advice === '' ? addressAdvice(base) : advice}`
}

function bodyKind(text: string, markup: boolean, first: Fields | undefined): { what: string; advice?: string } {
  if (markup) return { what: /<(?:!doctype\s+)?html/i.test(text.slice(0, 2_000)) ? 'a web page' : 'markup' }
  const broken = 'It may have been cut off on the way: is there a proxy with a time limit?'
  if (/^\s*(?:data|event|id|retry)?:/.test(text.slice(0, 100)))
    return { what: 'a stream of events that does not end in a reply', advice: broken }
  if (first?.choices !== undefined)
    return { what: 'a completion without a reply', advice: 'This is a fault of the server.' }
  if (first === undefined)
    return /^\s*[{[]/.test(text) ? { what: 'truncated or damaged JSON', advice: broken } : { what: 'plain text' }
  return { what: 'JSON of another kind' }
}

function addressAdvice(base: URL): string {
  const lacks = /\/v\d/.test(base.pathname) ? '' : ': /v1 seems to be missing from it'
  return `Check the base URL ${base.href}${lacks}, and whether there is a proxy or a login page in front of the server.`
}

/** Native APIs of servers that also have an OpenAI-compatible one. */
const nativeApis: readonly { readonly name: string; readonly base: string; is(fields: Fields): boolean }[] = [
  {
    name: "Ollama's own API",
    base: 'such as http://127.0.0.1:11434/v1',
    is: ({ done, message, response }) => typeof done === 'boolean' && (message ?? response) !== undefined,
  },
  {
    name: "Anthropic's own API",
    base: 'https://api.anthropic.com/v1 or that of a gateway',
    is: ({ type, content }) => type === 'message_start' || (type === 'message' && Array.isArray(content)),
  },
  {
    name: "Gemini's own API",
    base: 'https://generativelanguage.googleapis.com/v1beta/openai',
    is: ({ candidates }) => Array.isArray(candidates),
  },
  {
    name: 'the Responses API',
    base: 'below which /chat/completions is',
    is: ({ object, type }) => object === 'response' || (typeof type === 'string' && type.startsWith('response.')),
  },
  {
    name: 'the generate route of TGI',
    base: 'which ends in /v1',
    is: ({ generated_text: whole, token }) => typeof whole === 'string' || fieldsOf(token)?.logprob !== undefined,
  },
  {
    name: "llama.cpp's own API",
    base: 'which ends in /v1',
    is: ({ content, stop }) => typeof content === 'string' && typeof stop === 'boolean',
  },
]

/** The fields of the body, or of its first line that is an object (JSON Lines or events). */
function firstFields(text: string): Fields | undefined {
  const whole = pythonJsonOrUndefined(text)
  if (whole !== undefined) return fieldsOf(Array.isArray(whole) ? whole[0] : whole)
  for (const line of text
    .slice(0, mostLine)
    .split(/[\r\n]+/)
    .slice(0, 20)) {
    const found = fieldsOf(pythonJsonOrUndefined(line.replace(/^data:/, '')))
    if (found !== undefined) return found
  }
  return undefined
}
