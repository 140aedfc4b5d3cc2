/**
 * An evaluation: K searches for each of many problems, judged, kept in a run folder line by line, and summed up.
 * Whatever stops it, what is stored is done, and running it again on the same folder does only what is owed.
 */
import { judgeAndKeep } from '../judge/judge.ts'
import type { Judge } from '../judge/judge.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { checkJudgeable, owedSamples, searchKey, wantedKeys } from '../search/owed-samples.ts'
import type { SearchRunOptions } from '../search/owed-samples.ts'
import { searchMany } from '../search/search-many.ts'
import { mapAsFinished } from '../shared/map-limit.ts'
import { outcomeOf } from './outcome.ts'
import { readOutcomes, readSearches } from './stored-outcomes.ts'
import { countCauses, summarise } from './summary.ts'
import type { CauseCounts, EvalSummary } from './summary.ts'

export interface EvaluateOptions extends SearchRunOptions {
  readonly judge: Judge
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
  /** Part of `done`: the judge failed. A resume judges them again, without searching. */
  readonly unjudged: number
}

export interface EvalReport {
  readonly summary: EvalSummary
  readonly causes: readonly CauseCounts[]
}

export async function evaluate(options: EvaluateOptions): Promise<EvalReport> {
  const { problems, policy, judge, samples, maxTurns, profile, seed, run, concurrency, stop, onProgress } = options
  checkJudgeable(problems)
  const keysByProblem = wantedKeys(problems, samples)
  const file = run.file('trajectories.jsonl')
  const outcomes = await readOutcomes(file)
  const wanted = new Set(keysByProblem.flat())
  for (const key of outcomes.keys()) if (!wanted.has(key)) outcomes.delete(key)
  const owed = owedSamples(problems, samples, new Set(outcomes.keys()))
  const unjudged = new Set([...outcomes.values()].filter(({ judged }) => !judged).map(({ key }) => key))

  const progress = { done: outcomes.size - unjudged.size, correct: 0, failed: 0, unjudged: 0 }
  for (const { correct } of outcomes.values()) if (correct) progress.correct++
  const tell = (): void => onProgress?.({ ...progress, total: problems.length * samples })
  tell()
  const finish = (searched: Trajectory): Promise<Trajectory> =>
    judgeAndKeep(searched, judge, async (trajectory) => {
      // A line that says nothing new is not written again.
      const stored = unjudged.has(searchKey(trajectory.problem, trajectory.sampleIndex))
      if (!stored || trajectory.verdict?.kind !== 'unjudged') await run.append('trajectories', trajectory)
    })
  function count(trajectory: Trajectory): void {
    const outcome = outcomeOf(trajectory)
    outcomes.set(outcome.key, outcome)
    progress.done++
    if (outcome.correct) progress.correct++
    if (outcome.end === 'failed') progress.failed++
    else if (!outcome.judged) progress.unjudged++
    tell()
  }
  const judgedAgain = mapAsFinished(readSearches(file, unjudged), concurrency, finish, stop)
  for await (const { value } of judgedAgain) count(value)
  const searches = searchMany(owed, policy, { profile, maxTurns, seed, concurrency, stop, finish })
  for await (const { trajectory } of searches) count(trajectory)
  const outcomesByProblem = keysByProblem.map((keys) => keys.map((key) => outcomes.get(key)!))
  return {
    summary: summarise(outcomesByProblem, { samples, maxTurns, seed, run: run.path }),
    causes: countCauses(outcomesByProblem.flat()),
  }
}
