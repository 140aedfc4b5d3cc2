/** What an export of searches leaves out, counted by reason. Pure and without zod, since the pages use it too. */
import { completed } from './end.ts'
import type { End } from './end.ts'

/** Numbers by reason, for example of rows with text that a trainer would interpret as pictures or special tokens. */
export type LeftOutCounts = Readonly<Record<string, number>>

/** How often each reason is there. */
export function countedReasons(reasons: readonly string[]): LeftOutCounts {
  return joinedLeftOut(reasons.map((reason) => ({ [reason]: 1 })))
}

/** The sums by reason. */
export function joinedLeftOut(parts: readonly LeftOutCounts[]): LeftOutCounts {
  const joined: Record<string, number> = {}
  for (const part of parts)
    for (const [reason, count] of Object.entries(part)) joined[reason] = (joined[reason] ?? 0) + count
  return joined
}

/** For example `2 searches are left out: wrong answer (1), no answer before a limit (1).`; empty if there are none. */
export function leftOutText(leftOut: LeftOutCounts, [one, several] = ['search', 'searches']): string {
  const reasons = Object.entries(leftOut).toSorted(([, a], [, b]) => b - a)
  if (reasons.length === 0) return ''
  const sum = reasons.reduce((before, [, count]) => before + count, 0)
  const told = reasons.slice(0, 12).map(([reason, count]) => `${reason} (${count})`)
  const others = reasons.length > told.length ? `, and ${reasons.length - told.length} other reasons` : ''
  return `${sum} ${sum === 1 ? `${one} is` : `${several} are`} left out: ${told.join(', ')}${others}.`
}

interface Result {
  readonly end: End
  readonly answer: string | null
  readonly verdict: 'correct' | 'wrong' | 'unjudged'
}

/** Why a search is no example of a right one, if so: in words that searches are counted by. */
export function whyNotRight({ end, answer, verdict }: Result): string | undefined {
  if (end === 'failed') return 'failed'
  if (answer === null) return completed(end) ? 'no answer' : 'no answer before a limit'
  if (verdict === 'unjudged') return 'no verdict'
  if (verdict === 'wrong') return 'wrong answer'
  return completed(end) ? undefined : 'answered beyond a limit'
}
