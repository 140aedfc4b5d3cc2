/** The contact sheet of a problem set: each problem with its picture, its targets outlined, and a close look at them. */
import { join } from 'node:path'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import type { ProbeRow } from '../probe/dataset.ts'
import { drawScene } from '../probe/draw.ts'
import { sceneFrom } from '../probe/problem.ts'
import type { WorldRow } from '../probe/world/row.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import { html, markupOf, trustedElement } from './html.ts'
import type { Html } from './html.ts'

const thumbSide = 560
const closeSide = 300
/** What is shown around a target, as a share of its longer side. */
const margin = 0.25

/** `[x0, y0, x1, y1]` as fractions of the picture. */
type Fractions = readonly [number, number, number, number]

/** One problem of any kind of set. */
export interface SheetProblem {
  readonly name: string
  readonly question: string
  readonly answers: readonly { readonly text: string; readonly right: boolean }[]
  readonly targets: readonly Fractions[]
  readonly facts: string
  /** A part of the picture, no side longer than `side`. */
  show(part: Fractions, side: number): Sharp
  readonly width: number
  readonly height: number
}

export function worldProblem(folder: string, row: WorldRow): SheetProblem {
  const { target_share: share, look_alikes: lookAlikes, looks, things } = row.difficulty
  const { width, height } = row
  return {
    name: `${row.doc_id} · ${row.family} · ${width} x ${height}`,
    question: questionOf(row.problem),
    answers: row.choices.map((choice, n) => ({ text: `${'ABCD'[n]}. ${choice}`, right: choice === row.solution })),
    targets: row.target_boxes,
    facts: `looks: ${looks}; target ${(share * 100).toPrecision(2)} % of the picture, ${lookAlikes} look-alikes, ${things} things`,
    show: (part, side) => fromFile(join(folder, row.images[0]), part, { width, height }, side),
    width,
    height,
  }
}

/** `pictures`: false for a set of rows alone, whose scenes are drawn for the sheet. */
export function shapesProblem(folder: string, row: ProbeRow, pictures: boolean): SheetProblem {
  const size = { width: row.side_px, height: row.side_px }
  const scene = sceneFrom(row.scene)
  return {
    name: `${row.doc_id} · ${row.level} · ${row.side_px} x ${row.side_px}`,
    question: questionOf(row.problem),
    answers: [{ text: row.solution, right: true }],
    targets: [row.target_box],
    facts: `${scene.objects.length} objects, ${scene.clutter.length} things beside them`,
    show: (part, side) => {
      if (pictures) return fromFile(join(folder, row.images[0]), part, size, side)
      const [across, down] = [part[2] - part[0], part[3] - part[1]]
      const scale = side / Math.max(across, down)
      const drawn = { width: Math.round(across * scale), height: Math.round(down * scale) }
      const { data } = drawScene(scene, part, drawn)
      return sharp(data, { raw: { ...drawn, channels: 3 } })
    },
    ...size,
  }
}

function questionOf(problem: string): string {
  return problem.replace('<image>', '').trim()
}

function fromFile(
  file: string,
  [x0, y0, x1, y1]: Fractions,
  { width, height }: { readonly width: number; readonly height: number },
  side: number,
): Sharp {
  const [left, top] = [Math.floor(x0 * width), Math.floor(y0 * height)]
  const part = { left, top, width: Math.ceil(x1 * width) - left, height: Math.ceil(y1 * height) - top }
  return sharp(file).extract(part).resize(side, side, { fit: 'inside' })
}

/** The page, complete in itself. */
export async function probeSheet(folder: string, problems: readonly SheetProblem[]): Promise<string> {
  const cards: Html[] = []
  for (const problem of problems) cards.push(await card(problem))
  const page = html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${problems.length} problems of ${folder}</title>
      ${trustedElement('style', style)}
      <h1>${problems.length} problems of ${folder}</h1>
      <main>${cards}</main>
    </html>`
  return markupOf(page)
}

async function card(problem: SheetProblem): Promise<Html> {
  const thumb = await shown(problem, [0, 0, 1, 1], thumbSide)
  const closes: string[] = []
  for (const box of problem.targets) closes.push(await shown(problem, surroundings(problem, box), closeSide))
  const outlines = problem.targets.map(([x0, y0, x1, y1]) => {
    const [x, y, w, h] = [x0, y0, x1 - x0, y1 - y0].map((part) => (part * 100).toFixed(3))
    return html`<rect x="${x}%" y="${y}%" width="${w}%" height="${h}%" />`
  })
  const answers = problem.answers.map(({ text, right }) => html`<li class="${right && 'right'}">${text}</li>`)
  return html`<article>
    <p class="name">${problem.name}</p>
    <h2>${problem.question}</h2>
    <ul>${answers}</ul>
    <div class="picture"><img src="${thumb}" alt="the whole picture" /><svg>${outlines}</svg></div>
    <div class="close">${closes.map((url) => html`<img src="${url}" alt="a target" />`)}</div>
    <p class="name">${problem.facts}</p>
  </article>`
}

function surroundings({ width, height }: SheetProblem, [x0, y0, x1, y1]: Fractions): Fractions {
  const by = margin * Math.max((x1 - x0) * width, (y1 - y0) * height)
  const [byX, byY] = [by / width, by / height]
  return [Math.max(0, x0 - byX), Math.max(0, y0 - byY), Math.min(1, x1 + byX), Math.min(1, y1 + byY)]
}

async function shown(problem: SheetProblem, part: Fractions, side: number): Promise<string> {
  try {
    const jpeg = await problem.show(part, side).jpeg({ quality: 82 }).toBuffer()
    return `data:image/jpeg;base64,${jpeg.toString('base64')}`
  } catch (cause) {
    const what = `The picture of ${problem.name} cannot be shown: ${messageOf(cause)}.`
    throw new UserError('data-not-found', `${what} mini-o3 probe check lists all that is wrong.`, { cause })
  }
}

const style = `
body { margin: 24px; font: 15px/1.45 system-ui, sans-serif; color: #1c1c1a; background: #f3f1ea }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 20px }
article { background: #fff; border-radius: 10px; padding: 16px; box-shadow: 0 1px 4px #0002 }
h1 { font-size: 20px } h2 { font-size: 16px; margin: 4px 0 8px }
.name { color: #6d6a61; font-size: 12.5px; margin: 4px 0 }
ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 14px } .right { font-weight: 700; color: #0d6b3f }
.picture { position: relative } .picture img { width: 100%; display: block; border-radius: 6px }
svg { position: absolute; inset: 0; width: 100%; height: 100% }
rect { fill: none; stroke: #ff0a54; stroke-width: 2.5 }
.close { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px } .close img { max-width: 48%; max-height: 180px; border-radius: 6px }
`
