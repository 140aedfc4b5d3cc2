/** The curves of runs as scalars by step: every figure that training logged, and the accuracy of evaluations at each turn limit. */
import type { FoundRun } from '../runs/find-runs.ts'
import { readStages } from '../runs/training.ts'
import type { StepLine } from '../runs/training.ts'
import { errorCodeOf } from '../shared/errors.ts'
import type { ScalarEvent } from '../shared/event-file.ts'
import { fieldsOf } from '../shared/fields.ts'
import type { Slice } from './figures/summary.ts'
import { readEvalRun } from './read-run.ts'

/** Of a training run or a finished evaluation; none of any other. */
export async function scalarEvents({ path, settings, changedMs }: FoundRun): Promise<ScalarEvent[]> {
  if (settings['command'] === 'eval') return evalEvents(path, changedMs / 1000)
  // A collection logs searches in place of steps, which are passed over.
  const stages = await readStages(path, 'ignore')
  return stages.flatMap(({ name, steps }) => steps.map((line) => stepEvent(name, line, changedMs)))
}

function stepEvent(stage: string, { step, endedMs, ...figures }: StepLine, changedMs: number): ScalarEvent {
  const wallTime = (typeof endedMs === 'number' ? endedMs : changedMs) / 1000
  return { wallTime, step, values: scalarsOf(figures, stage) }
}

/** Numbers by their paths; of a list its length. */
function scalarsOf(figures: object, tag: string): ScalarEvent['values'] {
  return Object.fromEntries(scalarsIn(figures, tag))
}

function scalarsIn(value: unknown, tag: string): (readonly [string, number])[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [[tag, value]] : []
  if (Array.isArray(value)) return [[tag, value.length]]
  return Object.entries(fieldsOf(value) ?? {}).flatMap(([name, inner]) => scalarsIn(inner, `${tag}/${name}`))
}

/** Steps are turn limits; what holds for the whole evaluation stands at step 0. */
async function evalEvents(path: string, wallTime: number): Promise<ScalarEvent[]> {
  const found = await readEvalRun(path).catch((error: unknown) => {
    if (['eval-unfinished', 'eval-not-found'].includes(errorCodeOf(error))) return undefined
    throw error
  })
  if (found === undefined) return []
  const { summary, sampling, scores, corrected } = found
  const slices: [string, Slice][] = [['all', summary], ...Object.entries(summary.byLevel)]
  const whole = {
    score: Object.fromEntries(scores.map(({ name, score }) => [name, score])),
    passAtK: sampling.passAtK,
    majorityAtK: sampling.majorityAtK,
    ...(corrected > 0 && { correctedByHand: corrected }),
    ...Object.fromEntries(slices.map(([name, { avgAtK, meanTurns, ends }]) => [name, { avgAtK, meanTurns, ends }])),
  }
  const limits = summary.everyTurnLimit.map(({ limit }, index) => {
    const atLimit = slices.map(([name, { everyTurnLimit }]) => [name, everyTurnLimit[index]?.avgAtK] as const)
    return { wallTime, step: limit, values: scalarsOf(Object.fromEntries(atLimit), 'eval/accuracy by turn limit') }
  })
  return [{ wallTime, step: 0, values: scalarsOf(whole, 'eval') }, ...limits]
}
