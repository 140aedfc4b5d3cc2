/**
 * Builds a data set of scenes on disk: `train.json` and `test.json` with Mini-o3 JSON rows, and `pictures/` beside them.
 * The same seed gives the same bytes. Repeating an interrupted build resumes it.
 */
import { readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { levels } from '../protocol/problem.ts'
import type { Level } from '../protocol/problem.ts'
import { canonicalJson } from '../shared/canonical.ts'
import { errorCodeOf, messageOf, MiniO3Error, throwIfAborted, UserError } from '../shared/errors.ts'
import { makeFolder } from '../shared/make-folder.ts'
import { hashSeed, random } from '../shared/random.ts'
import { replaceFile } from '../shared/replace-file.ts'
import { removeStrays } from '../shared/strays.ts'
import { itemAt } from '../shared/known.ts'
import { difficultyOf } from './difficulty.ts'
import type { Difficulty } from './difficulty.ts'
import { drawPictures } from './draw-pictures.ts'
import { makeProblem, sceneFrom } from './problem.ts'
import type { SceneRef } from './problem.ts'
import { heldOutSeed } from './scene.ts'
import { fieldsOf } from '../shared/fields.ts'

export type Split = 'train' | 'test'

export interface ProbeOptions {
  /** The folder to build in: absent, empty, or holding the same build. */
  readonly out: string
  /** Numbers of problems. */
  readonly train: number
  readonly test: number
  readonly seed: number
  /** Absent: all three, in turn. */
  readonly level?: Level | undefined
  /** Width and height of the pictures; of worlds the longer side. */
  readonly sidePx?: number | undefined
  readonly format?: 'jpeg' | 'png'
  /** False: rows only. Readers draw the scenes that the rows name. */
  readonly pictures?: boolean
  /** Pictures drawn at once; absent: one a core, 8 at most (an 8K picture takes 200 MB). */
  readonly jobs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after every picture; `done` includes those that already existed. */
  readonly onPicture?: (done: number, total: number) => void
}

export interface BuiltProbe {
  /** Paths of the files of rows. */
  readonly train: string
  readonly test: string
  /** Pictures in the folder, and how many of them were drawn by this call. */
  readonly pictures: number
  readonly drawn: number
}

/** A Mini-o3 JSON row, with what this project adds to it. */
export interface ProbeRow {
  readonly images: readonly [string]
  readonly problem: string
  readonly solution: string
  readonly data_source: string
  readonly doc_id: string
  readonly level: Level
  /** `[x0, y0, x1, y1]` as fractions of the picture. */
  readonly target_box: readonly [number, number, number, number]
  readonly difficulty: Difficulty
  readonly scene: SceneRef
  /** Width and height of the scene's picture. */
  readonly side_px: number
}

/** Throws UserError: `probe-options`, `probe-folder-taken`, `probe-config-differs`, `probe-folder-unusable`. */
export async function buildProbe(options: ProbeOptions): Promise<BuiltProbe> {
  const { out, train, test, seed, level, sidePx = 4096, format = 'jpeg', pictures = true } = options
  const jobs = options.jobs ?? Math.min(8, availableParallelism())
  checkOptions(options, sidePx, jobs)
  const config = { kind: 'shapes', train, test, seed, level: level ?? 'all', sidePx, format, pictures }
  await claimFolder(out, config)

  const extension = format === 'jpeg' ? 'jpg' : 'png'
  const rowsOf = (split: Split, count: number): Promise<ProbeRow[]> =>
    makeRows(sceneRefs(split, count, seed, level), sidePx, extension, options.signal)
  const rows = { train: await rowsOf('train', train), test: await rowsOf('test', test) }
  const all = [...rows.train, ...rows.test]
  const owed = pictures ? await owedRows(out, all) : []
  let done = all.length - owed.length
  await drawPictures(
    owed.map(({ scene, images }) => ({ scene, sidePx, encoding: format, path: join(out, images[0]) })),
    jobs,
    () => options.onPicture?.(++done, all.length),
    options.signal,
  )
  const paths = { train: join(out, 'train.json'), test: join(out, 'test.json') }
  await replaceFile(paths.train, rowsText(rows.train))
  await replaceFile(paths.test, rowsText(rows.test))
  return { ...paths, pictures: pictures ? all.length : 0, drawn: owed.length }
}

/**
 * `count` scenes of a split: levels in turn, and within a level every ten have the ten digits as answers. More scenes
 * begin with the same ones.
 */
export function sceneRefs(split: Split, count: number, seed: number, level?: Level): SceneRef[] {
  const start = hashSeed('probe', split, seed)
  return Array.from({ length: count }, (_, i) => {
    const own = level ?? itemAt(levels, i % levels.length)
    const k = level ? i : Math.floor(i / levels.length)
    const digits = random('answers', split, seed, own, Math.floor(k / 10)).shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const sceneSeed = ((start + k) % heldOutSeed) + (split === 'test' ? heldOutSeed : 0)
    return { kind: 'shapes', seed: sceneSeed, level: own, digit: itemAt(digits, k % 10) }
  })
}

const rowsAtOnce = 256

/** Making rows takes seconds for many scenes: now and then it lets the signal come through. */
async function makeRows(
  refs: readonly SceneRef[],
  sidePx: number,
  extension: string,
  signal: AbortSignal | undefined,
): Promise<ProbeRow[]> {
  const rows: ProbeRow[] = []
  for (const ref of refs) {
    if (rows.length % rowsAtOnce === 0) {
      await setImmediate()
      throwIfAborted(signal)
    }
    rows.push(makeRow(ref, sidePx, extension))
  }
  return rows
}

function makeRow(ref: SceneRef, sidePx: number, extension: string): ProbeRow {
  const scene = sceneFrom(ref)
  const { docId, dataSource, question, answer, targetBoxRel } = makeProblem(scene)
  const [x0, y0, x1, y1] = targetBoxRel
  return {
    images: [`pictures/${docId}.${extension}`],
    problem: `<image>\n${question}`,
    solution: answer,
    data_source: dataSource,
    doc_id: docId,
    level: ref.level,
    target_box: [x0, y0, x1, y1],
    difficulty: difficultyOf(scene),
    scene: ref,
    side_px: sidePx,
  }
}

/** A JSON array with a row a line. */
export function rowsText(rows: readonly object[]): string {
  return `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`
}

/** Throws UserError `probe-options`. */
export function checkOptions(options: ProbeOptions, sidePx: number, jobs: number): void {
  const whole = (name: string, value: number, low: number, high: number): void => {
    if (Number.isSafeInteger(value) && value >= low && value <= high) return
    throw new UserError('probe-options', `${name} is ${value}: it has to be a whole number from ${low} to ${high}.`)
  }
  whole('train', options.train, 0, 1_000_000)
  whole('test', options.test, 0, 1_000_000)
  whole('seed', options.seed, 0, Number.MAX_SAFE_INTEGER)
  whole('The side of a picture in pixels', sidePx, 64, 8192)
  whole('jobs', jobs, 1, 256)
  if (options.train + options.test === 0) {
    throw new UserError('probe-options', 'There is nothing to build: ask for some train or test problems.')
  }
  if (options.level !== undefined && !levels.includes(options.level)) {
    throw new UserError('probe-options', `There is no level ${String(options.level)}: it is ${levels.join(', ')}.`)
  }
}

export const configName = 'dataset.json'

/** Makes the folder this build's, or finds that it is already; anything else in it is an error. */
export async function claimFolder(out: string, config: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    await makeFolder(out)
    const names = await readdir(out)
    await removeStrays(out)
    if (names.includes(configName)) return await checkConfig(join(out, configName), config)
    if (names.every((name) => name.endsWith('.tmp'))) {
      return await replaceFile(join(out, configName), `${JSON.stringify(config, null, 2)}\n`)
    }
  } catch (error) {
    if (error instanceof MiniO3Error) throw error
    throw new UserError(
      'probe-folder-unusable',
      `${out} cannot be written to: ${messageOf(error)}. Name another folder with --out.`,
      { cause: error },
    )
  }
  throw new UserError(
    'probe-folder-taken',
    `${out} is not empty and contains no data set (no ${configName}). Name another folder with --out.`,
  )
}

