/** Extracts the text, thinking and calls of a turn from a completion. Pure. */
import { ContextLengthError, TransportError } from '../../shared/errors.ts'
import type { Completion, Handling } from '../endpoint.ts'
import { replyMessage } from './encode-reply.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { finishOf, metFilters, finishReason, withheldError } from './finish.ts'
import { innerError } from './inner-error.ts'
import type { InnerError } from './inner-error.ts'
import { readBody } from './reply-body.ts'
import { withoutEndMarks } from '../../protocol/end-marks.ts'
import { readCalls } from './read-calls.ts'
import { closedThinking } from '../../protocol/thinking-marks.ts'
import type { ThinkingBlock } from '../../protocol/thinking-marks.ts'
import { servedName } from '../../protocol/turn-record.ts'
import { contentText, thinkingOf } from './thinking.ts'

export interface ReplyRules {
  /** The stop strings of the request, whether or not they were sent. */
  readonly stop: readonly string[]
  /** Whether they were sent and the server strips the matched one. */
  readonly stripped: boolean
  /** Whether one within closed thinking ends the reply too. */
  readonly anywhere?: boolean | undefined
  /** Parameters that the server refused before. */
  readonly refused: readonly string[]
  /** Number of messages in the request, used to generate unique ids for calls without ids. */
  readonly messages: number
}

/**
 * Reads the first choice of a body, or the error in place of one. Throws `TransportError` for a body without a choice, for a withheld or
 * aborted reply, and for an empty reply with no tokens counted; `ContextLengthError` if there was no room for a reply.
 */
export function readReply(
  text: string,
  { stop, stripped, anywhere, refused, messages }: ReplyRules,
): Completion | InnerError {
  const body = readBody(text)
  const error = innerError(body)
  if (error !== undefined) return error
  const choice = fieldsOf(Array.isArray(body.choices) ? body.choices[0] : undefined)
  const message = messageOf(choice)
  if (choice === undefined || message === undefined) throw noChoice(body, choice)
  const usage = readUsage(fieldsOf(body.usage))
  const content = withoutTokens(contentText(message.content))
  const thinking = thinkingOf(message)
  const toolCalls = readCalls(message.tool_calls, messages)
  const silent = content.trim() === '' && toolCalls.length === 0
  const thought = thinking.trim() !== ''
  // Whitespace is a reply: the model wrote it.
  const empty = silent && !thought && content === ''
  const refusal = refusalIn(message)
  if (silent && refusal !== undefined) throw withheldError(refusal)
  const finish = finishOf(choice, empty)
  if (empty) checkEmpty(finish, fieldsOf(body.usage))

  // If a reply is nothing but thinking, that counts as the text, unless it was truncated within the thinking.
  const read = silent && thought && finish === 'stop' ? withoutTokens(thinking) : content
  const met = stripped && finish === 'stop' ? [choice.stop_reason, choice.matched_stop] : null
  const halted = haltAt(read, stop, met, anywhere ? [] : closedThinking(read))
  const stopping = stopHandling(read, halted, stop)
  const apart = thought && read === content
  return {
    text: halted,
    ...(apart && { thinking }),
    toolCalls,
    message: replyMessage(message, halted, toolCalls),
    finish: halted.length < read.length ? 'stop' : finish,
    ...(usage === undefined ? {} : { usage }),
    ...servedOf(body, choice),
    handling: { ...(stopping && { stop: stopping }), thinkingApart: thought, refused },
  }
}

/** Some servers send a stream delta, or the text of a plain completion, in place of a message. */
function messageOf(choice: Fields | undefined): Fields | undefined {
  const text: Fields | undefined = typeof choice?.text === 'string' ? { content: choice.text } : undefined
  const message = fieldsOf(choice?.message) ?? fieldsOf(choice?.delta) ?? text
  // The legacy field for a single call.
  const { function_call: legacy, ...rest } = message ?? {}
  const called = fieldsOf(legacy)
  if (called === undefined || (Array.isArray(rest.tool_calls) && rest.tool_calls.length > 0)) return message
  return { ...rest, tool_calls: [{ type: 'function', function: called }] }
}

