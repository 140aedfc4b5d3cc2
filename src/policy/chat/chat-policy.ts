/**
 * Any VLM behind an OpenAI-compatible server as a `Policy`: each session is one append-only conversation, stored exactly as sent and
 * received.
 */
import { encodeMessage } from '../../endpoint/exchange/encode-message.ts'
import { replyMessage } from '../../endpoint/exchange/encode-reply.ts'
import type { EncodedMessage } from '../../endpoint/exchange/encode-message.ts'
import type { Completion, Endpoint } from '../../endpoint/endpoint.ts'
import type { ChatMessage, ImagePart, ToolCall } from '../../endpoint/exchange/messages.ts'
import { dialectOf, functionsOf } from '../../protocol/profile.ts'
import type { Problem } from '../../protocol/problem.ts'
import type { Profile } from '../../protocol/profile.ts'
import { splitAtThinking, thinkingOpens } from '../../protocol/thinking-marks.ts'
import { replyCutCode } from '../../shared/errors.ts'
import { hashSeed } from '../../shared/random.ts'
import { viewsOf } from '../policy.ts'
import type { Message, Policy, Reply, Session, TurnOptions, View } from '../policy.ts'
import { limiter } from '../../shared/limiter.ts'
import { resultMessages, spokenCalls, turnText, userMessage } from './chat-messages.ts'
import { keepRecent } from '../../shared/recent.ts'
import { estimatedTextTokens, viewTokens } from './token-estimate.ts'
import { viewBytes } from './view-bytes.ts'

/** A few-shot example: a search placed before the question, as its messages and the raw replies to them. */
export interface Shot {
  readonly exchanges: readonly { readonly message: Message; readonly reply: string }[]
}

export interface ChatPolicyOptions {
  readonly endpoint: Endpoint
  readonly model: string
  /** Determines stop strings and declared functions. */
  readonly profile: Profile
  readonly temperature?: number
  readonly topP?: number
  /** Token limit of one turn; default 8192. */
  readonly maxTokens?: number
  /** Exemplars for the conversation with this seed; returns the same objects each time, so that they are encoded once. */
  readonly shots?: ((seed: number) => readonly Shot[]) | undefined
}

/** Encoded messages, with an estimate of their tokens and image tokens. */
interface Told {
  readonly messages: readonly EncodedMessage[]
  readonly tokens: number
  readonly imageTokens: number
}

type Tell = (message: Message, calls: readonly ToolCall[]) => Promise<Told>

/** Number of cached question messages, about 1 MB each. */
const recentQuestions = 16

export function chatPolicy(options: ChatPolicyOptions): Policy {
  const recent = keepRecent<Told>(recentQuestions)
  const shotsTold = new WeakMap<Shot, Promise<Told>>()

  function tellShot(shot: Shot): Promise<Told> {
    const known = shotsTold.get(shot)
    if (known !== undefined) return known
    const told = writeShot(shot)
    shotsTold.set(shot, told)
    // Failures, such as a temporarily unreadable picture, are not cached.
    told.catch(() => shotsTold.delete(shot))
    return told
  }

  async function tellQuestion(question: Question, shots: readonly Shot[]): Promise<Told> {
    const { system, text } = question
    const opening =
      system === '' ? [] : [written([{ role: 'system', content: system }], estimatedTextTokens(system), 0)]
    const asked = recent(
      `${viewsOf(question)
        .map(({ key }) => key)
        .join(' ')} ${text}`,
      () => write(question, []),
    )
    return joined([...opening, ...(await Promise.all(shots.map(tellShot))), await asked])
  }

  return {
    name: `chat:${options.model}`,
    ...(options.temperature !== undefined && { sampling: options.endpoint.kind.samplingFields }),
    open: (problem, { seed }) => {
      const shots = options.shots?.(seed) ?? []
      const tell: Tell = (message, calls) =>
        message.kind === 'question' ? tellQuestion(message, shots) : write(message, calls)
      return openSession(options, tell, requestSeed(problem, seed))
    },
  }
}

/** The seed of all requests of a search; the embedded policy derives the seeds of its turns from it. */
function requestSeed({ docId }: Problem, seed: number): number {
  return hashSeed(docId, seed)
}

