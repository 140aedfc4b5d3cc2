/** Reads the report of a finished evaluation from its run folder. */
import { benchmarkNamed } from '../benchmark/catalog.ts'
import type { Prices } from '../protocol/price.ts'
import { searchKey } from '../runs/searches.ts'
import { UserError } from '../shared/errors.ts'
import { readEvalCost } from './document/cost.ts'
import { countedProblems } from './figures/failures.ts'
import type { FailureRule } from './figures/failures.ts'
import type { Outcome } from './figures/outcome.ts'
import type { MeasuredRun } from './document/paper-table.ts'
import { pricesFile, problemList } from '../runs/files.ts'
import type { ListedProblem } from '../runs/files.ts'
import { readRunFile } from '../runs/run-file.ts'
import { readConfiguration } from '../runs/configuration.ts'
import { reportOf } from './figures/report.ts'
import type { ScoredProblem } from './figures/sampling.ts'
import type { ChosenCount } from './protocol.ts'
import type { Filter } from '../protocol/filter/filter.ts'
import { counted, sum } from '../shared/numbers.ts'
import { storedMatcher } from './search-matcher.ts'
import { shardOf } from './shard.ts'
import { levelSlice, problemName, readOutcomes, readSkipped, withoutSkipped } from './stored-outcomes.ts'

export interface FinishedEval extends MeasuredRun {
  /** In data order. */
  readonly problems: readonly ScoredProblem[]
  /** Sorted; evaluations are comparable if these are equal. */
  readonly problemNames: readonly string[]
  /** In the order of `problemNames`. */
  readonly outcomesByProblem: readonly (readonly Outcome[])[]
}

/** How stored results count. */
export interface CountingRules {
  readonly failures?: FailureRule | undefined
  /** Leaves out verdicts that were corrected by hand. */
  readonly asJudged?: boolean | undefined
  /** Only searches that match count. */
  readonly where?: Filter | undefined
}

/**
 * The report of the finished evaluation in folder `path`; `prices` and `failures` take precedence over what the run stores. Searches that
 * failed or have no verdict are owed unless it is stated how they count. Verdicts corrected by hand count, unless `asJudged`. Throws the
 * errors of `readConfiguration`, `eval-not-found` for a run without searches, `eval-unfinished` if a problem lacks searches, and
 * `report-nothing` if no search matches the filter.
 */
export async function readEvalRun(
  path: string,
  prices: Prices = {},
  { failures, asJudged, where }: CountingRules = {},
): Promise<FinishedEval> {
  const stored = await readConfiguration(path, 'eval')
  const config = failures === undefined ? stored : { ...stored, failures }
  const { samples, maxTurns, seed, benchmark, shard } = config
  const matches = where && (await storedMatcher(path, where, asJudged))
  const { done, failed, unmatched } = await readOutcomes(path, asJudged, matches)
  const takesFailed = config.failures !== undefined
  const outcomeOf = (problem: ListedProblem, sample: number): Outcome | undefined =>
    done.get(problem, sample) ?? (takesFailed ? failed.get(searchKey(problem, sample))?.outcome : undefined)
  const skipped = await readSkipped(path)
  if (done.size === 0 && !(takesFailed && failed.size > 0))
    throw new UserError('eval-not-found', `${path} has no searches. Name a run of mini-o3 eval.`)
  const searched = function* (): Generator<Outcome, void> {
    if (takesFailed) for (const { outcome } of failed.values()) yield outcome
    yield* done.values()
  }
  const listed = shardOf((await readRunFile(path, problemList)) ?? searchedProblems(searched()), shard)
  const all: readonly ScoredProblem[] = listed.map((problem) => ({
    name: problemName(problem),
    slices: problem.slices,
    outcomes: Array.from({ length: samples }, (_, index) => outcomeOf(problem, index))
      .filter((outcome) => outcome !== undefined)
      .filter(({ judged, end }) => takesFailed || judged || end === 'failed'),
  }))
  // A problem whose picture was later replaced by a larger one was searched after all.
  for (const { name, outcomes: own } of all) if (own.length > 0) skipped.delete(name)
  const whole = withoutSkipped(all, skipped)
  const owing = whole.filter((problem) => problem.outcomes.length < samples).length
  if (owing > 0) {
    throw new UserError(
      'eval-unfinished',
      `${path} is not finished: ${owing} problems lack some of their ${samples} searches or verdicts. ` +
        'Repeat its command. If some fail repeatedly, choose how they count: --failures wrong, or left-out.',
    )
  }
  const { problems, chosen } = where ? chosenOf(whole, unmatched, where) : { problems: whole }
  const sorted = problems.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const report = reportOf(problems, {
    samples: chosen ? mostOf(problems) : samples,
    maxTurns,
    seed,
    run: path,
    failures: config.failures,
    aggregate: benchmarkNamed(benchmark).aggregate,
    skipped: [...skipped.values()],
  })
  // What the judge was asked is not known for single searches.
  const asked = chosen ? { ...config, judge: undefined } : config
  const cost = await readEvalCost(path, report, asked, { ...(await readRunFile(path, pricesFile)), ...prices })
  return {
    ...report,
    name: path,
    config,
    ...(cost && { cost }),
    ...(chosen && { chosen }),
    problems: countedProblems(problems, config.failures ?? 'wrong'),
    problemNames: sorted.map(({ name }) => name),
    outcomesByProblem: sorted.map((problem) => problem.outcomes),
  }
}

/** The searches that match, of the problems that have any. */
function chosenOf(
  whole: readonly ScoredProblem[],
  unmatched: ReadonlySet<string>,
  { text }: Filter,
): { readonly problems: readonly ScoredProblem[]; readonly chosen: ChosenCount } {
  const isMatch = (outcome: Outcome): boolean => !unmatched.has(searchKey(outcome, outcome.sample))
  const problems = whole
    .map((problem) => ({ ...problem, outcomes: problem.outcomes.filter(isMatch) }))
    .filter(({ outcomes }) => outcomes.length > 0)
  const count = (some: readonly ScoredProblem[]): number => sum(some.map(({ outcomes }) => outcomes.length))
  const chosen = { where: text, searches: count(problems), of: count(whole) }
  if (problems.length > 0) return { problems, chosen }
  throw new UserError(
    'report-nothing',
    `No search matches the filter, of ${counted(chosen.of, 'search', 'searches')}: ${text}`,
  )
}

function mostOf(problems: readonly ScoredProblem[]): number {
  return problems.reduce((most, { outcomes }) => Math.max(most, outcomes.length), 0)
}

/** For runs without a problem list: the problems that have a search. */
export function searchedProblems(outcomes: Iterable<Outcome>): ListedProblem[] {
  const byName = new Map<string, ListedProblem>()
  for (const { dataSource, docId, level } of outcomes) {
    const problem = { dataSource, docId, slices: levelSlice({ level }) }
    byName.set(problemName(problem), problem)
  }
  return [...byName.values()]
}
