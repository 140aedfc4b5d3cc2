/** Chat completions with one or more choices, complete or streamed. */
import { randomUUID } from 'node:crypto'
import type { ServedModel, Completed } from './chat-model.ts'
import { readChatRequest } from './chat-request.ts'
import { begun, runChoices } from './choices.ts'
import type { Told } from './choices.ts'
import { eventStream } from './event-stream.ts'
import { modelNamed, searchedOf, seconds, spentBy } from './models.ts'
import type { Routes } from '../http/router.ts'
import { itemAt } from '../../shared/known.ts'

export function chatRoutes(models: readonly ServedModel[]): Routes {
  return {
    'POST /v1/chat/completions': async (body, asking) => {
      const request = readChatRequest(body)
      const model = modelNamed(models, request.model)
      const told = runChoices(model, request, asking.signal)
      const base = `http://${asking.headers.host}`
      const opening: Opening = { id: `chatcmpl-${randomUUID()}`, created: seconds(), model: model.id }
      const form = { choices: request.n ?? 1, base, usage: request.stream_options?.include_usage ?? false }
      if (!request.stream) return whole(opening, told, form)
      return eventStream(chunks(opening, await begun(told), form), asking, { last: '[DONE]' })
    },
  }
}

interface Opening {
  readonly id: string
  readonly created: number
  readonly model: string
}

interface Form {
  readonly choices: number
  /** Base URL of links. */
  readonly base: string
  /** Whether the stream ends with a usage chunk. */
  readonly usage: boolean
}

async function whole(opening: Opening, told: AsyncIterable<Told>, { choices, base }: Form): Promise<object> {
  const said = Array.from({ length: choices }, () => ({ reasoning: '', content: '' }))
  const completed: Completed[] = []
  for await (const { choice, ...news } of told) {
    if ('completed' in news) completed[choice] = news.completed
    else if ('content' in news.delta) itemAt(said, choice).content += news.delta.content
    else itemAt(said, choice).reasoning += news.delta.reasoning
  }
  return {
    ...opening,
    object: 'chat.completion',
    choices: said.map(({ reasoning, content }, index) => {
      const message = { role: 'assistant', content, refusal: null, ...(reasoning && { reasoning_content: reasoning }) }
      const searched = choices > 1 && searchedOf(itemAt(completed, index), base)
      return { index, message, logprobs: null, ...finishOf(itemAt(completed, index)), ...searched }
    }),
    usage: usageOf(completed),
    ...searchedOf(itemAt(completed, 0), base),
  }
}

async function* chunks(
  opening: Opening,
  told: AsyncIterable<Told>,
  { choices, base, usage: withUsage }: Form,
): AsyncGenerator<object, void> {
  const chunk = (choices: readonly object[], more: object = {}): object => {
    return { ...opening, object: 'chat.completion.chunk', choices, ...(withUsage && { usage: null }), ...more }
  }
  const one = (index: number, delta: object, finish: object = { finish_reason: null }): object => {
    return { index, delta, logprobs: null, ...finish }
  }
  const completed: Completed[] = []
  for (let index = 0; index < choices; index++) yield chunk([one(index, { role: 'assistant', content: '' })])
  for await (const { choice, ...news } of told) {
    if ('completed' in news) {
      completed[choice] = news.completed
      yield chunk([one(choice, {}, finishOf(news.completed))], searchedOf(news.completed, base))
    } else if ('content' in news.delta) yield chunk([one(choice, news.delta)])
    else yield chunk([one(choice, { reasoning_content: news.delta.reasoning })])
  }
  if (withUsage) yield chunk([], { usage: usageOf(completed) })
}

function finishOf({ finish, stop }: Completed): object {
  return { finish_reason: stop === null ? finish : 'stop', stop_reason: stop }
}

function usageOf(completed: readonly Completed[]): object {
  const { promptTokens, replyTokens } = spentBy(completed)
  return { prompt_tokens: promptTokens, completion_tokens: replyTokens, total_tokens: promptTokens + replyTokens }
}