function noChoice(body: Fields, choice: Fields | undefined): TransportError {
  const filter = metFilters(body)
  if (filter !== undefined) return withheldError(filter)
  // Throws if a choice without a message has a reason.
  if (choice !== undefined) finishOf(choice, true)
  return new TransportError('reply-unreadable', 'The completion contains no reply.')
}

/** Even a model that ends at once writes one token; if none is counted, the server gave no reply. */
function checkEmpty(finish: 'stop' | 'length', usage: Fields | undefined): void {
  const written = Number(usage?.completion_tokens ?? 0)
  if (written > 0) return
  if (finish === 'length' && usage !== undefined) {
    throw new ContextLengthError(
      'The conversation does not fit: the server had no room for a single token of the reply.',
    )
  }
  throw new TransportError('reply-empty', 'The server sent an empty reply.')
}

/** A refusal in place of a reply: a field of the message, or a part of its content. */
function refusalIn({ refusal, content }: Fields): string | undefined {
  const part = Array.isArray(content)
    ? content.map(fieldsOf).find((one) => one?.type === 'refusal')?.refusal
    : undefined
  const said = [refusal, part].find((one): one is string => typeof one === 'string' && one.trim() !== '')
  return said === undefined ? undefined : `"${said.slice(0, 300)}"`
}

/** GLM's tokens around its answer. */
const boxMarks = /<\|(?:begin|end)_of_box\|>/g

/** Without the tokens that some servers leave in the text. */
function withoutTokens(text: string): string {
  return withoutEndMarks(text.replaceAll(boxMarks, ''))
}

function stopHandling(content: string, halted: string, stop: readonly string[]): Handling['stop'] {
  if (halted.length > content.length) return 'stripped'
  if (halted.length < content.length) return 'overlooked'
  return stop.some((one) => halted.endsWith(one)) ? 'kept' : undefined
}

/**
 * The text up to and including the first stop string outside of `thinking`, which only drafts. If the server strips stop strings, the one
 * that it reports (`met`) is restored, or otherwise the closing tag of the last element that is still open.
 */
function haltAt(
  text: string,
  stop: readonly string[],
  met: readonly unknown[] | null,
  thinking: readonly ThinkingBlock[],
): string {
  const ends = stop.flatMap((one) => {
    let at = text.indexOf(one)
    for (const { opens, closed } of thinking) if (at >= opens && at < closed) at = text.indexOf(one, closed)
    return at < 0 ? [] : [at + one.length]
  })
  if (ends.length > 0) return text.slice(0, Math.min(...ends))
  if (met === null) return text
  const open = stop
    .map((one) => ({ one, at: text.lastIndexOf(one.replace('</', '<')) }))
    .filter(({ one, at }) => one.startsWith('</') && at >= 0 && !text.includes('</', at))
    .toSorted((a, b) => b.at - a.at)
  return text + (stop.find((one) => met.includes(one)) ?? open[0]?.one ?? '')
}

/** The server's own names for the model and for the end of the reply. */
function servedOf(body: Fields, choice: Fields): Pick<Completion, 'served'> {
  const model = servedName(body.model)
  const finish = servedName(finishReason(choice.native_finish_reason) || finishReason(choice.finish_reason))
  if (model === undefined && finish === undefined) return {}
  return { served: { ...(model !== undefined && { model }), ...(finish !== undefined && { finish }) } }
}

/** Implausible counts (negative, fractional, huge) are treated as missing. */
function readUsage(usage: Fields | undefined): Completion['usage'] {
  const promptTokens = countOf(usage?.prompt_tokens)
  const replyTokens = countOf(usage?.completion_tokens)
  if (promptTokens === undefined || replyTokens === undefined) return undefined
  const cachedTokens = countOf(fieldsOf(usage?.prompt_tokens_details)?.cached_tokens)
  const thinkingTokens = countOf(fieldsOf(usage?.completion_tokens_details)?.reasoning_tokens)
  return {
    promptTokens,
    replyTokens,
    ...(cachedTokens !== undefined && { cachedTokens: Math.min(cachedTokens, promptTokens) }),
    ...(thinkingTokens !== undefined && { thinkingTokens: Math.min(thinkingTokens, replyTokens) }),
  }
}

/** More tokens than any context has. */
const mostTokens = 1e9

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= mostTokens ? value : undefined
}
