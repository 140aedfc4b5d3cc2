/**
 * Reads problems from Mini-o3 JSON: an array or lines of rows `images, problem, solution, data_source, doc_id`, with the optional fields of
 * `mini-o3 probe build` (`level, choices, target_box, target_boxes, difficulty, scene, side_px`). Every row is validated before anything
 * is searched.
 */
import { readdir } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { z } from 'zod'
import { makeProblem, sceneFrom } from '../../probe/problem.ts'
import type { SceneRef } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { relativeBox } from '../../protocol/box.ts'
import { mostPictures } from '../../protocol/originals.ts'
import { levels } from '../../protocol/problem.ts'
import type { Level, Problem } from '../../protocol/problem.ts'
import type { PictureReading } from '../../protocol/rules.ts'
import { errorCodeOf, UserError } from '../../shared/errors.ts'
import { mapLimit } from '../../shared/map-limit.ts'
import { itemAt } from '../../shared/known.ts'
import type { Picture } from '../../vision/picture.ts'
import { micro } from '../aggregate.ts'
import type { Benchmark, ReadBenchmarkOptions } from '../benchmark.ts'
import { orReport, plainQuestion, rowError as placeError } from '../entry.ts'
import type { BenchmarkEntry } from '../entry.ts'
import { notOpened, plainName } from '../files/find-file.ts'
import { LongText, readJsonItems } from '../files/json-items.ts'
import type { JsonItem } from '../files/json-items.ts'
import { withoutNulls } from '../files/json-text.ts'
import { addressed, isInside, pictureFinder } from '../files/picture-files.ts'
import type { PictureFinder } from '../files/picture-files.ts'
import { pictureFile, several } from '../files/stored-picture.ts'
import { openText } from '../files/text-source.ts'
import { fieldsOf } from '../../shared/fields.ts'
import { targetFields } from '../target-boxes.ts'

/** A problem, its (first) picture (a file, or its scene drawn on demand, `sidePx` wide), and its scene if the row names one. */
export interface ProblemEntry extends BenchmarkEntry {
  readonly picture: { readonly file: string } | { readonly scene: SceneRef; readonly sidePx: number }
  /** Also set if the picture is a file. */
  readonly scene?: SceneRef
}

/** `reading`: how the profile decodes pictures; default as displayed. */
export function openProblemPicture(entry: ProblemEntry, reading: PictureReading = 'displayed'): Promise<Picture> {
  return entry.openPicture(reading)
}

/**
 * The problems of a file, or of `<split>.json` in a folder (without `split`: `test.json`, otherwise `val.json`). Pictures are looked up
 * relative to the file, then one folder up as in the official data sets, and nowhere else; without a file, the picture is drawn from the
 * scene. Throws UserError `data-not-found`, `data-not-json` or `data-row`, which names file, row (from 1) and field.
 */
export async function readProblems(
  path: string,
  options: Pick<ReadBenchmarkOptions, 'split' | 'report'> = {},
): Promise<ProblemEntry[]> {
  const { split, report } = options
  const file = await rowsFile(path, split)
  const rows = await readRows(file)
  const folder = dirname(resolve(file))
  const bases = [folder, dirname(folder)] as const
  const pictures = pictureFinder()
  const seen = new Map<string, number>()
  const read = async ({ value, broken }: JsonItem, index: number): Promise<ProblemEntry> => {
    if (broken !== undefined) throw rowError(file, index + 1, '', broken)
    const row = checkedRow(file, index + 1, value)
    const name = `${row.data_source}/${row.doc_id}`
    const before = seen.get(name)
    if (before !== undefined) throw rowError(file, index + 1, 'doc_id', `${name} is already used by row ${before}`)
    seen.set(name, index + 1)
    checkScene(file, index + 1, row)
    const found = await mapLimit(row.images, 4, (image) =>
      pictureOf(file, index + 1, { ...row, image }, bases, pictures),
    )
    const picture = itemAt(found, 0)
    const problem = problemOf(row)
    return {
      problem,
      slices: problem.level === undefined ? {} : { level: problem.level },
      place: `${file}, row ${index + 1}`,
      picture,
      ...(row.scene && { scene: row.scene }),
      ...several(found.map((one) => ('file' in one ? pictureFile(one.file) : drawnPicture(one.scene, one.sidePx)))),
    }
  }
  const entries = await mapLimit(rows, 16, (value, index) => orReport(report, () => read(value, index)))
  return entries.filter((entry) => entry !== undefined)
}

