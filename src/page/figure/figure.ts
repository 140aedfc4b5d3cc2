/**
 * A search as a figure for a paper: the original with the box of every look, arrows in each turn's colour to the crops, the thoughts next to
 * them, the target circled if it is known, and the answer. A self-contained SVG; model text is escaped and clipped to the available space.
 * Pure.
 */
import { originalOf, picturesOf } from '../../protocol/originals.ts'
import { orientationOf, orientedBox, shownSize } from '../../protocol/orientation.ts'
import { targetBox } from '../../protocol/target-box.ts'
import { boxSize } from '../../protocol/box.ts'
import { answeredBeyondLimit } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { fontRules, lines, labelWidth } from './text.ts'
import { figureLayout, margin, n, otherBoxes, scaled, wordsRect } from './layout.ts'
import type { FigureLayout, Placed, Point, Rect } from './layout.ts'
import { html, markupOf, styleElement } from '../html.ts'
import type { Html } from '../html.ts'
import {
  bad,
  badge,
  colourOf,
  dashOf,
  frame,
  good,
  image,
  ink,
  lineHeight,
  mark,
  outlined,
  soft,
  label,
  labels,
} from './shapes.ts'
import { contains, endWords, stepTitle } from '../step.ts'
import type { Step } from '../step.ts'
import { defined, itemAt } from '../../shared/known.ts'
import { pixelBox } from '../../protocol/box.ts'

export interface Figure {
  readonly trajectory: Trajectory
  readonly layout: FigureLayout
  /** `data:` URLs of PNG or JPEG by observation index, for all observations in `layout.pictures`. */
  readonly urls: ReadonlyMap<number, string>
}

const ring = '#ffd400'
const titleSize = 30
const wordsSize = 19

/** The layout below the question. */
export function layoutOf(trajectory: Trajectory): FigureLayout {
  const draft = figureLayout(trajectory, 0)
  return figureLayout(trajectory, margin + questionLines(trajectory, draft.width).length * titleSize * lineHeight + 40)
}

