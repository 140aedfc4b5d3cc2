/** How large a difference between two runs an evaluation can show, and how large it would have to be for a smaller one. Pure. */
import { counted, mean, percent, sum } from '../../shared/numbers.ts'
import { clustersOf } from './clusters.ts'
import type { ScoredProblem } from './sampling.ts'

/** Standard normal quantiles: of a two-sided test at 5 %, and of 80 % power. */
const forLevel = 1.959964
const forPower = 0.841621

/** Spread of the results of one policy, as variances of single searches. */
export interface Spread {
  /** Variance of the problems' chances of being solved. */
  readonly between: number
  /** Mean variance of searches of the same problem. */
  readonly within: number
  /** Factor of the variance because problems share pictures; 1 if they do not. */
  readonly clustering: number
}

/** Chances spread evenly between 0 and 1, no shared pictures. */
export const assumedSpread: Spread = { between: 1 / 12, within: 1 / 6, clustering: 1 }

/**
 * Correlation, over problems, of the chances of two policies. It is not known before both have been measured; with one third and evenly
 * spread chances, the variance of the paired differences of chances is 1/9.
 */
const correlation = 1 / 3

/** The spread of measured results; with one search per problem, its split is that of `assumedSpread`. */
export function measuredSpread(problems: readonly ScoredProblem[]): Spread {
  const shares = problems.map(({ outcomes }) => mean(outcomes.map(({ correct }) => Number(correct))))
  const middle = mean(shares)
  const variance = sum(shares.map((share) => (share - middle) ** 2)) / Math.max(1, shares.length - 1)
  const samples = problems[0]?.outcomes.length ?? 1
  const within =
    samples === 1 ? (variance * 2) / 3 : mean(shares.map((share) => (share * (1 - share) * samples) / (samples - 1)))
  const clusters = clustersOf(problems.map((problem, index) => ({ ...problem, off: (shares[index] ?? 0) - middle })))
  const clustered = sum(clusters.map((own) => sum(own.map(({ off }) => off)) ** 2))
  const apart = sum(shares.map((share) => (share - middle) ** 2))
  return {
    between: Math.max(0, variance - within / samples),
    within,
    clustering: apart === 0 ? 1 : Math.max(1, clustered / apart),
  }
}

/** Of an evaluation. */
interface Size {
  readonly problems: number
  /** Searches per problem. */
  readonly samples: number
}

interface Power {
  /** Smallest difference that is found in 80 % of cases, as a fraction. */
  readonly visible: number
  /** Problems needed for `difference` with as many searches each. */
  readonly problems: number
  /** Searches per problem needed for `difference` with as many problems; undefined if no number is enough. */
  readonly samples: number | undefined
}

/**
 * For two runs on the same N problems with K searches each, compared in pairs, at the 5 % level with 80 % power. By Miller, "Adding Error
 * Bars to Evals" (2024, arXiv 2411.00640, section on power), a difference d needs N = (1.96 + 0.84)^2 (w + 2 s / K) / d^2 problems, where w
 * is the variance over problems of the difference of both chances, here 2 (1 - correlation) times the variance between problems, and s the
 * variance within. Shared pictures multiply N by the design effect. It assumes that both runs spread alike and that N is large enough for
 * the normal distribution.
 */
export function powerOf({ between, within, clustering }: Spread, set: Size, difference: number): Power {
  const differing = 2 * (1 - correlation) * between
  const perProblem = (samples: number): number => clustering * (differing + (2 * within) / samples)
  const factor = (forLevel + forPower) ** 2
  const room = (set.problems * difference ** 2) / factor / clustering - differing
  return {
    visible: Math.sqrt((factor * perProblem(set.samples)) / set.problems),
    problems: Math.ceil((factor * perProblem(set.samples)) / difference ** 2),
    samples: room > 0 ? Math.max(1, Math.ceil((2 * within) / room)) : undefined,
  }
}

/** The difference that people ask about. */
const wanted = 0.03

/** With fewer problems the normal distribution says nothing. */
const fewestProblems = 5

/** For a terminal or report; `from` says where the variances come from. */
export function powerText(spread: Spread, set: Size, from: 'assumed' | 'measured'): string {
  const { visible, problems, samples } = powerOf(spread, set, wanted)
  const sizeText = (size: Size): string =>
    `${counted(size.problems, 'problem', 'problems')} x ${counted(size.samples, 'search', 'searches')}`
  if (set.problems < fewestProblems || visible > 1) {
    const are = set.problems === 1 ? 'is' : 'are'
    return `Power: ${counted(set.problems, 'problem', 'problems')} ${are} too few to distinguish two runs.`
  }
  const other =
    samples === undefined
      ? `; ${set.problems.toLocaleString('en')} problems are too few for any number of searches`
      : `, or ${sizeText({ ...set, samples })}`
  return [
    `Power: two runs of ${sizeText(set)} can be distinguished if they differ by ${percent(visible)} points or more (in 80 % of cases, at the 5 % level).`,
    visible <= wanted ? '' : `To detect ${wanted * 100} points, ${sizeText({ ...set, problems })} are needed${other}.`,
    from === 'measured'
      ? 'Variances as measured in this run; assumed: another run has the same variances, and its success probabilities correlate by 1/3.'
      : 'Assumed: success probabilities are uniformly distributed and correlate by 1/3 between two runs, and pictures are not shared.',
  ]
    .filter((part) => part !== '')
    .join(' ')
}
