/** The part of the Responses API for text and pictures: a complete response or a stream of events. Nothing is stored. */
import { randomUUID } from 'node:crypto'
import type { ServedModel, Completed } from './chat-model.ts'
import { begun, runChoices } from './choices.ts'
import type { Told } from './choices.ts'
import { eventStream } from './event-stream.ts'
import { modelNamed, searchedOf, seconds } from './models.ts'
import { readResponseRequest } from './response-request.ts'
import type { ChatRequest } from './chat-request.ts'
import type { Routes } from '../http/router.ts'

export function responseRoutes(models: readonly ServedModel[]): Routes {
  return {
    'POST /v1/responses': async (body, asking) => {
      const request = readResponseRequest(body)
      const model = modelNamed(models, request.model)
      const told = runChoices(model, request, asking.signal)
      const events = eventsOf(
        opening(request),
        request.stream ? await begun(told) : told,
        `http://${asking.headers.host}`,
      )
      if (request.stream) return eventStream(numbered(events), asking, { typed: true, failed })
      let last: Event | undefined
      for await (const event of events) last = event
      return last?.['response']
    },
  }
}

type Event = { readonly type: string } & Readonly<Record<string, unknown>>

/** The fields known at the start, including some that clients require although they have no effect here. */
function opening({ model, temperature, top_p: topP, max_tokens: maxTokens }: ChatRequest): object {
  return {
    id: idOf('resp'),
    object: 'response',
    created_at: seconds(),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: maxTokens ?? null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: false,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: temperature ?? null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: topP ?? null,
    truncation: 'disabled',
    usage: null,
  }
}

/** Emits the reasoning item, then the message item; the last event contains the whole response. */
async function* eventsOf(response: object, told: AsyncIterable<Told>, base: string): AsyncGenerator<Event, void> {
  yield { type: 'response.created', response }
  yield { type: 'response.in_progress', response }
  const output: object[] = []
  let item: Item | undefined
  for await (const news of told) {
    const delta = 'delta' in news ? news.delta : undefined
    const kind = delta === undefined || 'content' in delta ? messageKind : reasoningKind
    if (item?.kind !== kind) {
      if (item !== undefined) yield* itemEnd(item, output)
      item = { kind, id: idOf(kind.prefix), index: output.length, text: '' }
      yield* itemStart(item)
    }
    const text = delta === undefined ? '' : 'content' in delta ? delta.content : delta.reasoning
    item.text += text
    if (text !== '') yield { type: `${kind.event}.delta`, ...placeOf(item), delta: text }
    if (!('completed' in news)) continue
    yield* itemEnd(item, output)
    yield ended({ ...response, output }, news.completed, base)
  }
}

interface Kind {
  readonly prefix: string
  /** Event name of its text deltas. */
  readonly event: string
  readonly part: string
  /** Name of the index field of the part. */
  readonly at: string
  partOf(text: string): object
  itemOf(id: string, status: string, parts: readonly object[]): object
}

const reasoningKind: Kind = {
  prefix: 'rs',
  event: 'response.reasoning_summary_text',
  part: 'response.reasoning_summary_part',
  at: 'summary_index',
  partOf: (text) => ({ type: 'summary_text', text }),
  itemOf: (id, status, summary) => ({ id, type: 'reasoning', status, summary }),
}

const messageKind: Kind = {
  prefix: 'msg',
  event: 'response.output_text',
  part: 'response.content_part',
  at: 'content_index',
  partOf: (text) => ({ type: 'output_text', text, annotations: [], logprobs: [] }),
  itemOf: (id, status, content) => ({ id, type: 'message', status, role: 'assistant', content }),
}

interface Item {
  readonly kind: Kind
  readonly id: string
  readonly index: number
  text: string
}

function placeOf({ kind, id, index }: Item): object {
  return { item_id: id, output_index: index, [kind.at]: 0 }
}

function* itemStart(item: Item): Generator<Event, void> {
  const { kind, id, index } = item
  const empty = kind.itemOf(id, 'in_progress', [])
  yield { type: 'response.output_item.added', output_index: index, item: empty }
  yield { type: `${kind.part}.added`, ...placeOf(item), part: kind.partOf('') }
}

function* itemEnd(item: Item, output: object[]): Generator<Event, void> {
  const { kind, id, index, text } = item
  const part = kind.partOf(text)
  const whole = kind.itemOf(id, 'completed', [part])
  output.push(whole)
  yield { type: `${kind.event}.done`, ...placeOf(item), text }
  yield { type: `${kind.part}.done`, ...placeOf(item), part }
  yield { type: 'response.output_item.done', output_index: index, item: whole }
}

function ended(response: object, completed: Completed, base: string): Event {
  const { finish, stop, promptTokens, replyTokens } = completed
  const cut = finish === 'length' && stop === null
  const usage = {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: replyTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: promptTokens + replyTokens,
  }
  const status = cut ? 'incomplete' : 'completed'
  const details = cut ? { reason: 'max_output_tokens' } : null
  const whole = { ...response, status, incomplete_details: details, usage, ...searchedOf(completed, base) }
  return { type: `response.${status}`, response: whole }
}

async function* numbered(events: AsyncIterable<Event>): AsyncGenerator<object, void> {
  let number = 0
  for await (const event of events) yield { ...event, sequence_number: number++ }
}

function failed({ code, message, param }: { code: string; message: string; param: string | null }): object {
  return { type: 'error', code, message, param }
}

function idOf(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '')}`
}
