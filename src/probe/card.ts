/** The dataset card of a set: what cards of all kinds share, and that of shapes. Pure. */
import { levels } from '../protocol/problem.ts'
import type { Level } from '../protocol/problem.ts'
import { itemAt, lastOf } from '../shared/known.ts'
import type { Split } from './dataset.ts'
import type { PublishedRow } from './parquet.ts'
import { looks } from './world/scene.ts'
import type { Looks } from './world/scene.ts'
import { recordOf } from '../shared/fields.ts'

export interface CardFacts {
  readonly seed: number
  readonly command: string
  readonly counts: readonly LevelCount[]
}

export interface LevelCount {
  readonly level: Level
  readonly train: number
  readonly test: number
  /** Problems of both splits. */
  readonly looks: Readonly<Record<Looks, number>>
  /** Sizes of its pictures, such as `4096x3072`. */
  readonly sizes: readonly string[]
  /** The least and the most of both splits. */
  readonly targetShare: readonly [number, number]
  readonly lookAlikes: readonly [number, number]
  readonly things: readonly [number, number]
}

/** Of the levels that the set has. */
export function levelCounts(rows: Readonly<Record<Split, readonly PublishedRow[]>>): LevelCount[] {
  return levels.flatMap((level) => {
    const of = (split: Split): readonly PublishedRow[] => rows[split].filter((row) => row.level === level)
    const both = [...of('train'), ...of('test')]
    if (both.length === 0) return []
    const own = both.map(({ difficulty }) => difficulty)
    const range = (numbers: readonly number[]): readonly [number, number] => {
      const sorted = numbers.toSorted((a, b) => a - b)
      return [itemAt(sorted, 0), lastOf(sorted)]
    }
    return [
      {
        level,
        train: of('train').length,
        test: of('test').length,
        looks: recordOf(looks, (kind) => own.filter((one) => one.looks === kind).length),
        sizes: [...new Set(both.map(({ width, height }) => `${width}x${height}`))].toSorted(),
        targetShare: range(own.map((one) => one.target_share)),
        lookAlikes: range(own.map((one) => one.look_alikes)),
        things: range(own.map(({ things }) => things)),
      },
    ]
  })
}

/** The metadata that Hugging Face reads, and the heading. `licences`: one identifier for each licence that applies to a part. */
export function cardHead(
  title: string,
  counts: readonly LevelCount[],
  licences: readonly string[] = ['apache-2.0'],
): string {
  const total = counts.reduce((sum, { train, test }) => sum + train + test, 0)
  const splits = (['train', 'test'] as const).filter((split) => counts.some((count) => count[split] > 0))
  const files = splits.map((split) => `      - split: ${split}\n        path: data/${split}-*.parquet`)
  return `---
license: ${licences.length === 1 ? licences[0] : `[${licences.join(', ')}]`}
language: [en]
task_categories: [visual-question-answering]
pretty_name: ${title}
size_categories: [${sizeCategory(total)}]
configs:
  - config_name: default
    data_files:
${files.join('\n')}
---

# ${title}
`
}

export function madeBy(command: string, seed: number): string {
  return `Made by \`${command}\` (seed ${seed}); the same command gives the same bytes.`
}

export function shapesCard({ seed, command, counts }: CardFacts): string {
  const rows = counts.map(({ level, train, test, sizes, targetShare, lookAlikes, things }) => {
    const shares = targetShare.map((share) => (share * 100).toPrecision(2)).join(' to ')
    return `| ${[level, train, test, sizes.join(', '), `${shares} %`, lookAlikes.join(' to '), things.join(' to ')].join(' | ')} |`
  })
  return `${cardHead('VisualProbe shapes', counts)}
Generated pictures of high resolution with coloured shapes on a textured ground, each with a digit. A question names a colour and a
shape that only one thing has, and asks for its digit; the ten digits are right equally often.

${madeBy(command, seed)}

| level | train | test | pictures | target's share | look-alikes | things |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

\`target_boxes_px\` is \`[x0, y0, x1, y1]\` in pixels of the picture around the target, \`target_share\` its share of the picture, 0 to 1,
\`look_alikes\` the number of things of its colour or shape, \`things\` that of all things that are shown. One place has to be looked
at: \`targets\` is 1 and \`looks\` is \`one\`. Everything is drawn by the generator, under Apache-2.0.
`
}

function sizeCategory(total: number): string {
  const bounds = [
    [1e3, 'n<1K'],
    [1e4, '1K<n<10K'],
    [1e5, '10K<n<100K'],
  ] as const
  return bounds.find(([below]) => total < below)?.[1] ?? '100K<n<1M'
}
