/** Where two lists of tokens of one conversation differ, message by message, and why a chat template wrote others than are sent. Pure. */
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import { withoutBlanks } from '../../model/renderer/python-text.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { itemAt } from '../../shared/known.ts'
import { turnParts } from './stored-turn.ts'

/** Why tokens differ from those of the chat template, in words for users; what none of them explains is a mistake. */
export const departures = {
  marks: 'text that looks like a special token is sent as ordinary text, while the template makes it a special token',
  tokens: 'the same text in other tokens: it stays as it was sampled, and does not merge with the text before it',
  blanks: 'whitespace at the ends of thoughts and turns, which the template rewrites',
  thoughts: 'thoughts of earlier turns, which the template leaves out',
  open: 'a thought that was never closed, before which the template writes an empty one',
  calls: 'calls, which the template writes in its own format',
} as const
export type Departure = keyof typeof departures

/** A message, or what the policy wrote: from a position up to another. */
export interface Span {
  readonly kind: 'told' | 'turn'
  readonly from: number
  readonly to: number
}

/** Of one span. Tokens that agree at its beginning and its end are left out. */
export interface Difference {
  /** Position of its first token in what is sent. */
  readonly at: number
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
  /** Undefined: nothing that is known explains it. */
  readonly cause: Departure | undefined
}

/** `spans`: of `ours`, all of it in order. `tools`: of a profile that calls functions. */
export function tokenDifferences(
  { ours, spans }: { readonly ours: readonly number[]; readonly spans: readonly Span[] },
  theirs: readonly number[],
  model: ChatModel,
  tools: readonly object[] | undefined,
): Difference[] {
  const stretches = stretchesOf(ours, theirs, model.end).flatMap((one) => cutAtEnd(one, ours, theirs, model.end))
  return spans.flatMap((span, index) => {
    const last = index === spans.length - 1
    const within = stretches.filter(({ at }) => at >= span.from && (at < span.to || last))
    const [first, final] = [within[0], within.at(-1)]
    if (first === undefined || final === undefined) return []
    const [own, other] = [ours.slice(first.at, final.to), theirs.slice(first.otherAt, final.otherTo)]
    // With what agrees around it, up to the ends of the span.
    const whole = [...ours.slice(span.from, first.at), ...own, ...ours.slice(final.to, span.to)]
    const otherWhole = [...ours.slice(span.from, first.at), ...other, ...ours.slice(final.to, span.to)]
    const cause = causeOf(span.kind, whole, otherWhole, model, tools)
    return [{ at: first.at, ours: own, theirs: other, cause }]
  })
}

function causeOf(
  kind: Span['kind'],
  ours: readonly number[],
  theirs: readonly number[],
  { tokenizer }: ChatModel,
  tools: readonly object[] | undefined,
): Departure | undefined {
  const special = (tokens: readonly number[]): number =>
    tokens.filter((token) => tokenizer.decode([token]) === '').length
  const [own, other] = [tokenizer.spell(ours), tokenizer.spell(theirs)]
  if (own === other) return special(theirs) > special(ours) ? 'marks' : 'tokens'
  const [dense, otherDense] = [withoutBlanks(own), withoutBlanks(other)]
  if (dense === otherDense) return 'blanks'
  if (kind === 'told') return undefined
  const parts = turnParts(own, tools)
  if (withoutBlanks(own.slice(parts.opening.length)) === otherDense) return 'thoughts'
  if (`<think></think>${dense}` === otherDense) return 'open'
  const otherParts = turnParts(other, tools)
  const same = canonicalJson(parts.call?.values ?? {}) === canonicalJson(otherParts.call?.values ?? {})
  return parts.call && same && withoutBlanks(parts.said) === withoutBlanks(otherParts.said) ? 'calls' : undefined
}

/** Where two lists differ: from `at` up to `to` in one, from `otherAt` up to `otherTo` in the other. */
interface Stretch {
  readonly at: number
  readonly to: number
  readonly otherAt: number
  readonly otherTo: number
}

/** Tokens that have to agree before two lists are taken to go on together. */
const sure = 12
/** Tokens that a stretch may have in both lists together; behind that all the rest is one. */
const longest = 8_000
/** As many tokens left out are better than the end of a turn in one list alone: turns are compared with themselves. */
const turnCost = 150

function stretchesOf(ours: readonly number[], theirs: readonly number[], end: number): Stretch[] {
  const stretches: Stretch[] = []
  const [ends, otherEnds] = [endsBefore(ours, end), endsBefore(theirs, end)]
  let [at, otherAt] = [0, 0]
  while (at < ours.length || otherAt < theirs.length) {
    if (ours[at] === theirs[otherAt]) {
      at++
      otherAt++
      continue
    }
    let best = { cost: Infinity, to: ours.length, otherTo: theirs.length }
    const rest = [ours.length - at, theirs.length - otherAt] as const
    for (let skipped = 1; skipped < Math.min(best.cost, longest, rest[0] + rest[1]); skipped++) {
      for (let own = Math.max(0, skipped - rest[1]); own <= Math.min(skipped, rest[0]); own++) {
        const [to, otherTo] = [at + own, otherAt + skipped - own]
        if (!agree(ours, theirs, to, otherTo)) continue
        const passed = itemAt(ends, to) - itemAt(ends, at) - itemAt(otherEnds, otherTo) + itemAt(otherEnds, otherAt)
        const cost = skipped + turnCost * Math.abs(passed)
        if (cost < best.cost) best = { cost, to, otherTo }
      }
    }
    const { to, otherTo } = best
    stretches.push({ at, to, otherAt, otherTo })
    ;[at, otherAt] = [to, otherTo]
  }
  return stretches
}

/** A stretch that spans the end of a message, since too little agrees behind it, is two: up to there, and what differs behind it. */
function cutAtEnd(stretch: Stretch, ours: readonly number[], theirs: readonly number[], end: number): Stretch[] {
  const { at, to, otherAt, otherTo } = stretch
  let [cut, otherCut] = [
    ours.slice(at, to).lastIndexOf(end) + at,
    theirs.slice(otherAt, otherTo).lastIndexOf(end) + otherAt,
  ]
  if (cut < at || otherCut < otherAt) return [stretch]
  const first = { at, to: cut, otherAt, otherTo: otherCut }
  while (cut < to && otherCut < otherTo && ours[cut] === theirs[otherCut]) {
    cut++
    otherCut++
  }
  return [first, { at: cut, to, otherAt: otherCut, otherTo }]
}

/** How many turns end before each position. */
function endsBefore(tokens: readonly number[], end: number): number[] {
  let ends = 0
  return [0, ...tokens.map((token) => (ends += token === end ? 1 : 0))]
}

function agree(ours: readonly number[], theirs: readonly number[], at: number, otherAt: number): boolean {
  const length = Math.min(sure, Math.max(ours.length - at, theirs.length - otherAt))
  for (let n = 0; n < length; n++) if (ours[at + n] !== theirs[otherAt + n]) return false
  return true
}
