/** Verifies a set of shapes as it lies on disk, with its pictures or without: each row against the scene that it names. */
import { join } from 'node:path'
import { z } from 'zod'
import { levels } from '../protocol/problem.ts'
import { viewSides } from '../protocol/profile.ts'
import { canonicalJson } from '../shared/canonical.ts'
import { mapLimit } from '../shared/map-limit.ts'
import { itemAt } from '../shared/known.ts'
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
} from './check-set.ts'
import type { ProbeCheck, ProbeConfig, Sight } from './check-set.ts'
import type { ProbeRow, Split } from './dataset.ts'
import { difficultyOf } from './difficulty.ts'
import { digitPlace } from './draw.ts'
import { makeProblem, sceneFrom } from './problem.ts'
import type { Scene } from './scene.ts'
import { partialRecordOf } from '../shared/fields.ts'

export async function checkShapes(folder: string, wanted: ProbeConfig): Promise<ProbeCheck> {
  const { pictures } = wanted
  const faults: string[] = []
  const rows = {
    train: await readShapes(folder, 'train', faults),
    test: await readShapes(folder, 'test', faults),
  }
  const places = placed(rows)
  faults.push(
    ...missingRows(wanted, rows),
    ...repeated(places, 'the name', ({ doc_id }) => doc_id),
    ...repeated(places, 'the scene', ({ scene }) => `${scene.level} ${scene.seed}`),
  )
  const seen = await mapLimit(places, 4, async ({ row, place }) => {
    const scene = sceneFrom(row.scene)
    const wrong = [...rowFaults(row, scene), ...(pictures ? await rowPictureFaults(folder, row) : [])]
    faults.push(...wrong.map((fault) => `${place}: ${fault}`))
    return { ...sightOf(scene, row.side_px), level: row.level, targetShare: difficultyOf(scene).target_share }
  })
  const byLevel = partialRecordOf(levels, (level) => {
    const own = seen.filter((one) => one.level === level)
    return own.length > 0 ? levelFigures(own) : undefined
  })
  for (const level of levels) faults.push(...(byLevel[level] ? tooSmall(level, byLevel[level]) : []))
  const commonestAnswer = commonest(places.map(({ row }) => row.solution))
  if (tooCommon(commonestAnswer, 1 / 10, places.length)) {
    faults.push(`one answer is right in ${(commonestAnswer * 100).toFixed(0)} % of problems`)
  }
  return {
    kind: 'shapes',
    problems: { train: rows.train.length, test: rows.test.length },
    pictures: pictures ? places.length : 0,
    faults: faults.toSorted(),
    byFamily: places.length > 0 ? { read: { problems: places.length, commonestAnswer } } : {},
    byLevel,
  }
}

function rowFaults(row: ProbeRow, scene: Scene): string[] {
  const { question, answer, docId, targetBoxRel } = makeProblem(scene)
  const target = itemAt(scene.objects, scene.target)
  const fitting = scene.objects.filter(({ colour, shape }) => colour === target.colour && shape === target.shape)
  return [
    ...(fitting.length === 1 ? [] : [`has ${fitting.length} answers`]),
    ...(row.solution === answer ? [] : [`says ${row.solution}, and its scene ${answer}`]),
    ...(row.problem === `<image>\n${question}` ? [] : ['asks something other than its scene']),
    ...(row.doc_id === docId && row.level === scene.level ? [] : ['has another name or level than its scene']),
    ...(canonicalJson(row.difficulty ?? null) === canonicalJson(difficultyOf(scene))
      ? []
      : ['has another difficulty than its scene']),
    ...(row.target_box.every((edge, n) => edge === targetBoxRel?.[n])
      ? []
      : ['its target box does not show the answer']),
  ]
}

function rowPictureFaults(folder: string, { images, side_px: side }: ProbeRow): Promise<string[]> {
  return pictureFaults(join(folder, images[0]), { width: side, height: side })
}

/** A digit is read from this height in pixels of a view on. */
const legiblePx = 8

/** For one who sees views as large as those of the small policy. */
function sightOf({ objects, target }: Scene, sidePx: number): Sight {
  const { shape, side } = itemAt(objects, target)
  const height = side * digitPlace[shape].height
  const known = (viewPx: number): number => (height * viewPx >= legiblePx ? 1 : 1 / 10)
  return { blind: 1 / 10, overview: known(Math.min(viewSides.own, sidePx)), crops: known(sidePx) }
}

const rowSchema = z.looseObject({
  images: z.tuple([z.string().regex(/^pictures\/[\w.-]+$/)]),
  problem: z.string(),
  solution: z.string(),
  data_source: z.string(),
  doc_id: z.string(),
  level: z.enum(levels),
  target_box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** Compared with what its scene gives, which says more of it than a schema would. */
  difficulty: z.any().default(null),
  scene: z.object({
    kind: z.literal('shapes'),
    seed: z.int().min(0),
    level: z.enum(levels),
    digit: z.int().min(0).max(9).optional(),
  }),
  side_px: z.int().min(1),
})

/** Rows that can be read; the others are faults. */
export function readShapes(folder: string, split: Split, faults: string[]): Promise<ProbeRow[]> {
  return readJsonRows(folder, split, rowSchema, faults)
}
