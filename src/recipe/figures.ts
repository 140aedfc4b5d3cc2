/**
 * The paper's figures in miniature: charts, the same figures as tables, and sentences made of them. No sentence says what
 * ought to have come. Pure.
 */
import { curveSvg, limitCurve, smoothed } from '../evaluate/document/curve-svg.ts'
import type { Curve } from '../evaluate/document/curve-svg.ts'
import type { EvalSummary, LimitScore, Slice } from '../evaluate/figures/summary.ts'
import type { Table } from '../evaluate/document/table.ts'
import { levels } from '../protocol/problem.ts'
import type { Level } from '../protocol/problem.ts'
import { mean, percent } from '../shared/numbers.ts'
import { lastingSteps, stepsLost } from '../runs/training-health.ts'
import { defined, itemAt, lastOf } from '../shared/known.ts'
import { presets } from './presets.ts'
import type { RecipeResults, TrainingStep } from './results.ts'
import { trainedPolicies } from './stages.ts'
import type { PolicyName } from './stages.ts'

/** Masked and vanilla first, so that they have the same colours in charts that have no third line. */
export const shownPolicies = ['masked', 'vanilla', 'sft'] as const satisfies readonly PolicyName[]

export const policyWords: Readonly<Record<PolicyName, string>> = {
  masked: 'masked RL',
  vanilla: 'vanilla RL',
  sft: 'cold start (SFT)',
}

/** Turn limits of training and of the test. */
function limitsOf({ settings }: RecipeResults): { readonly trained: number; readonly tested: number } {
  const { rl, testTurns } = presets[settings.preset]
  return { trained: rl['max-turns'], tested: testTurns }
}

/** The levels that all three evaluations have, hardest first: that is where turns matter. */
export function levelsOf({ evals }: RecipeResults): Level[] {
  return levels.filter((level) => shownPolicies.every((policy) => evals[policy].byLevel[level])).toReversed()
}

/** Of a level that the evaluation has. */
function sliceOf({ byLevel }: Pick<EvalSummary, 'byLevel'>, level: Level): Slice {
  return defined(byLevel[level], level)
}

export function accuracyChart({ evals }: RecipeResults, level: Level): string {
  const curves = shownPolicies.map((policy) => limitCurve(policyWords[policy], sliceOf(evals[policy], level)))
  const words = { title: `Accuracy on ${level} scenes by turn limit`, xLabel: 'turn limit', yLabel: 'accuracy' }
  return curveSvg(curves, words)
}

/** Such as `masked RL 34.1 → 62.0, vanilla RL 22.0 → 22.3`, and how far apart these two end. */
export function accuracySentence(results: RecipeResults, level: Level): string {
  const { trained, tested } = limitsOf(results)
  const scoresOf = (policy: PolicyName): { readonly from: LimitScore | undefined; readonly to: LimitScore } => {
    const { byTurnLimit } = sliceOf(results.evals[policy], level)
    return { from: byTurnLimit.find(({ limit }) => limit === trained), to: lastOf(byTurnLimit) }
  }
  const changes = shownPolicies.map((policy) => {
    const { from, to } = scoresOf(policy)
    return `${policyWords[policy]} ${from ? percent(from.avgAtK) : '–'} → ${percent(to.avgAtK)}`
  })
  const masked = scoresOf('masked').to
  const vanilla = scoresOf('vanilla').to
  const apart = masked.low > vanilla.high || vanilla.low > masked.high
  const margin = (masked.avgAtK - vanilla.avgAtK) * 100
  const distance =
    margin === 0
      ? `At ${tested} turns masked and vanilla RL are equal.`
      : `At ${tested} turns masked RL is ${Math.abs(margin).toFixed(1)} points ${margin > 0 ? 'above' : 'below'} vanilla RL, ` +
        `and their intervals ${apart ? 'are apart' : 'overlap'}.`
  return `Here, in per cent, from turn limit ${trained} to ${tested}: ${changes.join(', ')}. ${distance}`
}

/** What a training chart shows of each step. */
export interface TrainingFigure {
  readonly title: string
  readonly unit: 'share' | 'count'
  readonly of: (step: TrainingStep) => number
}

export const turnsFigure: TrainingFigure = { title: 'Mean turns of a search', unit: 'count', of: ({ turns }) => turns }
export const rewardFigure: TrainingFigure = {
  title: 'Reward (right searches)',
  unit: 'share',
  of: ({ reward }) => reward,
}
export const overTurnFigure: TrainingFigure = {
  title: 'Searches that ran out of turns',
  unit: 'share',
  of: ({ overTurnShare }) => overTurnShare,
}

