/** The facts of a stored search, by which it is listed and filtered. Pure. */
import { labelsOf, patternsOf } from '../coldstart/patterns.ts'
import { withHandVerdict } from '../protocol/note.ts'
import type { SearchNote } from '../protocol/note.ts'
import { costOf } from '../protocol/price.ts'
import type { Price } from '../protocol/price.ts'
import type { SearchFacts } from '../protocol/filter/facts.ts'
import { reasonText } from '../protocol/reason.ts'
import type { Observation, Trajectory } from '../protocol/trajectory.ts'
import type { LoggedSearch } from '../runs/searches.ts'
import { notedOutcome } from './figures/outcome.ts'
import type { Outcome } from './figures/outcome.ts'
import { problemName } from './stored-outcomes.ts'
import { sum } from '../shared/numbers.ts'

const longestText = 300

export interface FactsOptions {
  /** Its position in the log. */
  readonly index: number
  /** If it is known already. */
  readonly outcome?: Outcome
  /** What was noted about it; a verdict in it counts. */
  readonly note?: SearchNote | undefined
  /** Of the tokens of its policy. */
  readonly price?: Price | undefined
}

export function factsOf({ trajectory, step, advantage }: LoggedSearch, options: FactsOptions): SearchFacts {
  const { index, note, outcome = notedOutcome(trajectory, note), price } = options
  const { verdict } = withHandVerdict(trajectory, note)
  const { problem, turns, observations, answer, end, sampleIndex, ask, policy, profile, usage, ms } = trajectory
  const { unfinished } = trajectory
  const { level, question, answer: truth } = problem
  const patterns = patternsOf(trajectory)
  const retries = sum([...turns, ...(unfinished ? [unfinished] : [])].map((turn) => turn.retries?.length ?? 0))
  const parts = observations.filter(({ parent }) => parent !== null)
  const { cause, foundShare, found, reason, spent, wasted } = outcome
  return {
    index,
    problem: problemName(problem),
    sampleIndex,
    ...(ask !== undefined && { ask }),
    ...(trajectory.parent && { parent: trajectory.parent }),
    policy,
    profile: profile.name,
    ...(step !== undefined && { step }),
    ...(advantage !== undefined && { advantage }),
    ...(level && { level }),
    question: question.slice(0, longestText),
    ...(truth !== undefined && { truth: truth.slice(0, longestText) }),
    answer: answer && answer.slice(0, longestText),
    end,
    verdict: verdict?.kind ?? 'unjudged',
    ...(outcome.corrected && { asJudged: trajectory.verdict?.kind ?? 'unjudged' }),
    ...(note && { note }),
    ...(reason && { reason: reasonText(reason, longestText) }),
    ...(cause && { cause }),
    turns: turns.length,
    boxes: parts.length,
    depth: patterns.depth,
    backtracks: patterns.backTracks,
    repeats: wasted,
    sources: new Set(parts.map(({ parent }) => parent)).size,
    ...smallestOf(parts),
    ...(foundShare !== undefined && { looked: foundShare }),
    ...(found && { found: found.turn }),
    patterns: labelsOf(patterns),
    tokens: usage.promptTokens + usage.replyTokens,
    ...(price && { cost: costOf(spent, price) }),
    ...(retries > 0 && { retries }),
    ms,
  }
}

function smallestOf(parts: readonly Observation[]): Pick<SearchFacts, 'smallest'> {
  if (parts.length === 0) return {}
  const sides = parts.map(({ boxInOriginalPx: [x0, y0, x1, y1] }) => Math.min(x1 - x0, y1 - y0))
  return { smallest: Math.min(...sides) }
}

/** Whether its thoughts contain these words, which are in lower case. */
export function thinks({ turns }: Pick<Trajectory, 'turns'>, words: string): boolean {
  const has = (text = ''): boolean => text.toLowerCase().includes(words)
  return turns.some(({ thought, thinking }) => has(thought) || has(thinking))
}
