/** Validates a chat completion request and extracts its conversation. Pure. */
import { z } from 'zod'
import type { Said } from '../../policy/embedded/turn-prompt.ts'
import { embeddedPrompts } from '../../protocol/prompts.ts'
import { HttpError } from '../http/http-error.ts'
import { shaped } from '../http/shaped.ts'
import { itemAt } from '../../shared/known.ts'
import { contentSchema, imagesOf, textOf } from './content.ts'
import type { RequestPart } from './content.ts'
import { fieldsOf } from '../../shared/fields.ts'

const messageSchema = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: contentSchema.default([]),
})

const mostMessages = 4096
/** Largest `n` of a request. */
const mostChoices = 8

/** A field that no model here supports: any value but the neutral one is refused rather than ignored. */
function refused<T>(allowed: z.ZodType<T>, reason: string) {
  return z.union([allowed, z.null()], reason).optional()
}

const plain = 'responses are plain text here: leave it out, and parse the text'
const noCalls = 'this model does not call functions: leave them out'

/** Some clients write -1 for no limit. */
const tokenLimit = z
  .int()
  .refine((limit) => limit > 0 || limit === -1, 'has to be positive, or left out')
  .transform((limit) => (limit === -1 ? undefined : limit))
  .nullish()

/** Other fields are accepted and ignored, since clients send many that make no difference. */
const requestSchema = z.object({
  model: z.string(),
  messages: z.array(messageSchema),
  /** Reduced to 32 bits, since clients send negative and long ones. */
  seed: z
    .number()
    .refine(Number.isInteger, 'has to be a whole number')
    .transform((seed) => seed >>> 0)
    .nullish(),
  temperature: z.number().nonnegative().nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(mostChoices).nullish(),
  max_tokens: tokenLimit,
  max_completion_tokens: tokenLimit,
  /** An empty one, which some clients send for none, ends nothing. */
  stop: z
    .union([z.string(), z.array(z.string()).max(16)])
    .transform((stop) => [stop].flat().filter((one) => one !== ''))
    .nullish(),
  include_stop_str_in_output: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  /** Our extension: the turn limit of a search. */
  max_turns: z.int().min(1).max(1000).nullish(),
  tools: refused(z.array(z.unknown()).max(0), noCalls),
  functions: refused(z.array(z.unknown()).max(0), noCalls),
  response_format: refused(z.object({ type: z.literal('text') }), plain),
  logprobs: refused(z.literal(false), 'log-probabilities are not supported: leave it out'),
  top_logprobs: refused(z.literal(0), 'log-probabilities are not supported: leave it out'),
  modalities: refused(z.array(z.literal('text')), 'only text is returned: leave it out'),
})

export type ChatRequest = z.infer<typeof requestSchema>

/** Throws `HttpError` 400, which names the field. */
export function readChatRequest(body: unknown): ChatRequest {
  const messages = fieldsOf(body)?.['messages']
  if (Array.isArray(messages) && messages.length > mostMessages) {
    throw badChat(`A chat may have at most ${mostMessages} messages, not ${messages.length}.`)
  }
  return shaped(requestSchema, body)
}

/** A message to the policy, one per turn, with the URL of its picture. */
interface Told extends Said {
  readonly image?: string
}

export interface RequestConversation {
  readonly system: string
  /** The question and what followed: observations have a picture, errors do not. */
  readonly told: readonly [Told, ...Told[]]
  /** One less than `told`. */
  readonly replies: readonly string[]
}

/** Throws `HttpError` 400 unless question and pictures, turns and messages follow each other as in a search. */
export function conversationOf(messages: ChatRequest['messages']): RequestConversation {
  const opens = messages[0]?.role === 'system' || messages[0]?.role === 'developer'
  const turns = messages.slice(opens ? 1 : 0)
  const inOrder = turns.every(({ role }, i) => role === (i % 2 === 0 ? 'user' : 'assistant'))
  if (!inOrder || turns.length % 2 === 0) {
    throw badChat('A chat is an optional system message, then user and assistant in turn; the last one is the user.')
  }
  const [first, ...later] = turns.filter(({ role }) => role === 'user').map(({ content }) => toldOf(content))
  if (first?.image === undefined) throw badChat('The first user message has to contain the picture and the question.')
  return {
    system: opens ? textOf(itemAt(messages, 0).content) : embeddedPrompts.system,
    told: [{ ...first, kind: 'question' }, ...later],
    replies: turns.filter(({ role }) => role === 'assistant').map(({ content }) => textOf(content)),
  }
}

/**
 * The last question and its pictures. All user messages after the last reply form one question; without pictures of their own, it is
 * about those of the newest message that has any. Throws `HttpError` 400 if there are none.
 */
export function askedIn(messages: ChatRequest['messages']): {
  readonly question: string
  readonly images: readonly string[]
} {
  const replied = messages.findLastIndex(({ role }) => role === 'assistant' || role === 'tool' || role === 'function')
  const last = messages.slice(replied + 1).filter(({ role }) => role === 'user')
  const texts = last.map(({ content }) => textOf(content).trim())
  const question = texts.filter((text) => text !== '').join('\n')
  const sent = last.flatMap(({ content }) => imagesOf(content))
  const earlier = messages.findLast(({ role, content }) => role === 'user' && imagesOf(content).length > 0)
  const images = sent.length > 0 ? sent : imagesOf(earlier?.content ?? [])
  if (question === '') throw badChat('The last message has to be a question from the user.')
  if (images.length === 0) throw badChat('A user message has to contain the picture, besides the question.')
  return { question, images }
}

function toldOf(content: readonly RequestPart[]): Told {
  const [image, ...more] = imagesOf(content)
  if (more.length > 0) throw badChat('A message to this model may contain only one picture.')
  const text = textOf(content).trim()
  return image === undefined ? { kind: 'error', text } : { kind: 'observation', text, image }
}

function badChat(message: string): HttpError {
  return new HttpError(400, 'invalid_messages', message)
}
