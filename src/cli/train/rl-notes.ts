/** The progress display of `mini-o3 rl`: lines of figures for the last step, each at most 80 columns. Pure. */
import { stepsLost } from '../../runs/training-health.ts'
import type { RlMetrics } from '../../train/rl/run-rl.ts'
import { plainLine } from '../print/plain-text.ts'
import { lastOf } from '../../shared/known.ts'
import { percent } from '../../shared/numbers.ts'

/** Single steps are noisy, so reward and turns are also shown as means over this many steps. */
export const smoothedSteps = 10

const columns = 80

/** From this share on the policy is losing the form of a turn, which rewards alone may hide: a void search can be right. */
const muchVoid = 0.1

/** One step without a right answer may be chance. */
const tellingSteps = 3

/** `recent`: up to `smoothedSteps` last steps, oldest first. Means over them are in parentheses. */
export function rlNotes(recent: readonly RlMetrics[]): string[] {
  const { reward, accuracyCompleted, turns, ends, maskedShare, zeroSpreadShare, samplingRounds, ...rest } =
    lastOf(recent)
  const { clipShare, entropy, gradientNorm, tokensPerSecond, lost, searches, trainedGroups } = rest
  const { staleness, settledProblems } = rest
  const meanOf = (valueOf: (metrics: RlMetrics) => number): number =>
    recent.reduce((sum, metrics) => sum + valueOf(metrics), 0) / recent.length
  const outcomes = [
    `right ${percent(reward, 0)} % (${percent(
      meanOf((metrics) => metrics.reward),
      0,
    )} %)`,
    `of completed ${percent(accuracyCompleted, 0)} %`,
    `turns ${turns.toFixed(1)} (${meanOf((metrics) => metrics.turns).toFixed(1)})`,
    `over turn ${percent(ends['over-turn'], 0)} %`,
  ]
  const learning = [
    `masked ${percent(maskedShare, 0)} %`,
    `no spread ${percent(zeroSpreadShare, 0)} %`,
    `clip ${percent(clipShare, 0)} %`,
    `entropy ${entropy.toFixed(2)}`,
    `grad ${gradientNorm.toFixed(2)}`,
    `${tokensPerSecond.toFixed(0)} tokens/s`,
  ]
  const rounds = `sampling rounds ${samplingRounds}, searches ${searches}, groups learned from ${trainedGroups}`
  const drawn = [
    ...(staleness > 0 ? ['searched with the previous weights'] : []),
    ...(settledProblems === undefined ? [] : [`problems drawn less often ${settledProblems}`]),
  ].join(', ')
  const formless =
    ends.void < muchVoid ? [] : [`void ${percent(ends.void, 0)} %: last replies without an action, or truncated`]
  const lostFor = stepsLost(recent.map((metrics) => metrics.reward))
  const broken =
    lostFor < tellingSteps ? [] : [`hardly any answer right for ${lostFor} steps: --learning-rate may be too high`]
  const losses = lost.length === 0 ? [] : [plainLine(`groups left out ${lost.length}: ${lost[0]}`, columns - 1)]
  return [
    ...[outcomes, learning].map((parts) => parts.join(', ')),
    ...(samplingRounds > 1 ? [rounds] : []),
    ...(drawn === '' ? [] : [drawn]),
    ...formless,
    ...broken,
    ...losses,
  ]
}
