/** A request for a chat completion, checked, and the conversation that it holds. Pure. */
import { z } from 'zod'
import type { Said } from '../../policy/embedded/turn-prompt.ts'
import { embeddedPrompts } from '../../protocol/prompts.ts'
import { HttpError } from '../http/http-error.ts'

const partSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string() }) }),
])
const contentSchema = z.union(
  [z.string(), z.array(partSchema)],
  'has to be text, or a list of text and image_url parts',
)
const messageSchema = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: contentSchema,
})
const onlyOne = z.literal(1).nullish()

const requestSchema = z.object({
  model: z.string(),
  messages: z.array(messageSchema),
  seed: z.int().nullish(),
  temperature: z.number().nonnegative().nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(16)]).nullish(),
  include_stop_str_in_output: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  /** Ours: turns of a search. */
  max_turns: z.int().min(1).max(1000).nullish(),
  tools: z.array(z.unknown()).max(0, 'this model calls no functions: leave them out').nullish(),
  top_p: onlyOne,
  n: onlyOne,
})

export type ChatRequest = z.infer<typeof requestSchema>

/** Throws `HttpError` 400, which names the field. */
export function readChatRequest(body: unknown): ChatRequest {
  const { data, error } = requestSchema.safeParse(body)
  if (data !== undefined) return data
  const { path, message } = error.issues[0]!
  throw new HttpError(400, 'invalid_request', path.length === 0 ? message : `${path.join('.')}: ${message}`)
}

type Content = z.infer<typeof contentSchema>

/** What the policy was told, one message a turn, with the URL of its picture. */
export interface Told extends Said {
  readonly image?: string
}

export interface Conversation {
  readonly system: string
  /** The question and what followed: observations bring a picture, errors none. */
  readonly told: readonly [Told, ...Told[]]
  /** One fewer than `told`. */
  readonly replies: readonly string[]
}

/** Throws `HttpError` 400 unless question and pictures, turns and messages follow each other as in a search. */
export function conversationOf(messages: ChatRequest['messages']): Conversation {
  const opens = messages[0]?.role === 'system' || messages[0]?.role === 'developer'
  const turns = messages.slice(opens ? 1 : 0)
  const inOrder = turns.every(({ role }, i) => role === (i % 2 === 0 ? 'user' : 'assistant'))
  if (!inOrder || turns.length % 2 === 0) {
    throw badChat('A chat is an optional system message, then user and assistant in turn; the last one is the user.')
  }
  const [first, ...later] = turns.filter(({ role }) => role === 'user').map(({ content }) => toldOf(content))
  if (first?.image === undefined) throw badChat('The first user message has to hold the picture, beside the question.')
  return {
    system: opens ? textOf(messages[0]!.content) : embeddedPrompts.system,
    told: [{ ...first, kind: 'question' }, ...later],
    replies: turns.filter(({ role }) => role === 'assistant').map(({ content }) => textOf(content)),
  }
}

/** The last question, and the newest picture. Throws `HttpError` 400 where there is none. */
export function askedIn(messages: ChatRequest['messages']): { readonly question: string; readonly image: string } {
  const asked = messages.filter(({ role }) => role === 'user').map(({ content }) => toldOf(content))
  const question = messages.at(-1)?.role === 'user' ? asked.at(-1)!.text : ''
  const image = asked.findLast((told) => told.image !== undefined)?.image
  if (question === '') throw badChat('The last message has to be a question of the user.')
  if (image === undefined) throw badChat('A user message has to hold the picture, beside the question.')
  return { question, image }
}

function toldOf(content: Content): Told {
  const images = typeof content === 'string' ? [] : content.filter((part) => part.type === 'image_url')
  if (images.length > 1) throw badChat('A message may hold one picture.')
  const text = textOf(content).trim()
  return images[0] === undefined
    ? { kind: 'error', text }
    : { kind: 'observation', text, image: images[0].image_url.url }
}

function textOf(content: Content): string {
  return typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function badChat(message: string): HttpError {
  return new HttpError(400, 'invalid_messages', message)
}