export function figureSvg(figure: Figure): string {
  const { trajectory, layout } = figure
  const { problem, policy, turns, maxTurns } = trajectory
  const height = layout.height + margin + 34
  const question = questionLines(trajectory, layout.width)
  const sizes = picturesOf(trajectory).map(({ width, height }) => `${width} × ${height}`)
  const pictures = `${sizes.length === 1 ? 'picture' : 'pictures'} ${sizes.join(', ')}`
  const facts = `${policy}, ${turns.length} of at most ${maxTurns} turns, ${pictures}`
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" width="${n(layout.width)}" height="${n(height)}"
 viewBox="0 0 ${n(layout.width)} ${n(height)}" role="img" font-family="Inter, sans-serif" fill="${ink}">
<title>${problem.question}</title>
${styleElement(fontRules())}
<defs><pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="9" height="9" fill="#fbe9e7"/><rect width="2.5" height="9" fill="${bad}" fill-opacity=".4"/></pattern></defs>
<rect width="100%" height="100%" fill="#ffffff"/>
${labels(question, margin, margin + titleSize * 0.8, titleSize, 700)}
${layout.originals.map((at, index) => original(figure, at, index))}
${layout.cells.map((placed) => cellPictures(placed, figure))}
${layout.arrows.map(({ turn, path, tip }) => arrow(turn, path, tip))}
${layout.cells.map((placed) => cellWords(placed, figure))}
${layout.arrows.map(({ turn, from }) => badge(turn, from.x, from.y, 13))}
${label(facts, margin, height - margin * 0.8, 15, 400, soft)}
</svg>
`
  // XML cannot represent these two characters.
  return markupOf(svg).replaceAll(/[\ufffe\uffff]/g, '\ufffd')
}

function questionLines({ problem }: Trajectory, width: number): string[] {
  return lines(problem.question, { widthPx: width - 2 * margin, lines: 3, sizePx: titleSize, weight: 700 })
}

/** The original with the boxes of all looks; boxes of full-size crops are drawn with their arrows. */
function original({ trajectory, layout, urls }: Figure, at: Rect, index: number): Html {
  const { originals, arrows } = layout
  const title = originals.length === 1 ? 'Original' : `Original ${index + 1}`
  return html`${label(title, at.x, at.y - 9, 17, 700)}${image(urlOf(urls, index), at)}
${frame(at, '#b9b5ad', 1.5)}
${otherBoxes(trajectory, layout, index).map(({ step, rect }) => html`<g opacity=".65">${frame(rect, colourOf(step.number), 2, dashOf(step.number))}</g>`)}
${targetRing(trajectory, index, at)}
${arrows.map(({ turn, from }) => inside(from, at) && outlined(from, turn))}`
}

function urlOf(urls: Figure['urls'], index: number): string {
  return defined(urls.get(index), `picture ${index}`)
}

function cellPictures({ cell, tiles }: Placed, { trajectory, layout, urls }: Figure): Html {
  if (cell.kind === 'end') return html``
  if (cell.kind === 'more') {
    return html`${tiles.map((tile, index) => smallTile(itemAt(cell.steps, index), tile, urls))}`
  }
  const { number, turn, observation } = cell.step
  const [tile] = tiles
  if (tile === undefined) return html``
  const place = observation ? image(urlOf(urls, observation.index), tile) : refused(tile, turn.error?.error)
  const looked = observation === undefined ? [] : layout.arrows.filter(({ from }) => inside(from, tile))
  return html`${place}${observation && targetRing(trajectory, observation.index, tile)}
${frame(tile, observation ? colourOf(number) : bad, 5, observation && dashOf(number))}
${looked.map(({ turn, from }) => outlined(from, turn))}`
}

function smallTile({ number, observation, turn }: Step, tile: Rect, urls: ReadonlyMap<number, string>): Html {
  const content = observation ? image(urlOf(urls, observation.index), tile) : turn.error && refused(tile)
  return html`${content}${frame(tile, colourOf(number), 3, dashOf(number))}${badge(number, tile.x + 3, tile.y + 3, 10.5)}`
}

/** The thought, outlined in the colour of its turn; in the last cell the answer. */
function cellWords(placed: Placed, { trajectory }: Figure): Html {
  const { cell, rect, tiles } = placed
  if (cell.kind === 'more') {
    const rest = cell.steps.length - tiles.length
    const what = `${cell.steps.length} more ${cell.steps.length === 1 ? 'turn' : 'turns'}`
    return label(rest > 0 ? `${what}, the first ${tiles.length} of them` : what, rect.x, rect.y - 9, 17, 700, soft)
  }
  if (cell.kind === 'end') {
    const beyond = answeredBeyondLimit(trajectory)
    const said = beyond ? ` Its answer: ${trajectory.answer}` : ''
    const why = trajectory.failure?.message ?? `The search ${endWords[trajectory.end]}.${said}`
    return html`${frame(rect, bad, 2.5, undefined, '#fbe9e7')}
${label(beyond ? 'Answered beyond the limit' : 'No answer', rect.x + 20, rect.y + 50, 32, 700, bad)}${labels(room(why, rect.width - 40, 5), rect.x + 20, rect.y + 88, wordsSize, 400)}`
  }
  const { number, turn, observation } = cell.step
  const words = wordsRect(placed)
  const answers = turn.action?.kind === 'answer' && !turn.error
  const title = observation ? cell.step.name.replace('o', 'O') : answers ? 'Answer' : stepTitle(cell.step)
  const from = observation && `of ${cell.step.source}`
  const mostLines = answers ? 2 : 8
  return html`${label(title, rect.x, rect.y - 9, 17, 700)}
${from && label(from, rect.x + labelWidth(title, 17, 700) + 8, rect.y - 9, 17, 400, soft)}
${frame(words, colourOf(number), 2.5, dashOf(number), '#fdfcfa')}
${labels(room(turn.thought ?? '', words.width - 44, mostLines), words.x + 28, words.y + 32, wordsSize, 400)}
${answers && answer(trajectory, words)}
${badge(number, words.x, words.y + 26, 15)}`
}

function answer({ answer: given, problem, verdict }: Trajectory, { x, y, width, height }: Rect): Html {
  const colour = verdict?.kind === 'correct' ? good : verdict?.kind === 'wrong' ? bad : ink
  const large = { widthPx: width - 110, lines: 1, sizePx: 54, weight: 700 } as const
  const words = given ?? ''
  const said =
    labelWidth(words, large.sizePx, 700) <= large.widthPx
      ? lines(words, large)
      : lines(words, { ...large, lines: 3, sizePx: 26 })
  const size = said.length === 1 ? large.sizePx : 26
  // The last line has a fixed position, whatever is above it.
  const at = { x: x + 28, y: y + height - 62 - (said.length - 1) * size * lineHeight }
  const widest = Math.max(...said.map((line) => labelWidth(line, size, 700)))
  const truth = problem.answer !== undefined && verdict?.kind !== 'correct' && `truth: ${problem.answer}`
  return html`${labels(said, at.x, at.y, size, 700, colour)}
${mark(verdict?.kind, at.x + widest + 16, at.y + 16 - size, colour)}
${truth && labels(room(truth, width - 40, 1), at.x, y + height - 26, wordsSize, 400, soft)}`
}

/** An ellipse around the target, if the picture contains it. */
function targetRing(trajectory: Trajectory, index: number, shown: Rect): Html | undefined {
  const target = targetBox(trajectory)
  const seen = trajectory.observations[index]
  const whole = seen && originalOf(seen, trajectory.observations) === 0 ? seen.boxInOriginalPx : undefined
  if (!seen || !target || !whole || !contains(whole, target)) return undefined
  const [x0, y0, x1, y1] = target
  const moved = pixelBox(x0 - whole[0], y0 - whole[1], x1 - whole[0], y1 - whole[1])
  const turned = orientedBox(moved, boxSize(whole), orientationOf(seen, trajectory.observations))
  const { x, y, width, height } = scaled(turned, shownSize(seen), shown)
  const [rx, ry] = [Math.max(13, width * 0.64), Math.max(13, height * 0.64)]
  const ellipse = (colour: string, stroke: number): Html =>
    html`<ellipse cx="${n(x + width / 2)}" cy="${n(y + height / 2)}" rx="${n(rx)}" ry="${n(ry)}" fill="none" stroke="${colour}" stroke-width="${stroke}"/>`
  return html`${ellipse('#00000099', 6.5)}${ellipse(ring, 3.5)}`
}

/** A hatched tile, with the reason if there is space. */
function refused(tile: Rect, why?: string): Html {
  const said = why === undefined ? [] : room(why, tile.width - 48, 6)
  const words = {
    x: tile.x + 12,
    y: tile.y + 12,
    width: tile.width - 24,
    height: 22 + said.length * wordsSize * lineHeight,
  }
  return html`${frame(tile, bad, 2, undefined, 'url(#hatch)')}
${said.length > 0 && html`${frame(words, 'none', 0, undefined, '#ffffff')}${labels(said, words.x + 12, words.y + 28, wordsSize, 400, bad)}`}`
}

function arrow(turn: number, path: string, { x, y }: Point): Html {
  const colour = colourOf(turn)
  return html`<path d="${path}" fill="none" stroke="#ffffff" stroke-width="8"/>
<path d="${path}" fill="none" stroke="${colour}" stroke-width="3.5" stroke-dasharray="${dashOf(turn) ?? 'none'}"/>
<path d="M${n(x + 3)} ${n(y)}l-15 -8v16z" fill="${colour}"/>`
}

function room(words: string, widthPx: number, most: number): string[] {
  return lines(words, { widthPx, lines: most, sizePx: wordsSize, weight: 400 })
}

function inside(inner: Rect, outer: Rect): boolean {
  const { x, y, width, height } = outer
  return inner.x >= x - 1 && inner.y >= y - 1 && inner.x <= x + width && inner.y <= y + height
}
