/** The dataset card of a set of worlds. Pure. */
import { cardHead, madeBy } from '../card.ts'
import type { CardFacts } from '../card.ts'
import { allStickers, iconSets } from './icons.ts'
import { worldLevels } from './levels.ts'
import type { Range } from './levels.ts'
import { photographs } from './photograph.ts'
import { families, looks } from './scene.ts'

export function worldsCard({ seed, command, counts }: CardFacts): string {
  const range = ([low, high]: Range): string => `${low} to ${high}`
  const rows = counts.map(({ level, train, test, sizes, looks: by }) => {
    const { targetShare, lookAlikes, exhibits, compared } = worldLevels[level]
    const shares = targetShare.map((share) => (share * 100).toPrecision(2)).join(' to ')
    const kinds = looks.map((kind) => by[kind])
    const cells = [
      level,
      train,
      test,
      ...kinds,
      sizes.join(', '),
      `${shares} %`,
      range(lookAlikes),
      range(exhibits),
      compared,
    ]
    return `| ${cells.join(' | ')} |`
  })
  const stickers = allStickers()
  const sets = Object.entries(iconSets).map(([name, { title, holder, licence }]) => {
    const count = stickers.filter(({ drawing }) => drawing.startsWith(`${name}:`)).length
    return `- ${count} of ${title}, ${holder}, ${licence} (npm package \`@iconify-json/${name}\`)`
  })
  // Those of the icons, the generator (Apache-2.0), the photographs and the typeface.
  const licences = [...Object.values(iconSets).map(({ licence }) => licence), 'Apache-2.0', 'CC0-1.0', 'OFL-1.1']
  const names = [...new Set(licences.map((licence) => licence.toLowerCase()))].toSorted()
  return `${cardHead('VisualProbe worlds', counts, names)}
Generated pictures of high resolution in which the answer to a question hides in a few pixels, among things that look almost like
its target. Every answer is unique: it follows from the scene's data, and an independent check derived it again before the
picture was drawn.

${madeBy(command, seed)}

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
- Letters of the typeface Inter, Copyright The Inter Project Authors, SIL Open Font License 1.1.
- What remains is drawn by the generator, under Apache-2.0.
`
}
