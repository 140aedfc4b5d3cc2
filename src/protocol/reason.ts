/** What went wrong in a search, mostly why its result does not count, in words for the user, and how often each reason occurred. Pure. */
import {
  contextLengthCode,
  imageRefusedCode,
  replyCutCode,
  requestRefusedCode,
  withheldCode,
} from '../shared/errors.ts'
import { lastOf } from '../shared/known.ts'
import { oddBoxes } from './box-unit.ts'
import { profileWrittenFor } from './other-form.ts'
import { answeredBeyondLimit, answeredPlainly } from './trajectory.ts'
import type { Failure, Trajectory } from './trajectory.ts'

/**
 * `failed`: it is searched again on a resume; `refused`: the server refused it for good; `void`: its last reply held no
 * action; `mistakes`: it met a limit, and half of its turns or more were mistakes; `unjudged`: the judge failed;
 * `boxes`: its result counts, but half of its boxes or more were in another unit than its profile reads;
 * `plain`: its result counts, but its answer was taken from a reply in plain prose.
 */
const reasonKinds = ['failed', 'refused', 'void', 'mistakes', 'unjudged', 'boxes', 'plain'] as const

export interface Reason {
  readonly kind: (typeof reasonKinds)[number]
  readonly code: string
  readonly message: string
  /** The beginning of a reply of the model. */
  readonly example?: string
}

export interface ReasonCount extends Reason {
  /** Searches. */
  readonly count: number
}

/** Refusals of the conversation itself: the same request is refused again however often it is sent. */
const refusedAtOnce: ReadonlySet<string> = new Set([contextLengthCode, withheldCode])
/** Answers of the server that may have had another cause the first time. */
const refusedWhenRepeated: ReadonlySet<string> = new Set([
  requestRefusedCode,
  imageRefusedCode,
  replyCutCode,
  'reply-broken',
])

/**
 * Whether the server refused this search for good, so that another try is a waste: for its length or by a content filter,
 * or twice in the same words. It stays `failed`: it counts as not right, and says nothing about the policy.
 */
export function isRefusedForGood({
  end,
  failure,
}: Pick<Trajectory, 'end'> & { readonly failure?: Failure | undefined }): boolean {
  if (end !== 'failed' || failure === undefined) return false
  return refusedAtOnce.has(failure.code) || (isRefusal(failure) && (failure.times ?? 1) > 1)
}

/** Whether another try may well end alike: the server understood the request and declined it, or has no room for the reply. */
export function isRefusal({ code }: Failure): boolean {
  return refusedAtOnce.has(code) || refusedWhenRepeated.has(code)
}

/** The trajectory, its failure counted as one more of the `earlier` one of the same search where both say the same. */
export function afterEarlier(trajectory: Trajectory, earlier: Failure | undefined): Trajectory {
  const { failure } = trajectory
  if (failure === undefined || earlier === undefined || !isRefusal(failure)) return trajectory
  if (wordsOf(failure) !== wordsOf(earlier)) return trajectory
  return { ...trajectory, failure: { ...failure, times: (earlier.times ?? 1) + 1 } }
}

/** Undefined: its result counts, right or wrong, and nothing in it points to a mistaken option. */
export function reasonOf(trajectory: Trajectory): Reason | undefined {
  const { end, failure, turns, verdict } = trajectory
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
    return { kind: 'mistakes', code, message: `Most zooms could not be made. ${error} ${hint}`.trim() }
  }
  if (verdict?.kind === 'unjudged') return { kind: 'unjudged', code: 'unjudged', message: verdict.reason }
  const odd = oddBoxes(trajectory)
  if (odd === undefined || odd.count * 2 < odd.of) return plainReason(trajectory)
  return { kind: 'boxes', code: 'wrong-unit', message: `Most boxes were in another unit. ${odd.fix}` }
}

const exampleLength = 160

/** The beginning of the last reply, of its thinking where it holds nothing else. */
function exampleOf({ turns }: Trajectory): string {
  const { text = '', thinking = '' } = turns.at(-1) ?? {}
  return (text.trim() || thinking.trim()).slice(0, exampleLength)
}

function plainReason(trajectory: Trajectory): Reason | undefined {
  if (!answeredPlainly(trajectory)) return undefined
  const message = `The answer was taken from a reply in plain prose.${otherForm(trajectory)}`
  return { kind: 'plain', code: 'plain-answer', message, example: exampleOf(trajectory) }
}

/** The profile to try, where a reply without an action is written for another one. */
function otherForm({ turns, profile }: Trajectory): string {
  const name = turns.map(({ text }) => profileWrittenFor(text)).find((one) => one !== undefined && one !== profile.name)
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

/** Alike reasons together, the commonest first. Each is told in the words of its first search. */
export function countReasons(reasons: Iterable<Reason | undefined>): ReasonCount[] {
  const counts = new Map<string, { reason: Reason; count: number }>()
  for (const reason of reasons) {
    if (reason === undefined) continue
    const key = `${reason.kind} ${wordsOf(reason)}`
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { reason, count: 1 })
    else known.count++
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count).map(({ reason, count }) => ({ ...reason, count }))
}

/** On one line, such as `failed (request-refused): http://host refused the request.`, of at most `longest` characters. */
export function reasonText({ kind, code, message, example }: Reason, longest = Number.POSITIVE_INFINITY): string {
  const began = example === undefined ? '' : ` The reply began: ${JSON.stringify(example)}`
  const text = `${kind}${code === kind ? '' : ` (${code})`}: ${message}${began}`.replaceAll(/\s+/g, ' ')
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}

/** Code and message without what differs from request to request: numbers and identifiers. */
function wordsOf({ code, message }: Pick<Reason, 'code' | 'message'>): string {
  return `${code} ${message.replaceAll(/[\w-]+/g, (word) => (/\d/.test(word) ? '#' : word))}`
}
