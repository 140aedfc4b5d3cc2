/** Reasons why a search has no answer that counts, or a doubtful one, as text for the user. Pure. */
import {
  contextLengthCode,
  imageRefusedCode,
  replyCutCode,
  requestFailedCode,
  requestRefusedCode,
  requestTooLargeCode,
  withheldCode,
} from '../shared/errors.ts'
import { lastOf } from '../shared/known.ts'
import { oddBoxes } from './box-unit.ts'
import { faultOf } from './fault.ts'
import { profileWrittenFor } from './other-form.ts'
import { answeredBeyondLimit, answeredPlainly } from './trajectory.ts'
import type { Failure, Trajectory } from './trajectory.ts'

/**
 * `failed`: repeated on a resume; `refused`: refused permanently by the server; `void`: the last reply had no action; `mistakes`: it
 * reached a limit with invalid actions in at least half of its turns; `unanswered`: it reached a limit otherwise; `unjudged`: the judge
 * failed; `boxes`: the result counts, but at least half of its boxes were in another unit than the profile's; `plain`: the result counts,
 * but the answer is from a reply in plain prose.
 */
const reasonKinds = ['failed', 'refused', 'void', 'mistakes', 'unanswered', 'unjudged', 'boxes', 'plain'] as const

export interface Reason {
  readonly kind: (typeof reasonKinds)[number]
  readonly code: string
  readonly message: string
  /** The beginning of one reply of the model. */
  readonly example?: string
}

/** Refusals that repeating the same request cannot change. */
const refusedAtOnce: ReadonlySet<string> = new Set([contextLengthCode, withheldCode, requestTooLargeCode])
/** Refusals that may be temporary the first time. */
const refusedWhenRepeated: ReadonlySet<string> = new Set([
  requestRefusedCode,
  imageRefusedCode,
  replyCutCode,
  'reply-broken',
])

/** Faults of the server that may concern only this search, since it was asked several times. */
const faultyWhenRepeated: ReadonlySet<string> = new Set([requestFailedCode, 'reply-empty', 'reply-unreadable'])

/**
 * Whether the server refused this search permanently: for its length or size or by a content filter, or twice with the same message. The search
 * stays `failed`: it says nothing about the policy.
 */
export function isRefusedForGood({
  end,
  failure,
}: Pick<Trajectory, 'end'> & { readonly failure?: Failure | undefined }): boolean {
  if (end !== 'failed' || failure === undefined) return false
  return refusedAtOnce.has(failure.code) || (mayBeForGood(failure) && (failure.times ?? 1) > 1)
}

/** Whether the search is given up if it ends in the same way again. */
export function mayBeForGood(failure: Failure): boolean {
  return isRefusal(failure) || faultyWhenRepeated.has(failure.code)
}

/** Whether a retry is likely to end the same way: the server declined the request, or has no room for the reply. */
export function isRefusal({ code }: Failure): boolean {
  return refusedAtOnce.has(code) || refusedWhenRepeated.has(code)
}

/** The trajectory; if its failure has the same message as the `earlier` one of this search, the count is increased. */
export function afterEarlier(trajectory: Trajectory, earlier: Failure | undefined): Trajectory {
  const { failure } = trajectory
  if (failure === undefined || earlier === undefined || !mayBeForGood(failure)) return trajectory
  if (faultOf(failure) !== faultOf(earlier)) return trajectory
  return { ...trajectory, failure: { ...failure, times: (earlier.times ?? 1) + 1 } }
}

/** Undefined if the result counts and nothing suggests a wrong option. */
export function reasonOf(trajectory: Trajectory): Reason | undefined {
  const { answer, end, failure, turns, verdict } = trajectory
  if (end === 'failed') {
    const { code, message } = failure ?? { code: 'unexpected', message: 'No reason is stored.' }
    const example = code === replyCutCode ? exampleOf(trajectory) : ''
    const kind = isRefusedForGood(trajectory) ? 'refused' : 'failed'
    return { kind, code, message, ...(example !== '' && { example }) }
  }
  if (end === 'void') return voidReason(trajectory)
  const mistakes = turns.flatMap(({ error }) => error ?? [])
  if (
    end !== 'answered' &&
    !answeredBeyondLimit(trajectory) &&
    mistakes.length > 0 &&
    mistakes.length * 2 >= turns.length
  ) {
    const { code, error } = lastOf(mistakes)
    const hint = (code === 'wrong-unit' && oddBoxes(trajectory)?.fix) || ''
    return { kind: 'mistakes', code, message: `Most zooms failed. ${error} ${hint}`.trim() }
  }
  if (verdict?.kind === 'unjudged') return { kind: 'unjudged', code: 'unjudged', message: verdict.reason }
  if (end !== 'answered' && answer === null) return { kind: 'unanswered', code: end, message: limitTexts[end] }
  const odd = oddBoxes(trajectory)
  if (odd === undefined || odd.count * 2 < odd.of) return plainReason(trajectory)
  return { kind: 'boxes', code: 'wrong-unit', message: `Most boxes were in another unit. ${odd.fix}` }
}

const limitTexts = {
  'over-turn': 'It reached its turn limit without an answer.',
  'over-image': 'It reached its limit of pictures without an answer.',
  'over-context': 'It reached its context limit without an answer.',
} as const

const exampleLength = 160

/** The beginning of the last reply, or of its thinking if that is all there is. */
function exampleOf({ turns }: Trajectory): string {
  const { text = '', thinking = '' } = turns.at(-1) ?? {}
  return (text.trim() || thinking.trim()).slice(0, exampleLength)
}

function plainReason(trajectory: Trajectory): Reason | undefined {
  if (!answeredPlainly(trajectory)) return undefined
  const message = `The answer was taken from a reply in plain prose.${otherForm(trajectory)}`
  return { kind: 'plain', code: 'plain-answer', message, example: exampleOf(trajectory) }
}

/** Names the profile to try, if the reply appears to be written for another one. */
function otherForm({ turns, profile }: Trajectory): string {
  const name = turns.map(({ text }) => profileWrittenFor(text, profile.name)).find((one) => one !== undefined)
  return name === undefined ? '' : ` It seems to be written for another profile: try --profile ${name}.`
}

function voidReason(trajectory: Trajectory): Reason {
  const { policy, turns } = trajectory
  const { finish, action } = lastOf(turns)
  const kind = 'void'
  const example = exampleOf(trajectory)
  if (finish === 'length') {
    const raise = /^(chat|local|tinker):/.test(policy)
      ? ' Raise it with --reply-tokens, or give the server more context.'
      : ''
    const where = action === undefined ? 'before it zoomed or answered' : 'within its answer'
    return { kind, code: replyCutCode, message: `The reply was cut off at its token limit ${where}.${raise}`, example }
  }
  if (example === '') return { kind, code: 'reply-empty', message: 'The reply was empty.' }
  return {
    kind,
    code: 'no-action',
    message: `The reply held neither a zoom nor an answer.${otherForm(trajectory)}`,
    example,
  }
}

/** Whether the search has no result that counts; the other reasons are doubts about one. */
export function lacksResult({ kind }: Reason): boolean {
  return kind === 'failed' || kind === 'refused' || kind === 'void' || kind === 'unjudged'
}

/** On one line, for example `failed (request-refused): http://host refused the request.`, of at most `longest` characters. */
export function reasonText({ kind, code, message, example }: Reason, longest = Number.POSITIVE_INFINITY): string {
  const began = example === undefined ? '' : ` The reply began: ${JSON.stringify(example)}`
  const text = `${kind}${code === kind ? '' : ` (${code})`}: ${message}${began}`.replaceAll(/\s+/g, ' ')
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