export const miniO3Rows: Benchmark = {
  name: 'visual-probe',
  title: 'Mini-o3 rows',
  datasets: [],
  download: 'nothing: create such a set with mini-o3 probe build',
  layout: 'test.json, val.json or any file of rows, with its pictures in the same folder or one folder up',
  licence: 'Your own.',
  samples: 1,
  judge: 'exact',
  answer: 'first',
  aggregate: micro,
  question: 'As in the file, without answering instructions.',
  notes: '',
  read: readProblems,
}

function drawnPicture(scene: SceneRef, sidePx: number): Pick<BenchmarkEntry, 'openPicture' | 'checkPicture'> {
  return {
    openPicture: async () => scenePicture(sceneFrom(scene), sidePx),
    checkPicture: async () => undefined,
  }
}

const mark = '<image>'
const text = z.string().refine((value) => value.trim() !== '', 'is empty')
/** Some files have numbers as answers and names. */
const textOrNumber = z.union([text, z.number().transform(String)], 'has to be text')

const sceneSchema = z.object({
  kind: z.literal('shapes'),
  seed: z.int().nonnegative(),
  level: z.enum(levels),
  digit: z.int().min(0).max(9).exactOptional(),
})

const boxSchema = z
  .tuple([z.number(), z.number(), z.number(), z.number()])
  .refine(([x0, y0, x1, y1]) => x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= 1 && y1 <= 1, {
    message: 'has to be [x0, y0, x1, y1] as fractions of the picture',
  })

const rowSchema = z
  .object({
    images: z.array(text).min(1, 'has to name a picture').max(mostPictures, `names more than ${mostPictures} pictures`),
    problem: text,
    solution: textOrNumber,
    data_source: text,
    doc_id: textOrNumber,
    level: z.enum(levels).optional(),
    choices: z.array(text).min(2, 'has to contain at least two choices').optional(),
    target_box: boxSchema.optional(),
    target_boxes: z.array(boxSchema).min(1, 'has to contain at least one box').optional(),
    scene: sceneSchema.optional(),
    side_px: z.int().min(64).max(8192).default(4096),
  })
  .check(({ value: { images, problem, scene }, issues }) => {
    const refuse = (field: string, message: string) =>
      issues.push({ code: 'custom', path: [field], message, input: problem })
    if (problem.split(mark).length - 1 !== images.length) {
      const many = images.length === 1 ? 'there is one picture' : `there are ${images.length} pictures`
      const marks = images.length === 1 ? `exactly one ${mark}` : `${images.length} times ${mark}`
      refuse('problem', `has to contain ${marks}, because ${many}`)
    } else if (plainQuestion(problem, images.length) === '') refuse('problem', 'contains no question')
    if (scene && images.length > 1) refuse('scene', 'describes one picture, but the row names several')
  })
  .transform((row) => ({ ...row, problem: plainQuestion(row.problem, row.images.length) }))
type Row = z.infer<typeof rowSchema>

function checkedRow(file: string, number: number, value: unknown): Row {
  const { data, error } = rowSchema.safeParse(readFields(value))
  if (data) return data
  const issue = itemAt(error.issues, 0)
  const field = issue.path.join('.')
  const given = valueAt(value, issue.path)
  const what = given instanceof LongText ? 'is longer than 16 KiB' : issue.message
  throw rowError(file, number, field, field !== '' && given === undefined ? 'is missing' : what)
}

