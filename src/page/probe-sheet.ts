/** The contact sheet of a problem set: each problem with its picture, outlined targets and magnified targets. */
import { join } from 'node:path'
import { sharp } from '../shared/native.ts'
import type { Sharp } from 'sharp'
import type { ProbeRow } from '../probe/dataset.ts'
import { drawScene } from '../probe/draw.ts'
import { sceneFrom } from '../probe/problem.ts'
import type { WorldRow } from '../probe/world/row.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import { dataFile } from './data-file.ts'
import type { ProblemsData } from './page-data.ts'

const thumbSide = 560
const closeSide = 300
/** Margin around a target, as a fraction of its longer side. */
const margin = 0.25

type ShownProblem = ProblemsData['problems'][number]
type Fractions = ShownProblem['targets'][number]

/** A problem of any kind of set. */
export interface SheetProblem extends Omit<ShownProblem, 'picture' | 'closeUps'> {
  /** Renders a part of the picture with sides of at most `side`. */
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

/** `pictures`: false for a set without pictures, whose scenes are drawn for the sheet. */
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

/** The HTML of the page. */
export async function probeSheet(folder: string, problems: readonly SheetProblem[]): Promise<string> {
  const title = `${problems.length} problems of ${folder}`
  const shown: ShownProblem[] = []
  for (const problem of problems) shown.push(await withPictures(problem))
  const data: ProblemsData = { kind: 'problems', title, problems: shown }
  return dataFile(title, data, [title, ...problems.map(({ name, question }) => `${name}: ${question}`)])
}

async function withPictures(problem: SheetProblem): Promise<ShownProblem> {
  const { name, question, answers, targets, facts } = problem
  const closeUps: string[] = []
  for (const box of targets) closeUps.push(await pictureOf(problem, surroundings(problem, box), closeSide))
  return {
    name,
    question,
    answers,
    targets,
    facts,
    picture: await pictureOf(problem, [0, 0, 1, 1], thumbSide),
    closeUps,
  }
}

function surroundings({ width, height }: SheetProblem, [x0, y0, x1, y1]: Fractions): Fractions {
  const by = margin * Math.max((x1 - x0) * width, (y1 - y0) * height)
  const [byX, byY] = [by / width, by / height]
  return [Math.max(0, x0 - byX), Math.max(0, y0 - byY), Math.min(1, x1 + byX), Math.min(1, y1 + byY)]
}

async function pictureOf(problem: SheetProblem, part: Fractions, side: number): Promise<string> {
  try {
    const jpeg = await problem.show(part, side).jpeg({ quality: 82 }).toBuffer()
    return `data:image/jpeg;base64,${jpeg.toString('base64')}`
  } catch (cause) {
    const what = `The picture of ${problem.name} cannot be shown: ${messageOf(cause)}.`
    throw new UserError('data-not-found', `${what} mini-o3 probe check lists all faults.`, { cause })
  }
}
