/** The dataset card of a set of worlds. Pure. */
import type { Level } from '../../protocol/problem.ts'
import { iconSetNames } from './concept.ts'
import { allStickers, iconSets } from './icons.ts'
import { worldLevels } from './levels.ts'
import type { Range } from './levels.ts'
import { photographs } from './photograph.ts'
import { families, looks } from './scene.ts'
import type { Looks } from './scene.ts'

export interface CardFacts {
  readonly seed: number
  readonly command: string
  readonly counts: readonly {
    readonly level: Level
    readonly train: number
    readonly test: number
    /** Problems of both splits. */
    readonly looks: Readonly<Record<Looks, number>>
  }[]
}

export function datasetCard({ seed, command, counts }: CardFacts): string {
  const total = counts.reduce((sum, { train, test }) => sum + train + test, 0)
  const splits = (['train', 'test'] as const).filter((split) => counts.some((count) => count[split] > 0))
  const files = splits.map((split) => `      - split: ${split}\n        path: data/${split}-*.parquet`)
  const range = ([low, high]: Range): string => `${low} to ${high}`
  const rows = counts.map(({ level, train, test, looks: by }) => {
    const { sizes, targetShare, lookAlikes, exhibits, compared } = worldLevels[level]
    const shares = targetShare.map((share) => (share * 100).toPrecision(2)).join(' to ')
    const pixels = sizes.map(({ width, height }) => `${width}x${height}`).join(', ')
    const kinds = looks.map((kind) => by[kind])
    const cells = [level, train, test, ...kinds, pixels, `${shares} %`, range(lookAlikes), range(exhibits), compared]
    return `| ${cells.join(' | ')} |`
  })
  const stickers = allStickers()
  const sets = iconSetNames.map((name) => {
    const { title, holder, licence } = iconSets[name]
    const count = stickers.filter(({ drawing }) => drawing.startsWith(`${name}:`)).length
    return `- ${count} of ${title}, ${holder}, ${licence} (npm package \`@iconify-json/${name}\`)`
  })
  return `---
license: apache-2.0
language: [en]
task_categories: [visual-question-answering]
pretty_name: VisualProbe worlds
size_categories: [${sizeCategory(total)}]
configs:
  - config_name: default
    data_files:
${files.join('\n')}
---

# VisualProbe worlds

Generated pictures of high resolution in which the answer to a question hides in a few pixels, among things that look almost like
its target. Every answer is unique: it follows from the scene's data, and an independent check derived it again before the
picture was drawn.

Made by \`${command}\` (seed ${seed}); the same command gives the same bytes.

| level | train | test | one look | several | comparison | pictures | target's share | look-alikes | framed icons | compared |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Questions are of ${families.length} families in turn: ${families.join(', ')}. What a row holds beside the question and its
\`solution\`:

| column | |
| --- | --- |
| \`choices\`, \`choice\` | four answers, and the letter of the right one |
| \`target_boxes_px\`, \`targets\` | \`[x0, y0, x1, y1]\` in pixels of the picture around each place that has to be seen; how many there are |
| \`target_share\` | the share of the picture, 0 to 1, that the smallest icon of a target takes up |
| \`look_alikes\`, \`things\` | things that fit a part of the description, as many as the level says; all things that are shown |
| \`looks\` | \`one\` place; \`several\` one after the other (what stands in one says where the next is, or their counts are added up); a \`comparison\` of what stands in several |
| \`scene_sha256\` | the hash of the scene without its seed: no two rows of either split have the same |

## Licences of what is drawn

${stickers.length} stickers of ${new Set(stickers.map(({ icon }) => icon)).size} things:

${sets.join('\n')}

Everything else:

- ${photographs.length} photographs of the 19th and 20th century, digital images courtesy of the Getty's Open Content Program, CC0-1.0, in grey
  and cut by the generator.
- Letters of the typeface Inter, Copyright The Inter Project Authors, SIL Open Font License 1.1 (npm package \`@fontsource/inter\`).
- What remains is drawn by the generator, under Apache-2.0.
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
