/**
 * An evaluation: K searches for each of many problems, judged exactly, kept in a run folder line by line, and summed up.
 * Whatever stops it, what is stored is done, and running it again on the same folder does only what is owed.
 */
import { judgeExact } from '../judge/exact.ts'
import { judgeTrajectory } from '../judge/judge.ts'
import type { Policy } from '../policy/policy.ts'
import type { Profile } from '../protocol/profile.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'
import { checkJudgeable, owedSamples, wantedKeys } from '../search/owed-samples.ts'
import type { WantedProblem } from '../search/owed-samples.ts'
import { searchMany } from '../search/search-many.ts'
import { MiniO3Error } from '../shared/errors.ts'
import type { RunFolder } from '../shared/run-folder.ts'
import { outcomeOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { countCauses, summarise } from './summary.ts'
import type { CauseCounts, EvalSummary } from './summary.ts'

export interface EvaluateOptions {
  readonly problems: readonly WantedProblem[]
  readonly policy: Policy
  /** Searches for each problem, the K of Avg@K. */
  readonly samples: number
  readonly maxTurns: number
  readonly profile: Profile
  readonly seed: number
  /** Opened with the settings of this evaluation, so that a resume with others is refused. */
  readonly run: RunFolder
  /** Searches at once. */
  readonly concurrency: number
  /** When it fires, what is in flight is finished and stored; then `AbortedError` is thrown. */
  readonly stop?: AbortSignal
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
  const outcomes = await storedOutcomes(run, new Set(keysByProblem.flat()))
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

/** What the run holds of the wanted searches. Failed ones are owed again, so they are not among them. */
async function storedOutcomes(run: RunFolder, wanted: ReadonlySet<string>): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  for await (const line of run.read('trajectories')) {
    const { success, data, error } = trajectorySchema.safeParse(line)
    if (!success) {
      throw new MiniO3Error(
        'trajectory-unreadable',
        `A line in ${run.file('trajectories.jsonl')} is no trajectory of this version. Name another folder with --run.`,
        { cause: error },
      )
    }
    const outcome = outcomeOf(data)
    if (wanted.has(outcome.key) && outcome.end !== 'failed') outcomes.set(outcome.key, outcome)
  }
  return outcomes
}