/** Accepts a single picture as `image` or without a list; null and empty lists count as absent. */
function readFields(value: unknown): unknown {
  const { image, images = image, choices, ...fields } = fieldsOf(withoutNulls(value)) ?? {}
  const none = choices === undefined || (Array.isArray(choices) && choices.length === 0)
  return { ...fields, images: typeof images === 'string' ? [images] : images, ...(!none && { choices }) }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => fieldsOf(inner)?.[String(key)], value)
}

function rowError(file: string, number: number, field: string, what: string): UserError {
  const where = field === '' ? '' : `, field ${field}`
  return placeError(`${file}, row ${number}${where}`, what)
}

function problemOf(row: Row): Problem {
  const boxes = row.target_boxes ?? (row.target_box ? [row.target_box] : [])
  const level = row.level ?? levelOf(row.data_source)
  return {
    docId: row.doc_id,
    dataSource: row.data_source,
    question: row.problem,
    answer: row.solution,
    ...(level && { level }),
    ...(row.choices && { choices: row.choices }),
    ...targetFields(boxes),
    ...(row.target_box && { targetBoxRel: relativeBox(...row.target_box) }),
  }
}

/** Refuses a row whose scene belongs to another question, since the wrong picture would be drawn or searched. */
function checkScene(file: string, number: number, { scene, problem, solution }: Row): void {
  if (!scene) return
  const { question, answer } = makeProblem(sceneFrom(scene))
  if (question === problem && answer === solution) return
  throw rowError(file, number, 'scene', `is for "${question}" with the answer ${answer}, which differs from the row`)
}

/** In the official files the level is part of the set name, such as `visual_probe_hard`. */
function levelOf(dataSource: string): Level | undefined {
  return levels.find((level) => dataSource.toLowerCase().endsWith(`_${level}`))
}

/** `bases`: folders to search, the outermost last; rows cannot name files outside of them. */
async function pictureOf(
  file: string,
  number: number,
  row: Row & { readonly image: string },
  bases: readonly [string, string],
  pictures: PictureFinder,
): Promise<ProblemEntry['picture']> {
  const { image } = row
  const candidates = bases.map((base) => resolve(base, image)).filter((path) => isInside(bases[1], path))
  if (isAbsolute(image) || candidates.length === 0) {
    throw rowError(file, number, 'images', `${image} has to be a path inside ${bases.join(' or ')}`)
  }
  for (const candidate of candidates) {
    const found = await pictures.at(bases[1], relative(bases[1], candidate))
    if ('file' in found) return found
  }
  const { scene, side_px: sidePx } = row
  if (!scene) {
    const missing = addressed(image)?.missing ?? `there is no file ${image} in ${bases.join(' or ')}`
    throw rowError(file, number, 'images', missing)
  }
  return { scene, sidePx }
}

function splitFiles(split: string | undefined): string[] {
  return split === undefined ? ['test.json', 'val.json'] : [`${split}.json`]
}

/** The names of a file of rows in a folder, in order of preference. */
export function miniO3Names(split?: string): readonly string[] {
  return splitFiles(split).flatMap((name) => [name, `${name}l`, `${name}.gz`, `${name}l.gz`])
}

async function rowsFile(path: string, split: string | undefined): Promise<string> {
  const names = await readdir(path).catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOTDIR') return undefined
    throw notOpened(path, error)
  })
  if (names === undefined) return path
  const wanted = splitFiles(split)
  const found = miniO3Names(split).find((name) => names.includes(name))
  if (found !== undefined) return join(path, found)
  const others = names.filter((name) => /\.jsonl?$/.test(plainName(name)))
  throw new UserError(
    'data-not-found',
    `There is no ${wanted.join(' or ')} in ${path}. ` +
      (others.length > 0 ? `Name one of its files: ${others.slice(0, 8).join(', ')}.` : 'Check the path.'),
  )
}

async function readRows(file: string): Promise<readonly JsonItem[]> {
  const items: JsonItem[] = []
  for await (const item of readJsonItems(file, await openText(file))) items.push(item)
  return items
}
