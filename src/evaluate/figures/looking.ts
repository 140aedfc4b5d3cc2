/** How much of a score is due to looking: an evaluation against its controls, on the problems that both have. Pure. */
import { controlNames, controls } from '../../protocol/control.ts'
import type { ControlName } from '../../protocol/control.ts'
import { mean } from '../../shared/numbers.ts'
import { bootstrapMean } from './bootstrap.ts'
import type { Estimate } from './bootstrap.ts'
import { clustersOf } from './clusters.ts'
import type { UnitKind } from './clusters.ts'
import { compareEvals } from './compare.ts'
import type { Outcome } from './outcome.ts'
import type { ScoredProblem } from './sampling.ts'

/** The searches of a control. */
export interface ControlRun {
  readonly control: ControlName
  readonly problems: readonly ScoredProblem[]
}

export interface LookingFigures {
  /** Share of right searches, over all problems. */
  readonly looking: Estimate
  readonly problems: number
  readonly controls: readonly ControlFigures[]
  /** Undefined if no target is known. */
  readonly use: CropUse | undefined
  readonly byProblem: readonly ProblemLooking[]
  /** Those of `byProblem` that are right without looking. */
  readonly withoutLooking: readonly ProblemLooking[]
}

/** Over the problems that both have. */
export interface ControlFigures {
  readonly control: ControlName
  readonly problems: number
  readonly looking: number
  readonly controlled: Estimate
  /** Looking minus the control. */
  readonly difference: Estimate
  /** What its interval is over: problems that share a picture are one unit. */
  readonly over: UnitKind
}

type Shares = Readonly<Partial<Record<ControlName, number>>>

/** Shares of right searches of a problem, and how its crops were used. */
interface ProblemLooking {
  readonly name: string
  readonly looking: number
  readonly controls: Shares
  /** Mean number of crops of a search. */
  readonly crops: number
  readonly use: CropUse | undefined
}

/** What crops were for, over the searches with a known target that did not fail. */
interface CropUse {
  readonly searches: number
  /** Mean number of crops of a search. */
  readonly crops: number
  /** Share of crops with a target inside; null without crops. */
  readonly onTarget: number | null
  /** Share of searches that were shown every target legibly, and the shares of right answers with and without that. */
  readonly legible: number
  readonly rightIfLegible: number | null
  readonly rightIfNot: number | null
  /** Median of the target's shorter side, in pixels of the crop that shows it largest, over searches with every target in a crop. */
  readonly targetPx: number | null
}

/** At least this share of its searches makes a problem right without looking. */
const leastShare = 0.5

/** Whether a problem is right under some control that withholds the crops. */
export function isWithoutLooking(shares: Shares): boolean {
  return controlNames.some((name) => 'withoutLooking' in controls[name] && (shares[name] ?? 0) >= leastShare)
}

export function lookingFigures(
  problems: readonly ScoredProblem[],
  runs: readonly ControlRun[],
  seed: number,
): LookingFigures {
  const byProblem = problemsLooking(problems, runs)
  return {
    looking: estimateOf(problems, ({ outcomes }) => shareRight(outcomes), seed),
    problems: problems.length,
    controls: runs.map((run) => controlFigures(problems, run, seed)),
    use: cropUse(problems.flatMap(({ outcomes }) => outcomes)),
    byProblem,
    withoutLooking: byProblem.filter((problem) => isWithoutLooking(problem.controls)),
  }
}

function controlFigures(all: readonly ScoredProblem[], run: ControlRun, seed: number): ControlFigures {
  const shares = new Map(run.problems.map(({ name, outcomes }) => [name, shareRight(outcomes)]))
  const looking = all.filter(({ name }) => shares.has(name))
  const { difference, over } = compareEvals(looking, run.problems, seed)
  return {
    control: run.control,
    problems: looking.length,
    looking: estimateOf(looking, ({ outcomes }) => shareRight(outcomes), seed).mean,
    controlled: estimateOf(looking, ({ name }) => shares.get(name) ?? 0, seed),
    difference: { mean: -difference.mean, low: -difference.high, high: -difference.low },
    over,
  }
}

/** Over the pictures of the looking run: a control may show others, or parts of them. */
function estimateOf(
  problems: readonly ScoredProblem[],
  valueOf: (problem: ScoredProblem) => number,
  seed: number,
): Estimate {
  const clusters = clustersOf(problems).map((own) => own.map(valueOf))
  return bootstrapMean(clusters, seed)
}

function problemsLooking(problems: readonly ScoredProblem[], runs: readonly ControlRun[]): ProblemLooking[] {
  const byControl = runs.map(({ control, problems: own }) => {
    return [control, new Map(own.map(({ name, outcomes }) => [name, shareRight(outcomes)]))] as const
  })
  return problems.map(({ name, outcomes }) => ({
    name,
    looking: shareRight(outcomes),
    controls: Object.fromEntries(
      byControl.flatMap(([control, shares]) => {
        const share = shares.get(name)
        return share === undefined ? [] : [[control, share]]
      }),
    ),
    crops: mean(outcomes.map(({ looks }) => looks)),
    use: cropUse(outcomes),
  }))
}

function cropUse(outcomes: readonly Outcome[]): CropUse | undefined {
  const known = outcomes.filter(({ seen, end, judged }) => seen !== undefined && end !== 'failed' && judged)
  if (known.length === 0) return undefined
  const crops = known.reduce((sum, { looks }) => sum + looks, 0)
  const onTarget = known.reduce((sum, { onTarget: own = 0 }) => sum + own, 0)
  const sizes = known.flatMap(({ targetPx = 0 }) => (targetPx > 0 ? [targetPx] : [])).toSorted((a, b) => a - b)
  const legible = known.filter(({ seen }) => seen)
  const right = (own: readonly Outcome[]): number | null => (own.length === 0 ? null : shareRight(own))
  return {
    searches: known.length,
    crops: crops / known.length,
    onTarget: crops === 0 ? null : onTarget / crops,
    legible: legible.length / known.length,
    rightIfLegible: right(legible),
    rightIfNot: right(known.filter(({ seen }) => !seen)),
    targetPx: sizes[Math.floor(sizes.length / 2)] ?? null,
  }
}

function shareRight(outcomes: readonly Outcome[]): number {
  return mean(outcomes.map(({ correct }) => (correct ? 1 : 0)))
}
