/** The turns of a logged conversation, before its pictures and boxes are looked at: a turn for each call of a reply, with what came back. Pure. */
import { taggedAnswers } from '../protocol/dialects/written-turn.ts'
import { firstThinking } from '../protocol/thinking-marks.ts'
import type { Turn } from '../protocol/trajectory.ts'
import type { Call, CallUsage, ForeignSample, LoggedMessage } from './foreign.ts'

export interface TurnDraft {
  readonly turn: Omit<Turn, 'observation' | 'action' | 'returned'>
  readonly call?: Call
  readonly answer?: Extract<Turn['action'], { kind: 'answer' }>
  /** What came back before the next reply. */
  readonly back: readonly LoggedMessage[]
}

export function draftsOf({ rest, answer }: Pick<ForeignSample, 'rest' | 'answer'>): TurnDraft[] {
  const replies: { readonly message: LoggedMessage; readonly back: LoggedMessage[] }[] = []
  for (const message of rest) {
    if (message.role === 'assistant') replies.push({ message, back: [] })
    else replies.at(-1)?.back.push(message)
  }
  let before = 0
  return replies.flatMap(({ message, back }, index) => {
    const { usage } = message
    const drafts = draftsOfReply(message, back, usage && newTokens(usage, before))
    if (usage !== undefined) before = usage.sent + usage.written
    const isLast = index === replies.length - 1
    const said = isLast && message.calls.length === 0 && drafts[0]?.answer === undefined ? (answer ?? message.text) : ''
    return said === ''
      ? drafts
      : drafts.map((draft) => ({ ...draft, answer: { kind: 'answer' as const, text: said.trim() } }))
  })
}

/** Of the whole prompt, what the previous calls had not sent. */
function newTokens({ sent, cached, written }: CallUsage, before: number): Turn['usage'] {
  const kept = cached > 0 ? { cachedTokens: cached } : {}
  return { promptTokens: Math.max(0, sent - before), imageTokens: 0, replyTokens: written, ...kept }
}

const nothing: Turn['usage'] = { promptTokens: 0, imageTokens: 0, replyTokens: 0 }

/** The first of several calls has the text of the reply. */
function draftsOfReply(message: LoggedMessage, back: readonly LoggedMessage[], usage = nothing): TurnDraft[] {
  const { text, thinking, calls } = message
  const whole = [text, calls[0]?.written].filter(Boolean).join('\n')
  const tagged = taggedAnswers(text).at(-1)
  const thought = thoughtOf(message, tagged !== undefined)
  const first: TurnDraft = {
    turn: {
      text: whole,
      ...(thinking !== '' && { thinking }),
      finish: 'stop',
      ...(thought !== '' && { thought }),
      usage,
      ms: message.usage?.ms ?? 0,
    },
    ...(tagged !== undefined && { answer: { kind: 'answer', text: tagged } }),
    back,
  }
  if (calls.length === 0) return [first]
  const own = new Map<Call, LoggedMessage[]>(calls.map((call) => [call, []]))
  for (const [index, one] of back.entries()) {
    // Of several calls without ids, each has one answer.
    const call =
      calls.find(({ id }) => id !== undefined && id === one.callId) ?? calls[Math.min(index, calls.length - 1)]
    if (call) own.get(call)?.push(one)
  }
  return calls.map((call, index): TurnDraft => {
    const { turn, answer } =
      index === 0
        ? first
        : { turn: { text: call.written ?? '', finish: 'stop', usage: nothing, ms: 0 } as const, answer: undefined }
    const submitted = /^(?:submit|final_answer|answer)$/i.test(call.name) ? call.values['answer'] : undefined
    const given = typeof submitted === 'string' ? ({ kind: 'answer', text: submitted.trim() } as const) : answer
    return { turn, call, ...(given && { answer: given }), back: own.get(call) ?? [] }
  })
}

const marks = /<\/?(?:think|tool_call|function_call|grounding|answer)>/

/** A reply that neither calls nor marks its answer is the answer, and no thought. */
function thoughtOf({ text, thinking, calls }: LoggedMessage, isMarked: boolean): string {
  const written = firstThinking(text) ?? (calls.length > 0 || isMarked ? text.slice(0, marks.exec(text)?.index) : '')
  return [thinking, written.trim()].filter(Boolean).join('\n\n')
}
