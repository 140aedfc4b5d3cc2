/** Compares two runs on their common problems: score difference, and the problems that flipped. */
import { compareEvals } from '../../evaluate/figures/compare.ts'
import { problemList } from '../../runs/files.ts'
import { readRunFile } from '../../runs/run-file.ts'
import type { ScoredProblem } from '../../evaluate/figures/sampling.ts'
import { levelSlice, problemName } from '../../evaluate/stored-outcomes.ts'
import { forkCommand } from '../../runs/forks.ts'
import { differences } from '../../runs/configuration.ts'
import type { DiffRow, DiffSide, RunsDiff } from '../api/types.ts'
import { HttpError } from '../http/http-error.ts'
import { byGroup, correctedCount } from './charts.ts'
import type { FoundRun } from '../../runs/find-runs.ts'
import { defined, itemAt } from '../../shared/known.ts'
import type { ListedSearch } from './items.ts'

export interface RunToCompare {
  readonly run: FoundRun
  readonly searches: readonly ListedSearch[]
}

type Groups = ReadonlyMap<string, readonly ListedSearch[]>

/** Uses the problems for which both runs have judged searches. Throws `HttpError` 409 if the runs are not comparable. */
export async function diffRuns(first: RunToCompare, second: RunToCompare): Promise<Omit<RunsDiff, 'runs'>> {
  const both = [first, second]
  const benchmarks = both.map(({ run }) => benchmarkOf(run))
  if (benchmarks[0] !== benchmarks[1]) {
    throw notComparable(
      `The runs are of different benchmarks, ${benchmarks.join(' and ')}, so they cannot be compared.`,
    )
  }
  if (both.some(({ run }) => ['serve', forkCommand].includes(String(run.settings['command'])))) {
    throw notComparable('Asks and forks are not a problem set, so their runs cannot be compared.')
  }
  const [before, after] = [judged(first), judged(second)]
  const names = [...before.keys()].filter((name) => after.has(name))
  if (names.length === 0) {
    throw notComparable(
      'The runs have no problem in common that both have judged searches for. Choose two on the same data.',
    )
  }
  const slices = await slicesOf(first.run)
  const searchesOf = (groups: Groups, name: string) => defined(groups.get(name), name)
  const scoredIn = (groups: Groups) => names.map((name) => scored(name, searchesOf(groups, name), slices))
  const [a, b] = [scoredIn(before), scoredIn(after)]
  const { difference, flipped } = compareEvals(a, b, 0)
  const flips = new Map(flipped.map((flip) => [flip.name, flip.after > flip.before ? 'gained' : 'lost'] as const))
  return {
    avgAtK: [meanShare(a), meanShare(b)],
    corrected: [correctedIn(before, names), correctedIn(after, names)],
    difference,
    rows: names.map((name) => rowOf(flips.get(name), searchesOf(before, name), searchesOf(after, name))),
    alone: [before.size - names.length, after.size - names.length],
    settings: differences(first.run.settings, second.run.settings),
  }
}

function notComparable(message: string): HttpError {
  return new HttpError(409, 'not_comparable', message)
}

function benchmarkOf({ settings: { benchmark } }: FoundRun): string {
  return typeof benchmark === 'string' ? benchmark : 'visual-probe'
}

function judged({ searches }: RunToCompare): Groups {
  return byGroup(searches.filter(({ outcome }) => outcome.judged))
}

function correctedIn(groups: Groups, names: readonly string[]): number {
  return correctedCount(names.flatMap((name) => groups.get(name) ?? []))
}

/** The slices of each problem from the run's problem list; empty if that cannot be read. */
async function slicesOf({ path }: FoundRun): Promise<ReadonlyMap<string, ScoredProblem['slices']>> {
  const list = await readRunFile(path, problemList).catch(() => undefined)
  return new Map((list ?? []).map((problem) => [problemName(problem), problem.slices]))
}

function scored(
  name: string,
  searches: readonly ListedSearch[],
  slices: ReadonlyMap<string, ScoredProblem['slices']>,
): ScoredProblem {
  const { item, outcome } = itemAt(searches, 0)
  return { name, slices: slices.get(item.problem) ?? levelSlice(outcome), outcomes: searches.map((one) => one.outcome) }
}

/** Mean over problems, as used for the difference. */
function meanShare(problems: readonly ScoredProblem[]): number {
  const shares = problems.map(({ outcomes }) => outcomes.filter(({ correct }) => correct).length / outcomes.length)
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

function rowOf(
  flip: 'gained' | 'lost' | undefined,
  before: readonly ListedSearch[],
  after: readonly ListedSearch[],
): DiffRow {
  const { problem, step, level, question, truth } = itemAt(before, 0).item
  const sides = [sideOf(before), sideOf(after)] as const
  return {
    problem,
    ...(step !== undefined && { step }),
    ...(level && { level }),
    question,
    ...(truth !== undefined && { truth }),
    change: flip ?? (sides[0].right * 2 >= sides[0].of ? 'right' : 'wrong'),
    sides,
  }
}

function sideOf(searches: readonly ListedSearch[]): DiffSide {
  const right = searches.filter(({ outcome }) => outcome.correct).length
  const mostRight = right * 2 >= searches.length
  const { item } = defined(
    searches.find(({ outcome }) => outcome.correct === mostRight),
    'a search',
  )
  const turns = searches.reduce((sum, { outcome }) => sum + outcome.turns, 0)
  return { right, of: searches.length, meanTurns: turns / searches.length, item }
}
