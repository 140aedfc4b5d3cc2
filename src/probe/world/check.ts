/** Verifies a set of worlds as it lies on disk: every row, scene and picture, and what the set as a whole gives away. */
import { join } from 'node:path'
import { z } from 'zod'
import { levels } from '../../protocol/problem.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { messageOf } from '../../shared/errors.ts'
import { mapLimit } from '../../shared/map-limit.ts'
import {
  commonest,
  levelFigures,
  missingRows,
  pictureFaults,
  placed,
  readJsonRows,
  repeated,
  tooCommon,
  tooSmall,
} from '../check-set.ts'
import type { ProbeCheck, ProbeConfig, Sight } from '../check-set.ts'
import type { Split } from '../dataset.ts'
import { confusing } from './confusion.ts'
import { readWorld } from './dataset.ts'
import { chanceOfAnswer, overviewScale } from './oracle.ts'
import { overlaps } from './place.ts'
import { worldQuestion } from './question.ts'
import { sceneHash, worldRow } from './row.ts'
import type { WorldRow } from './row.ts'
import { families, looks } from './scene.ts'
import type { Family } from './scene.ts'
import { covering, solve } from './solve.ts'
import { partialRecordOf } from '../../shared/fields.ts'

/** On hard, the overview may be worth so much more than a blind guess. */
const overviewGain = 0.1

/** Every row, scene and picture of a set of worlds. */
export async function checkWorlds(folder: string, wanted: ProbeConfig): Promise<ProbeCheck> {
  const faults: string[] = []
  const rows = { train: await readRows(folder, 'train', faults), test: await readRows(folder, 'test', faults) }
  const places = placed(rows)
  faults.push(
    ...missingRows(wanted, rows),
    ...repeated(places, 'the name', ({ doc_id }) => doc_id),
    ...repeated(places, 'the scene', (row) => row.scene_sha256),
  )
  const measured = await mapLimit(places, 4, async ({ row, place }) => {
    const found = await checkRow(folder, row).catch((error: unknown) => ({ wrong: [messageOf(error)] }))
    faults.push(...found.wrong.map((wrong) => `${place}: ${wrong}`))
    return 'sight' in found ? found.sight : undefined
  })
  const all = places.map(({ row }, n) => ({ row, sight: measured[n] }))
  const byFamily = partialRecordOf(families, (family) => {
    const own = all.filter(({ row }) => row.family === family).map(({ row }) => row)
    return own.length > 0 ? familyFigures(own) : undefined
  })
  const byLevel = partialRecordOf(levels, (level) => {
    const own = all.flatMap(({ row, sight }) =>
      row.level === level && sight ? [{ ...sight, targetShare: row.difficulty.target_share }] : [],
    )
    return own.length > 0 ? levelFigures(own) : undefined
  })
  faults.push(...setFaults(byFamily, byLevel))
  return {
    kind: 'world',
    problems: { train: rows.train.length, test: rows.test.length },
    pictures: places.length,
    faults: faults.toSorted(),
    byFamily,
    byLevel,
  }
}

/** Everything about one problem is derived again from its stored scene. */
async function checkRow(
  folder: string,
  row: WorldRow,
): Promise<{ readonly wrong: readonly string[]; readonly sight: Sight }> {
  const { row: kept, world } = await readWorld(folder, row.doc_id)
  const wrong: string[] = []
  const solutions = solve(world)
  const answers = solutions.map(({ answer }) => answer)
  if (solutions.length !== 1) wrong.push(`has ${solutions.length} answers: ${answers.join(', ')}`)
  if (answers[0] !== row.solution) wrong.push(`says ${row.solution}, and its scene ${answers[0]}`)
  if (row.problem !== `<image>\n${worldQuestion(world.question)}`) wrong.push('asks something other than its scene')
  if (row.scene_sha256 !== sceneHash(world)) wrong.push('has another scene than it names')
  const extension = row.images[0].endsWith('.png') ? 'png' : 'jpg'
  const again = worldRow(world, row.world, { width: row.width, height: row.height }, extension)
  if (canonicalJson(again) !== canonicalJson(kept) || canonicalJson(again) !== canonicalJson(row)) {
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
  wrong.push(...(await pictureFaults(join(folder, row.images[0]), row)))
  const drawn = row.width / world.width
  const sight = {
    blind: chanceOfAnswer(world, 0),
    overview: chanceOfAnswer(world, overviewScale(world, row.width)),
    crops: chanceOfAnswer(world, drawn),
  }
  return { wrong, sight }
}

function familyFigures(rows: readonly WorldRow[]) {
  return {
    problems: rows.length,
    commonestAnswer: commonest(rows.map(({ solution }) => solution)),
    commonestLetter: commonest(rows.map(({ choice }) => choice)),
  }
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

function setFaults(
  byFamily: Partial<Record<Family, ReturnType<typeof familyFigures>>>,
  byLevel: ProbeCheck['byLevel'],
): string[] {
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
  const faults = families.flatMap((family) => {
    const figures = byFamily[family]
    if (!figures) return []
    const { problems, commonestAnswer, commonestLetter } = figures
    return (
      [
        ['answer', commonestAnswer, fairShare[family]],
        ['letter', commonestLetter, 1 / 4],
      ] as const
    )
      .filter(([, share, fair]) => tooCommon(share, fair, problems))
      .map(([what, share]) => `${family}: one ${what} is right in ${percent(share)} of problems`)
  })
  for (const level of levels) faults.push(...(byLevel[level] ? tooSmall(level, byLevel[level]) : []))
  const { hard } = byLevel
  if (hard && hard.overview - hard.blind > overviewGain) {
    faults.push(`hard: the overview alone answers ${percent(hard.overview)}, a blind guess ${percent(hard.blind)}`)
  }
  return faults
}

const fractions = z.tuple([z.number(), z.number(), z.number(), z.number()])
const rowSchema = z.looseObject({
  images: z.tuple([z.string().regex(/^pictures\/[\w.-]+$/)]),
  problem: z.string(),
  solution: z.string(),
  data_source: z.string(),
  doc_id: z.string().regex(/^[\w-]+$/),
  level: z.enum(levels),
  family: z.enum(families),
  choices: z.array(z.string()),
  choice: z.string(),
  target_box: fractions,
  target_boxes: z.array(fractions),
  difficulty: z.object({
    target_share: z.number(),
    look_alikes: z.int(),
    targets: z.int(),
    looks: z.enum(looks),
    things: z.int(),
  }),
  width: z.int(),
  height: z.int(),
  world: z.object({
    kind: z.literal('world'),
    seed: z.int(),
    level: z.enum(levels),
    family: z.enum(families),
    draw: z.int(),
  }),
  scene_sha256: z.string(),
})

/** Rows that can be read; the others are faults. */
export function readRows(folder: string, split: Split, faults: string[]): Promise<WorldRow[]> {
  return readJsonRows(folder, split, rowSchema, faults)
}