function openSession(options: ChatPolicyOptions, tell: Tell, seed: number): Session {
  const { endpoint, model, profile, temperature, topP, maxTokens = 8_192 } = options
  const { stop } = dialectOf(profile)
  const tools = functionsOf(profile)
  let messages: readonly EncodedMessage[] = []
  /** State of the conversation before the last message. */
  let before = { messages, heldTokens: 0 }
  let calls: readonly ToolCall[] = []
  /** Tokens of the conversation so far, as counted by the server. */
  let heldTokens = 0

  async function reply(
    telling: Promise<Told>,
    { signal, again = false, onNews, onRetry, onExchange }: TurnOptions,
  ): Promise<Reply> {
    const told = await telling
    if (again) ({ messages, heldTokens } = before)
    before = { messages, heldTokens }
    messages = [...messages, ...told.messages]
    const stopAnywhere = profile.parse === 'strict'
    const request = { model, messages, stop, stopAnywhere, tools, maxTokens, temperature, topP, seed }
    const completion = await endpoint.complete(request, { signal, onNews, onRetry, onExchange })
    const { text, thinking, toolCalls, finish, usage, served } = completion
    messages = [...messages, completion.message]
    calls = toolCalls
    const asText = turnText(text, toolCalls)
    const failure = cutThinking(completion, asText, profile)
    const promptTokens = usage === undefined ? told.tokens : Math.max(0, usage.promptTokens - heldTokens)
    const replyTokens = usage?.replyTokens ?? estimatedTextTokens(asText)
    const { cachedTokens, thinkingTokens } = usage ?? {}
    heldTokens = usage === undefined ? heldTokens + promptTokens + replyTokens : usage.promptTokens + replyTokens
    return {
      text: asText,
      ...(thinking !== undefined && { thinking }),
      finish,
      ...(failure && { failure }),
      usage: {
        promptTokens,
        imageTokens: Math.min(told.imageTokens, promptTokens),
        replyTokens,
        ...(cachedTokens !== undefined && { cachedTokens }),
        ...(thinkingTokens !== undefined && { thinkingTokens }),
      },
      ...(served && { served }),
    }
  }

  return {
    take: (message, turn) => reply(tell(message, calls), turn),
    async adopt(message, { text, thinking, usage }, { turn, again = false }) {
      const told = await tell(message, calls)
      if (again) ({ messages, heldTokens } = before)
      before = { messages, heldTokens }
      const spoken = tools === undefined ? { text, calls: [] } : spokenCalls(text, turn)
      const fields = { content: spoken.text, ...(thinking !== undefined && { reasoning_content: thinking }) }
      messages = [...messages, ...told.messages, replyMessage(fields, spoken.text, spoken.calls)]
      calls = spoken.calls
      heldTokens += usage.promptTokens + usage.replyTokens
    },
    close: () => void (messages = []),
  }
}

/** A failure for a reply that the token limit truncated within its thinking: it says nothing about the policy. */
function cutThinking(
  { finish, text, thinking, toolCalls }: Completion,
  asText: string,
  profile: Profile,
): Reply['failure'] {
  // The loops of some profiles read a truncated reply like any other.
  const { cutAnswer, cutReply } = profile.flow
  if (finish !== 'length' || toolCalls.length > 0 || cutAnswer === 'answered' || cutReply === 'void') return undefined
  const dialect = dialectOf(profile)
  const closed = splitAtThinking(text)
  const prefilled = dialect.prefilled === true && thinking === undefined && closed === undefined
  const open = prefilled || thinkingOpens(closed?.said ?? text) !== undefined
  const acts = dialect.call(asText, profile) !== undefined || dialect.answer(asText, profile) !== undefined
  if (!open && acts) return undefined
  const message =
    'The reply was cut off at its token limit before it called or answered. ' +
    'Raise the limit with --reply-tokens, or make the model think less.'
  return { code: replyCutCode, message }
}

type Question = Extract<Message, { readonly kind: 'question' }>

async function write(message: Message, calls: readonly ToolCall[]): Promise<Told> {
  const { text } = message
  const seen = await Promise.all(viewsOf(message).map(writeView))
  const images = seen.map(({ image }) => image)
  const chat = calls.length > 0 ? resultMessages(calls, text, images) : [userMessage(text, images)]
  const imageTokens = seen.reduce((sum, { tokens }) => sum + tokens, 0)
  return written(chat, estimatedTextTokens(text) + imageTokens, imageTokens)
}

/** Limits how many views are cropped and encoded at once in the process: 6 MB each; twice the number of libuv threads. */
const encodeLimit = limiter(8)

function writeView(view: View): Promise<{ readonly image: ImagePart; readonly tokens: number }> {
  return encodeLimit(async () => {
    const pixels = await view.pixels()
    return { image: await viewBytes(pixels), tokens: viewTokens(pixels) }
  })
}

async function writeShot({ exchanges }: Shot): Promise<Told> {
  const told = exchanges.map(async ({ message, reply }) => [
    await write(message, []),
    {
      messages: [encodeMessage({ role: 'assistant', content: reply })],
      tokens: estimatedTextTokens(reply),
      imageTokens: 0,
    },
  ])
  return joined((await Promise.all(told)).flat())
}

function written(messages: readonly ChatMessage[], tokens: number, imageTokens: number): Told {
  return { messages: messages.map(encodeMessage), tokens, imageTokens }
}

function joined(told: readonly Told[]): Told {
  return {
    messages: told.flatMap(({ messages }) => messages),
    tokens: told.reduce((sum, { tokens }) => sum + tokens, 0),
    imageTokens: told.reduce((sum, { imageTokens }) => sum + imageTokens, 0),
  }
}
