/** What finished evaluations and their controls say about looking; recognises which control belongs to which evaluation. */
import { benchmarkNamed } from '../benchmark/catalog.ts'
import { controlNames } from '../protocol/control.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import type { LeftOut, LookingReport } from './document/looking.ts'
import { lookingFigures } from './figures/looking.ts'
import type { EvalConfig } from './protocol.ts'
import type { FinishedEval } from './read-run.ts'

/** Identifies an evaluation for its controls: all that its result depends on, except where its files and servers are. */
export function lookingId({
  data: _data,
  baseUrl: _server,
  shard: _shard,
  control: _control,
  ...settings
}: EvalConfig): string {
  return sha256(canonicalJson(settings))
}

type Run = Pick<FinishedEval, 'config' | 'problems'>

/** Of an evaluation with its controls, in the order of `controlNames`. */
export function lookingReport(
  looking: Run,
  controlled: readonly Run[],
  leftOut: readonly LeftOut[] = [],
): LookingReport {
  const { benchmark, policy = 'the policy', seed } = looking.config
  const runs = controlNames.flatMap((control) => {
    const run = controlled.find(({ config }) => config.control?.name === control)
    return run === undefined ? [] : [{ control, problems: run.problems }]
  })
  const figures = lookingFigures(looking.problems, runs, seed)
  const outcomes = [looking, ...controlled].flatMap(({ problems }) => problems.flatMap((problem) => problem.outcomes))
  const corrected = outcomes.filter((outcome) => outcome.corrected).length
  return { title: `${benchmarkNamed(benchmark).title}: ${policy}`, policy, figures, leftOut, corrected }
}

/** Of every evaluation among these runs that has controls among them. */
export function lookingReports(runs: readonly Run[]): LookingReport[] {
  return runs.flatMap((run) => {
    if (run.config.control !== undefined) return []
    const id = lookingId(run.config)
    const own = runs.filter(({ config }) => config.control?.of === id)
    return own.length === 0 ? [] : [lookingReport(run, own)]
  })
}
