/** What the steps of a training run say about learning, beyond single figures, and what has changed from its first steps to its last. Pure. */
import type { Table } from '../../page/page-data.ts'
import type { StepLine, TrainedStage } from '../../runs/training.ts'
import { fieldsOf } from '../../shared/fields.ts'
import { itemAt, lastOf } from '../../shared/known.ts'
import { mean, percent } from '../../shared/numbers.ts'

/** One value of a step for each name, such as the reward of each level. */
export interface LearningFigure {
  readonly id: string
  readonly title: string
  readonly unit: 'share' | 'count'
  readonly valuesAt: (line: StepLine) => Readonly<Record<string, number>>
}

export const learningFigures: readonly LearningFigure[] = [
  { id: 'levels', title: 'Reward by level', unit: 'share', valuesAt: (line) => numbersIn(line['rewardByLevel']) },
  { id: 'outcomes', title: 'Turns by outcome', unit: 'count', valuesAt: (line) => numbersIn(line['turnsByOutcome']) },
  {
    id: 'targets',
    title: 'Targets in crops',
    unit: 'share',
    valuesAt: ({ targetCrops, targetFound }) =>
      numbersIn({ 'crops that hold a target': targetCrops, 'searches that found all': targetFound }),
  },
  {
    id: 'part-loss',
    title: '−log p by part of a turn',
    unit: 'count',
    valuesAt: (line) =>
      numbersIn(
        Object.fromEntries(
          Object.entries(fieldsOf(line['parts']) ?? {}).map(([part, own]) => [
            part,
            negated(fieldsOf(own)?.['logprob']),
          ]),
        ),
      ),
  },
  {
    id: 'part-accuracy',
    title: 'Tokens that were the likeliest, by part of a turn',
    unit: 'share',
    valuesAt: (line) => numbersIn(line['partAccuracy']),
  },
]

function negated(value: unknown): unknown {
  return typeof value === 'number' ? Math.max(0, -value) : value
}

function numbersIn(value: unknown): Record<string, number> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value) ?? {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number' && Number.isFinite(entry[1]),
    ),
  )
}

/** Single figures of a step that stand in the table, too. */
const single = [
  ['reward', 'Reward', 'share'],
  ['accuracyCompleted', 'Right among the completed', 'share'],
  ['turns', 'Turns of a search', 'count'],
  ['maskedShare', 'Masked share', 'share'],
  ['zeroSpreadShare', 'Groups without spread', 'share'],
  ['entropy', 'Entropy', 'count'],
  ['loss', 'Loss', 'count'],
] as const

const comparedFigures: readonly LearningFigure[] = [
  ...single.map(([id, title, unit]): LearningFigure => ({
    id,
    title,
    unit,
    valuesAt: ({ [id]: value }) => numbersIn({ '': value }),
  })),
  {
    id: 'void',
    title: 'Void searches',
    unit: 'share',
    valuesAt: ({ ends }) => numbersIn({ '': fieldsOf(ends)?.['void'] }),
  },
  ...learningFigures,
]

/** Steps at each end that are compared: a tenth, ten at most. */
const mostCompared = 10

/** Means over the first and the last steps of a stage; undefined where there is only one step, or nothing to compare. */
export function changeTable({ steps }: TrainedStage): Table | undefined {
  if (steps.length < 2) return undefined
  const count = Math.min(mostCompared, Math.ceil(steps.length / 10))
  const ends = [steps.slice(0, count), steps.slice(-count)]
  const rows = comparedFigures.flatMap(({ title, unit, valuesAt }) => {
    const told = ends.map((some) => some.map(valuesAt))
    const names = [...new Set(told.flat().flatMap(Object.keys))]
    return names.map((name) => [
      name === '' ? title : `${title}: ${name}`,
      ...told.map((values) =>
        meanText(
          values.flatMap((one) => one[name] ?? []),
          unit,
        ),
      ),
    ])
  })
  return rows.length === 0 ? undefined : { head: ['mean over', ...ends.map(rangeOf)], rows }
}

function meanText(values: readonly number[], unit: LearningFigure['unit']): string {
  return values.length === 0 ? '–' : learningText(mean(values), unit)
}

/** A value as people read it. */
export function learningText(value: number, unit: LearningFigure['unit']): string {
  return unit === 'share' ? `${percent(value)} %` : String(Number(value.toPrecision(3)))
}

function rangeOf(steps: readonly StepLine[]): string {
  const [first, last] = [itemAt(steps, 0).step, lastOf(steps).step]
  return first === last ? `step ${last}` : `steps ${first}–${last}`
}
