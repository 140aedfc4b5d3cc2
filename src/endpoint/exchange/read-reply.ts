/** From the body of a completion to the raw text of a turn. Pure. */
import { TransportError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import type { Completion, Handling } from '../endpoint.ts'
import type { ToolCall } from './messages.ts'

type Fields = Readonly<Record<string, unknown>>

export interface ReplyRules {
  /** The stop strings of the request, whether or not they were sent. */
  readonly stop: readonly string[]
  /** The server was told of them and strips the one that it met. */
  readonly stripped: boolean
  /** Parameters that the server refused earlier. */
  readonly refused: readonly string[]
}

/** An empty reply is a reply; a body that holds none is a `TransportError`. */
export function readReply(body: string, { stop, stripped, refused }: ReplyRules): Completion {
  const completion = parsed(body)
  const choice = Array.isArray(completion.choices) ? fields(completion.choices[0]) : undefined
  const message = choice === undefined ? undefined : fields(choice.message)
  if (choice === undefined || message === undefined || choice.finish_reason === 'abort') throw unreadable(body)
  const finish = choice.finish_reason === 'length' ? 'length' : 'stop'
  const content = contentText(message.content)
  const halted = haltAt(content, stop, stripped && finish === 'stop' ? [choice.stop_reason, choice.matched_stop] : null)
  const text = withThinking(halted, message.reasoning_content ?? message.reasoning)
  const usage = readUsage(fields(completion.usage))
  const stopping = stopHandling(content, halted, stop)
  return {
    text,
    toolCalls: readCalls(message.tool_calls),
    finish: halted.length < content.length ? 'stop' : finish,
    ...(usage === undefined ? {} : { usage }),
    handling: { ...(stopping && { stop: stopping }), thinkingApart: text.length > halted.length, refused },
  }
}

function stopHandling(content: string, halted: string, stop: readonly string[]): Handling['stop'] {
  if (halted.length > content.length) return 'stripped'
  if (halted.length < content.length) return 'overlooked'
  return stop.some((one) => halted.endsWith(one)) ? 'kept' : undefined
}

function parsed(body: string): Fields {
  try {
    const value = fields(parseJson(body))
    if (value !== undefined) return value
  } catch {
    // Said below.
  }
  throw unreadable(body)
}

function unreadable(body: string): TransportError {
  const what = body.trim() === '' ? 'nothing' : 'something that is no completion'
  return new TransportError('reply-unreadable', `The server answered with ${what}.`)
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined
}

/** Some servers answer with parts, as they are asked. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => String(fields(part)?.text ?? '')).join('')
}

/**
 * The text up to the first stop string and with it. Where the server strips (`met`: what it says it met, if it does), the
 * one that it said comes back, or else the end tag of an element that was opened last of all and is still open.
 */
function haltAt(text: string, stop: readonly string[], met: readonly unknown[] | null): string {
  const ends = stop.filter((one) => text.includes(one)).map((one) => text.indexOf(one) + one.length)
  if (ends.length > 0) return text.slice(0, Math.min(...ends))
  if (met === null) return text
  const open = stop
    .map((one) => ({ one, at: text.lastIndexOf(one.replace('</', '<')) }))
    .filter(({ one, at }) => one.startsWith('</') && at >= 0 && !text.includes('</', at))
    .toSorted((a, b) => b.at - a.at)
  return text + (stop.find((one) => met.includes(one)) ?? open[0]?.one ?? '')
}

function withThinking(text: string, thinking: unknown): string {
  if (typeof thinking !== 'string' || thinking === '' || text.includes('<think>')) return text
  return `<think>${thinking}</think>${text}`
}

function readCalls(calls: unknown): ToolCall[] {
  if (!Array.isArray(calls)) return []
  return calls.flatMap((call, index) => {
    const { id, function: called } = fields(call) ?? {}
    const { name, arguments: given } = fields(called) ?? {}
    if (typeof name !== 'string') return []
    const text = typeof given === 'string' ? given : JSON.stringify(given ?? {})
    return [{ id: typeof id === 'string' && id !== '' ? id : `call_${index}`, name, arguments: text }]
  })
}

function readUsage(usage: Fields | undefined): Completion['usage'] {
  const { prompt_tokens: promptTokens, completion_tokens: replyTokens } = usage ?? {}
  if (typeof promptTokens !== 'number' || typeof replyTokens !== 'number') return undefined
  const cachedTokens = fields(usage!.prompt_tokens_details)?.cached_tokens
  return { promptTokens, replyTokens, ...(typeof cachedTokens === 'number' ? { cachedTokens } : {}) }
}
