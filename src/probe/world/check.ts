/** Verifies a set of worlds as it lies on disk: every row, scene and picture, and what the set as a whole gives away. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { z } from 'zod'
import { levels } from '../../protocol/problem.ts'
import type { Level } from '../../protocol/problem.ts'
import { messageOf, UserError } from '../../shared/errors.ts'
import { mapLimit } from '../../shared/map-limit.ts'
import type { Split } from '../dataset.ts'
import { confusing } from './confusion.ts'
import { readWorld } from './dataset.ts'
import type { StoredWorld } from './dataset.ts'
import { chanceOfAnswer, overviewScale } from './oracle.ts'
import { overlaps } from './place.ts'
import { questionText } from './question.ts'
import { sceneHash, worldRow } from './row.ts'
import type { WorldRow } from './row.ts'
import { families } from './scene.ts'
import type { Family } from './scene.ts'
import { covering, solve } from './solve.ts'

/** Shares in 0..1. */
export interface FamilyFigures {
  readonly problems: number
  /** Share of the most frequent answer, and of the most frequent letter among the choices. */
  readonly commonestAnswer: number
  readonly commonestLetter: number
}

/** Accuracy of somebody who guesses, sees only the whole picture, or may look closely. */
export interface LevelFigures {
  readonly problems: number
  readonly blind: number
  readonly overview: number
  readonly crops: number
  readonly meanTargetShare: number
}

export interface ProbeCheck {
  readonly problems: Readonly<Record<Split, number>>
  /** Each names its row and what is wrong; none in a sound set. */
  readonly faults: readonly string[]
  readonly byFamily: Partial<Record<Family, FamilyFigures>>
  readonly byLevel: Partial<Record<Level, LevelFigures>>
}

/** On hard, the overview may be worth so much more than a blind guess; with crops so much has to be answerable. */
const limits = { overviewGain: 0.1, crops: 0.98 } as const
/** Shares of few problems say nothing. */
const fewest = 30

/** Throws UserError `data-not-found` where there is no such set. */
export async function checkWorlds(folder: string): Promise<ProbeCheck> {
  const config = await readFile(join(folder, 'dataset.json'), 'utf8').catch((cause: unknown) => {
    throw new UserError('data-not-found', `${folder} holds no set: ${messageOf(cause)}. Check the path.`, { cause })
  })
  if ((JSON.parse(config) as { kind?: unknown }).kind !== 'world') {
    throw new UserError('data-not-found', `${folder} is no set of worlds. Build one with --kind world.`)
  }
  const faults: string[] = []
  const rows = { train: await readRows(folder, 'train', faults), test: await readRows(folder, 'test', faults) }
  const places = (['train', 'test'] as const).flatMap((split) =>
    rows[split].map((row, index) => ({ row, place: `${split}.json, row ${index + 1} (${row.doc_id})` })),
  )
  const seenIds = new Map<string, string>()
  const seenScenes = new Map<string, string>()
  for (const { row, place } of places) {
    for (const [seen, key, what] of [
      [seenIds, row.doc_id, 'the name'],
      [seenScenes, row.scene_sha256, 'the scene'],
    ] as const) {
      const before = seen.get(key)
      if (before !== undefined) faults.push(`${place}: has ${what} of ${before}`)
      seen.set(key, place)
    }
  }
  const measured = await mapLimit(places, 4, async ({ row, place }) => {
    const found = await checkRow(folder, row).catch((error: unknown) => ({ wrong: [messageOf(error)] }))
    faults.push(...found.wrong.map((wrong) => `${place}: ${wrong}`))
    return 'sight' in found ? found.sight : undefined
  })
  const all = places.map(({ row }, n) => ({ row, sight: measured[n] }))
  const byFamily = Object.fromEntries(
    families.flatMap((family) => {
      const own = all.filter(({ row }) => row.family === family).map(({ row }) => row)
      return own.length > 0 ? [[family, familyFigures(own)]] : []
    }),
  ) as ProbeCheck['byFamily']
  const byLevel = Object.fromEntries(
    levels.flatMap((level) => {
      const own = all.flatMap(({ row, sight }) => (row.level === level && sight ? [{ ...sight, row }] : []))
      return own.length > 0 ? [[level, levelFigures(own)]] : []
    }),
  ) as ProbeCheck['byLevel']
  faults.push(...setFaults(byFamily, byLevel))
  return {
    problems: { train: rows.train.length, test: rows.test.length },
    faults: faults.toSorted(),
    byFamily,
    byLevel,
  }
}

interface Sight {
  readonly blind: number
  readonly overview: number
  readonly crops: number
}

