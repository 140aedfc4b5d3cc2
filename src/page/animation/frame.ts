/** One frame of an animation as SVG: the picture, the box, and the words below. Model text is escaped and clipped to its space. Pure. */
import type { Size } from '../../protocol/box.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { scaled } from '../figure/layout.ts'
import type { Rect } from '../figure/layout.ts'
import { badge, bad, colourOf, frame, good, image, ink, mark, outlined, soft, label, labels } from '../figure/shapes.ts'
import { labelWidth, lines } from '../figure/text.ts'
import { html, markupOf } from '../html.ts'
import { boxSize, pixelBox } from '../../protocol/box.ts'
import type { AnimationShot } from './shots.ts'

export interface FramePicture {
  /** A data: URL. */
  readonly url: string
  /** On the stage. */
  readonly place: Rect
}

const margin = 22
const titleSize = 22
const wordsSize = 19
const wordLines = 4
const bandHeight = 164

export function frameSvg(
  shot: AnimationShot,
  { url, place }: FramePicture,
  stage: Size,
  trajectory: Trajectory,
): string {
  const { turn, kind, view, outline } = shot
  const height = stage.height + bandHeight
  const turns = trajectory.turns.length
  const isTurn = kind === 'look' || kind === 'refused'
  const colour = kind === 'refused' ? bad : isTurn ? colourOf(turn) : ink
  const box = outline && 'box' in view ? onStage(outline.box, view.box, stage) : undefined
  const left = isTurn ? margin + 36 : margin
  const verdict = trajectory.verdict?.kind
  const answered = kind === 'answer' ? (verdict === 'correct' ? good : verdict === 'wrong' ? bad : ink) : colour
  const count = isTurn ? `${turn} / ${turns}` : ''
  const widthPx = stage.width - left - margin - 90
  const [title = ''] = lines(shot.title, { widthPx, lines: 1, sizePx: titleSize, weight: 700 })
  const words = lines(shot.words, {
    widthPx: stage.width - 2 * margin,
    lines: wordLines,
    sizePx: wordsSize,
    weight: 400,
  })
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" width="${stage.width}" height="${height}" viewBox="0 0 ${stage.width} ${height}" font-family="Inter, sans-serif">
<rect width="100%" height="100%" fill="#ffffff"/>
<svg x="0" y="0" width="${stage.width}" height="${stage.height}"><rect width="100%" height="100%" fill="#e9e6e0"/>${image(url, place)}${box && outlined(box, turn)}${box && badge(turn, Math.max(14, box.x), Math.max(14, box.y), 13)}</svg>
${frame({ x: 0, y: stage.height, width: (stage.width * Math.min(turn, turns)) / Math.max(1, turns), height: 4 }, 'none', 0, undefined, answered)}
${isTurn && badge(turn, margin + 13, stage.height + 31, 14)}
${label(title, left, stage.height + 39, titleSize, 700, kind === 'answer' || kind === 'refused' ? answered : ink)}
${kind === 'answer' && mark(verdict, left + labelWidth(title, titleSize, 700) + 12, stage.height + 12, answered)}
${label(count, stage.width - margin - 62, stage.height + 38, 16, 400, soft)}
${labels(words, margin, stage.height + 70, wordsSize, 400, kind === 'question' ? ink : soft)}
</svg>`
  return markupOf(svg).replaceAll(/[\ufffe\uffff]/g, '\ufffd')
}

function onStage(box: Parameters<typeof boxSize>[0], camera: Parameters<typeof boxSize>[0], stage: Size): Rect {
  const [left, top] = camera
  const moved = pixelBox(box[0] - left, box[1] - top, box[2] - left, box[3] - top)
  return scaled(moved, boxSize(camera), { x: 0, y: 0, ...stage })
}
