/** The outcome of a search that was right in its only turn; `change` replaces what is given. */
import type { Outcome } from '../src/evaluate/figures/outcome.ts'

export function rightOutcome(change: Partial<Outcome> = {}): Outcome {
  return {
    dataSource: 'set',
    docId: 'one',
    sample: 0,
    level: undefined,
    picture: change.docId ?? 'one',
    end: 'answered',
    beyondLimit: false,
    turns: 1,
    correct: true,
    judged: true,
    vote: undefined,
    usage: { promptTokens: 10, imageTokens: 4, replyTokens: 2 },
    spent: { sent: 10, cached: 0, written: 2 },
    looks: 0,
    onTarget: undefined,
    targetPx: undefined,
    pixels: 4096,
    wasted: 0,
    seen: undefined,
    foundShare: undefined,
    found: undefined,
    cause: undefined,
    reason: undefined,
    ...change,
  }
}