/** Everything about one problem is derived again from its stored scene. */
async function checkRow(
  folder: string,
  row: WorldRow,
): Promise<{ readonly wrong: readonly string[]; readonly sight: Sight }> {
  const { row: kept, world }: StoredWorld = await readWorld(folder, row.doc_id)
  const wrong: string[] = []
  const solutions = solve(world)
  const answers = solutions.map(({ answer }) => answer)
  if (solutions.length !== 1) wrong.push(`has ${solutions.length} answers: ${answers.join(', ')}`)
  if (answers[0] !== row.solution) wrong.push(`says ${row.solution}, and its scene ${answers[0]}`)
  if (row.problem !== `<image>\n${questionText(world.question)}`) wrong.push('asks something else than its scene')
  if (row.scene_sha256 !== sceneHash(world)) wrong.push('has another scene than it names')
  const extension = row.images[0].endsWith('.png') ? 'png' : 'jpg'
  const again = worldRow(world, row.world, { width: row.width, height: row.height }, extension)
  if (JSON.stringify(again) !== JSON.stringify(kept) || JSON.stringify(again) !== JSON.stringify(row)) {
    wrong.push('differs from what its scene gives')
  }
  if (covering(world) > 0) wrong.push('something lies over a target')
  const confused = confusing(world)
  if (confused.length > 0) wrong.push(`could be confused by ${confused.join(', ')}`)
  const shown = solutions[0]?.boxes.every((box) => world.targets.some((target) => overlaps(target, box)))
  if (shown !== true) wrong.push('its target boxes do not show the answer')
  if (new Set(row.choices).size !== 4 || row.choices['ABCD'.indexOf(row.choice)] !== row.solution) {
    wrong.push(`its choices are not four, or ${row.choice} is not the right one`)
  }
  const { width, height } = await sharp(join(folder, row.images[0])).metadata()
  if (width !== row.width || height !== row.height) {
    wrong.push(`its picture is ${width} x ${height}, not ${row.width} x ${row.height}`)
  }
  const drawn = row.width / world.width
  const sight = {
    blind: chanceOfAnswer(world, 0),
    overview: chanceOfAnswer(world, overviewScale(world, row.width)),
    crops: chanceOfAnswer(world, drawn),
  }
  return { wrong, sight }
}

function familyFigures(rows: readonly WorldRow[]): FamilyFigures {
  return {
    problems: rows.length,
    commonestAnswer: commonest(rows.map(({ solution }) => solution)),
    commonestLetter: commonest(rows.map(({ choice }) => choice)),
  }
}

function levelFigures(own: readonly (Sight & { readonly row: WorldRow })[]): LevelFigures {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    problems: own.length,
    blind: mean(own.map(({ blind }) => blind)),
    overview: mean(own.map(({ overview }) => overview)),
    crops: mean(own.map(({ crops }) => crops)),
    meanTargetShare: mean(own.map(({ row }) => row.difficulty.target_share)),
  }
}

/** The share of the value that occurs most often. */
function commonest(values: readonly string[]): number {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return Math.max(...counts.values()) / values.length
}

/** How often the commonest answer of a family may occur by construction. */
const fairShare: Readonly<Record<Family, number>> = {
  read: 0.02,
  attribute: 1 / 7,
  identity: 0.02,
  relation: 0.02,
  count: 1 / 6,
  compare: 0.02,
}

function setFaults(byFamily: ProbeCheck['byFamily'], byLevel: ProbeCheck['byLevel']): string[] {
  const faults: string[] = []
  for (const family of families) {
    const figures = byFamily[family]
    if (!figures || figures.problems < fewest) continue
    for (const [what, share, fair] of [
      ['answer', figures.commonestAnswer, fairShare[family]],
      ['letter', figures.commonestLetter, 1 / 4],
    ] as const) {
      const slack = 4 * Math.sqrt((fair * (1 - fair)) / figures.problems)
      if (share > fair + slack)
        faults.push(`${family}: one ${what} is right in ${(share * 100).toFixed(0)} % of problems`)
    }
  }
  for (const level of levels) {
    const figures = byLevel[level]
    if (figures && figures.crops < limits.crops) {
      faults.push(
        `${level}: only ${(figures.crops * 100).toFixed(0)} % can be answered even with crops: draw them larger`,
      )
    }
  }
  const { hard } = byLevel
  if (hard && hard.overview - hard.blind > limits.overviewGain) {
    const [overview, blind] = [hard.overview, hard.blind].map((share) => (share * 100).toFixed(0))
    faults.push(`hard: the overview alone answers ${overview} %, a blind guess ${blind} %`)
  }
  return faults
}

const fractions = z.tuple([z.number(), z.number(), z.number(), z.number()])
const rowSchema = z.looseObject({
  images: z.tuple([z.string().regex(/^pictures\/[\w.-]+$/)]),
  problem: z.string(),
  solution: z.string(),
  doc_id: z.string().regex(/^[\w-]+$/),
  level: z.enum(levels),
  family: z.enum(families),
  choices: z.array(z.string()),
  choice: z.string(),
  target_box: fractions,
  target_boxes: z.array(fractions),
  difficulty: z.looseObject({ target_share: z.number() }),
  width: z.int(),
  height: z.int(),
  world: z.looseObject({ kind: z.literal('world') }),
  scene_sha256: z.string(),
})

/** Rows that can be read; the others are faults. */
export async function readRows(folder: string, split: Split, faults: string[]): Promise<WorldRow[]> {
  const name = `${split}.json`
  let values: unknown
  try {
    values = JSON.parse(await readFile(join(folder, name), 'utf8'))
  } catch (error) {
    faults.push(`${name}: cannot be read: ${messageOf(error)}`)
    return []
  }
  if (!Array.isArray(values)) {
    faults.push(`${name}: holds no array of rows`)
    return []
  }
  return values.flatMap((value: unknown, index) => {
    const { success, error } = rowSchema.safeParse(value)
    if (success) return [value as WorldRow]
    faults.push(`${name}, row ${index + 1}: ${error.issues[0]!.path.join('.')} ${error.issues[0]!.message}`)
    return []
  })
}
