/** An evaluation as other programs log it: every search that the run has, in the order of the problems, whatever became of it. */
import { stat } from 'node:fs/promises'
import { benchmarkNamed } from '../../benchmark/catalog.ts'
import { avgAtK } from '../../benchmark/aggregate.ts'
import type { NamedScore } from '../../benchmark/aggregate.ts'
import { withHandVerdict } from '../../protocol/note.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { configurationFile, readConfiguration } from '../../runs/configuration.ts'
import { problemList } from '../../runs/files.ts'
import { logFile } from '../../runs/log.ts'
import { readCorrections } from '../../runs/notes.ts'
import { readRunFile } from '../../runs/run-file.ts'
import { indexSearches } from '../../runs/search-index.ts'
import { searchKey, searchLog } from '../../runs/searches.ts'
import { UserError } from '../../shared/errors.ts'
import { mean } from '../../shared/numbers.ts'
import { BySearch } from '../by-search.ts'
import { notedOutcome } from '../figures/outcome.ts'
import type { Outcome } from '../figures/outcome.ts'
import { scoredItem } from '../figures/sampling.ts'
import type { ScoredProblem } from '../figures/sampling.ts'
import type { EvalConfig } from '../protocol.ts'
import { searchedProblems } from '../read-run.ts'
import { problemName, readSkipped } from '../stored-outcomes.ts'

interface LoggedProblem extends ScoredProblem {
  /** Its place in the whole set, from 0; the same in every shard. */
  readonly place: number
}

export interface LoggedRun {
  /** The name of its folder. */
  readonly name: string
  readonly config: EvalConfig
  /** The benchmark, and the control if it is one. */
  readonly task: string
  readonly judge: string
  /** When the run was created, and when it was last added to. */
  readonly created: Date
  readonly changed: Date
  /** Those with at least one search. */
  readonly problems: readonly LoggedProblem[]
  /** Searches that the run has, and those that it owes. */
  readonly searches: number
  readonly missing: number
  /** Number of verdicts corrected by hand. */
  readonly corrected: number
  /** By the rule of the benchmark, the main score first. */
  readonly scores: readonly NamedScore[]
  /** The standard error of the mean over problems; 0 for a single problem. */
  readonly standardError: number
  /** All of them, problem by problem; only one is in memory. */
  read(): AsyncGenerator<Trajectory, void>
}

/** Throws the errors of `readConfiguration`, and `eval-not-found` for a run without searches. */
export async function readLoggedRun(path: string, asJudged = false): Promise<LoggedRun> {
  const config = await readConfiguration(path, 'eval')
  const { samples, benchmark, shard, judge, control } = config
  const corrections = await readCorrections(path, asJudged)
  const index = await indexSearches(path, ({ trajectory }) => notedOutcome(trajectory, corrections.of({ trajectory })))
  const outcomes = new BySearch<Outcome>()
  for (const { kept } of index.entries) outcomes.set(kept, kept.sample, kept)
  if (outcomes.size === 0) throw new UserError('eval-not-found', `${path} has no searches. Name a run of mini-o3 eval.`)
  const skipped = await readSkipped(path)
  const whole = (await readRunFile(path, problemList)) ?? searchedProblems(outcomes.values())
  const listed = whole.flatMap((problem, place): LoggedProblem[] => {
    if (shard !== undefined && place % shard.of !== shard.index - 1) return []
    const own = Array.from({ length: samples }, (_, sample) => outcomes.get(problem, sample) ?? [])
    return [{ place, name: problemName(problem), slices: problem.slices, outcomes: own.flat() }]
  })
  const problems = listed.filter((problem) => problem.outcomes.length > 0)
  const searches = problems.reduce((sum, problem) => sum + problem.outcomes.length, 0)
  const owing = listed.filter(({ name, outcomes: own }) => own.length > 0 || !skipped.has(name))
  const items = problems.map(scoredItem)
  return {
    name: path.split(/[/\\]/).findLast((part) => part !== '' && part !== '.') ?? 'run',
    config,
    task: control === undefined ? benchmark : `${benchmark}-${control.name}`,
    judge: judge?.name ?? 'exact',
    created: (await stat(configurationFile(path))).mtime,
    changed: (await stat(logFile(path, searchLog))).mtime,
    problems,
    searches,
    missing: owing.length * samples - searches,
    corrected: problems.flatMap((problem) => problem.outcomes).filter((outcome) => outcome.corrected).length,
    scores: benchmarkNamed(benchmark).aggregate.scores(items),
    standardError: standardError(items.map((item) => avgAtK([item]))),
    async *read() {
      const keys = problems.flatMap(({ outcomes: own }) => own.map((outcome) => searchKey(outcome, outcome.sample)))
      for await (const trajectory of index.readAll(keys)) {
        yield withHandVerdict(trajectory, corrections.of({ trajectory }))
      }
    },
  }
}

function standardError(values: readonly number[]): number {
  if (values.length < 2) return 0
  const middle = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1) / values.length)
}