/** Lines are means over the last few steps; bands show their minimum and maximum. */
export function trainingChart({ training }: RecipeResults, { title, unit, of }: TrainingFigure): string {
  const curves = trainedPolicies.map((objective): Curve => {
    const steps = training[objective].map((step) => ({ x: step.step, y: of(step) }))
    return { name: policyWords[objective], points: smoothed(steps) }
  })
  return curveSvg(curves, { title: `${title} over training`, xLabel: 'step', yLabel: title }, { x: 'even', y: unit })
}

/** Such as `masked RL 3.9 → 4.4, vanilla RL 3.9 → 1.1`, from the first block of steps to the last. */
export function trainingSentence(results: RecipeResults, { unit, of }: TrainingFigure): string {
  const changes = trainedPolicies.map((objective) => {
    const blocks = blocksOf(results.training[objective])
    const [first, last] = [itemAt(blocks, 0), lastOf(blocks)].map((block) => text(mean(block.map(of)), unit))
    return `${policyWords[objective]} ${first} → ${last}`
  })
  return `Here, from the first steps to the last: ${changes.join(', ')}.`
}

/** Objectives whose training ended before its last step, and where: `run-rl.ts` stops a policy that no longer searches, or is hardly ever right. */
export function earlyEnds({ training, settings }: RecipeResults): string[] {
  return trainedPolicies.flatMap((objective) => {
    const own = training[objective]
    const last = lastOf(own).step
    const { steps } = presets[settings.preset].rl
    if (last >= steps) return []
    const isLost = stepsLost(own.map(({ reward }) => reward)) >= lastingSteps
    const why = isLost ? 'hardly any answer was right any more' : 'its searches had shrunk to hardly more than one turn'
    return `${policyWords[objective]} ended at step ${last} of ${steps}: ${why}.`
  })
}

/** The means of blocks of steps. */
export function trainingTable({ training }: RecipeResults): Table {
  const figures = [turnsFigure, rewardFigure, overTurnFigure]
  return {
    head: ['steps', ...figures.map(({ title, unit }) => (unit === 'share' ? `${title}, %` : title))],
    rows: trainedPolicies.flatMap((objective) =>
      blocksOf(training[objective]).map((block) => [
        `${policyWords[objective]}, ${itemAt(block, 0).step}–${lastOf(block).step}`,
        ...figures.map(({ unit, of }) => text(mean(block.map(of)), unit)),
      ]),
    ),
  }
}

/** Accuracy at the limits of training and test, turns and ends: a row for each level and policy, and for all levels. */
export function summaryTable(results: RecipeResults): Table {
  const { evals } = results
  const { trained, tested } = limitsOf(results)
  const row = (name: string, { byTurnLimit, meanTurns, ends }: Slice): string[] => [
    name,
    ...[trained, tested].map((wanted) => {
      const score = byTurnLimit.find(({ limit }) => limit === wanted)
      return score ? `${percent(score.avgAtK)} (${percent(score.low)}–${percent(score.high)})` : '–'
    }),
    meanTurns.toFixed(1),
    percent(ends.answered),
    percent(ends['over-turn']),
    percent(1 - ends.answered - ends['over-turn']),
  ]
  return {
    head: [
      'policy',
      `accuracy in %, limit ${trained}`,
      `limit ${tested}`,
      'mean turns',
      'answered, %',
      'ran out of turns, %',
      'other ends, %',
    ],
    rows: [
      ...levelsOf(results).flatMap((level) =>
        shownPolicies.map((policy) => row(`${policyWords[policy]}, ${level}`, sliceOf(evals[policy], level))),
      ),
      ...shownPolicies.map((policy) => row(`${policyWords[policy]}, all`, evals[policy])),
    ],
  }
}

/** Eight blocks of steps, or as many as there are steps. */
function blocksOf(steps: readonly TrainingStep[]): TrainingStep[][] {
  const size = Math.ceil(steps.length / 8)
  return Array.from({ length: Math.ceil(steps.length / size) }, (_, i) => steps.slice(i * size, (i + 1) * size))
}

function text(value: number, unit: TrainingFigure['unit']): string {
  return unit === 'share' ? percent(value) : value.toFixed(2)
}
