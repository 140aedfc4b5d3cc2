/**
 * Teaching the stem to see: which colour shows where, and what stands in the middle. It comes before the policy learns
 * to search and goes on beside it, so that the policy's first, coarse gradients cannot spoil what the stem knows
 * (docs/experiments/sft.md; reference embedded-policy 2 and 3).
 */
import { defaultAdam, type Engine, type LookDatum, type Looked } from '../../engine/engine.ts'
import { kindRanges } from '../../model/config.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { lookDatum } from './look-data.ts'
import { logStep } from '../../runs/training.ts'
import { keepCheckpoint } from '../run-log.ts'
import { itemAt } from '../../shared/known.ts'

export interface PerceptionSettings {
  readonly lookSteps: number
  /** Views a step. */
  readonly lookBatch: number
  readonly lookRate: number
  readonly seed: number
  readonly saveEvery: number
}

/** Recall and precision of the stem's heads over views or cells. */
export interface LookMetrics {
  readonly recall: number
  readonly precision: number
  readonly shape: number
  readonly digit: number
}

/** An engine that can teach the stem. */
export type StemEngine = Engine & Required<Pick<Engine, 'lookForwardBackward'>>

export function teachesStem(engine: Engine): engine is StemEngine {
  return engine.lookForwardBackward !== undefined
}

const warmupSteps = 50

/** The views of a step; views of the stage before and beside never repeat. */
export function lookBatchAt({ seed, lookBatch }: PerceptionSettings, step: number): LookDatum[] {
  return Array.from({ length: lookBatch }, (_, i) => lookDatum(seed, step * lookBatch + i))
}

/** Steps `firstStep..lookSteps` of the stage before the policy. */
export async function teachStem(
  engine: StemEngine,
  settings: PerceptionSettings,
  run: RunFolder,
  options: {
    readonly firstStep?: number
    readonly signal?: AbortSignal | undefined
    readonly onStep?: ((step: number, metrics: LookMetrics) => void) | undefined
  } = {},
): Promise<void> {
  const first = options.firstStep ?? 1
  if (first > settings.lookSteps) return
  let data = lookBatchAt(settings, first)
  for (let step = first; step <= settings.lookSteps; step++) {
    const working = engine.lookForwardBackward(data, 1 / settings.lookBatch)
    const next = step < settings.lookSteps ? lookBatchAt(settings, step + 1) : []
    const looked = await working
    const learningRate = settings.lookRate * Math.min(1, step / warmupSteps)
    const { gradientNorm } = await engine.optimStep({ ...defaultAdam, learningRate, clipNorm: Infinity })
    const metrics = lookMetrics(data, looked)
    await logStep(run, { stage: 'look', step, loss: looked.loss / data.length, gradientNorm, ...metrics })
    options.onStep?.(step, metrics)
    const stopping = options.signal?.aborted === true
    if (step % settings.saveEvery === 0 || step === settings.lookSteps || stopping) {
      await keepCheckpoint(engine, run, 'look', step)
    }
    if (stopping) return
    data = next
  }
}

export function lookMetrics(data: readonly LookDatum[], looked: Looked): LookMetrics {
  let [present, said, both] = [0, 0, 0]
  let [legible, readable, shapes, digits] = [0, 0, 0, 0]
  for (const [i, { presence, kind }] of data.entries()) {
    for (const [cell, label] of presence.entries()) {
      const yes = itemAt(itemAt(looked.presence, i), cell) > 0
      if (label > 0) present++
      if (yes) said++
      if (yes && label > 0) both++
    }
    if (!kind.some((value) => value > 0)) continue
    legible++
    if (kind.subarray(...kindRanges.digit).some((value) => value > 0)) readable++
    if (itemAt(kind, largest(itemAt(looked.kind, i), kindRanges.shape)) > 0) shapes++
    if (itemAt(kind, largest(itemAt(looked.kind, i), kindRanges.digit)) > 0) digits++
  }
  const share = (part: number, of: number): number => (of === 0 ? 0 : part / of)
  return {
    recall: share(both, present),
    precision: share(both, said),
    shape: share(shapes, legible),
    digit: share(digits, readable),
  }
}

function largest(values: Float32Array, [from, to]: readonly [number, number]): number {
  let best = from
  for (let i = from; i < to; i++) if (itemAt(values, i) > itemAt(values, best)) best = i
  return best
}
