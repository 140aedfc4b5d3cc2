/**
 * An evaluation: K searches for each of many problems, judged exactly, kept in a run folder line by line, and summed up.
 * Whatever stops it, what is stored is done, and running it again on the same folder does only what is owed.
 */
import { judgeExact } from '../judge/exact.ts'
import { judgeTrajectory } from '../judge/judge.ts'
import { checkJudgeable, owedSamples, wantedKeys } from '../search/owed-samples.ts'
import type { SearchRunOptions } from '../search/owed-samples.ts'
import { searchMany } from '../search/search-many.ts'
import { outcomeOf } from './outcome.ts'
import { readOutcomes } from './stored-outcomes.ts'
import { countCauses, summarise } from './summary.ts'
import type { CauseCounts, EvalSummary } from './summary.ts'

export interface EvaluateOptions extends SearchRunOptions {
  /** After what was stored before has been read, and after every search. */
  readonly onProgress?: (progress: EvalProgress) => void
}

/** Counts of searches. */
export interface EvalProgress {
  readonly done: number
  readonly total: number
  readonly correct: number
  /** Part of `done`; owed again on a resume. */
  readonly failed: number
}

export interface EvalReport {
  readonly summary: EvalSummary
  readonly causes: readonly CauseCounts[]
}

export async function evaluate(options: EvaluateOptions): Promise<EvalReport> {
  const { problems, policy, samples, maxTurns, profile, seed, run, concurrency, stop, onProgress } = options
  checkJudgeable(problems)
  const keysByProblem = wantedKeys(problems, samples)
  const outcomes = await readOutcomes(run.file('trajectories.jsonl'))
  const wanted = new Set(keysByProblem.flat())
  for (const key of outcomes.keys()) if (!wanted.has(key)) outcomes.delete(key)
  const owed = owedSamples(problems, samples, new Set(outcomes.keys()))

  const progress = { done: outcomes.size, correct: 0, failed: 0 }
  for (const { correct } of outcomes.values()) if (correct) progress.correct++
  const tell = (): void => onProgress?.({ ...progress, total: problems.length * samples })
  tell()
  for await (const result of searchMany(owed, policy, { profile, maxTurns, seed, concurrency, stop })) {
    const trajectory = await judgeTrajectory(result.trajectory, judgeExact)
    await run.append('trajectories', trajectory)
    const outcome = outcomeOf(trajectory)
    outcomes.set(outcome.key, outcome)
    progress.done++
    if (outcome.correct) progress.correct++
    if (outcome.end === 'failed') progress.failed++
    tell()
  }
  const outcomesByProblem = keysByProblem.map((keys) => keys.map((key) => outcomes.get(key)!))
  return {
    summary: summarise(outcomesByProblem, { samples, maxTurns, seed, run: run.path }),
    causes: countCauses(outcomesByProblem.flat()),
  }
}