async function checkConfig(path: string, config: Readonly<Record<string, unknown>>): Promise<void> {
  let stored: Record<string, unknown>
  try {
    stored = fieldsOf(JSON.parse(await readFile(path, 'utf8'))) ?? {}
  } catch (error) {
    throw new UserError('probe-folder-taken', `${path} is not JSON. Name another folder with --out.`, { cause: error })
  }
  const differing = Object.keys(config).filter(
    (key) => canonicalJson(stored[key] ?? null) !== canonicalJson(config[key]),
  )
  if (differing.length === 0) return
  const words = differing.map((key) => `${key}: ${String(stored[key])}, now ${String(config[key])}`)
  throw new UserError(
    'probe-config-differs',
    `${path} describes another data set (${words.join('; ')}). Repeat its settings, or name another folder with --out.`,
  )
}

/** The rows whose pictures are not there yet. */
async function owedRows(out: string, rows: readonly ProbeRow[]): Promise<ProbeRow[]> {
  const there = await finishedFiles(join(out, 'pictures'))
  return rows.filter(({ images }) => !there.has(images[0].slice('pictures/'.length)))
}

/** Names in a folder, if there is one. Files appear whole, by renaming; what a kill left beside them goes. */
export async function finishedFiles(folder: string): Promise<ReadonlySet<string>> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCodeOf(error) === 'ENOENT') return []
    throw error
  })
  for (const name of names.filter((torn) => torn.endsWith('.tmp'))) await rm(join(folder, name))
  return new Set(names)
}
