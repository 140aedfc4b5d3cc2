/**
 * Builds a set of worlds on disk: rows, `pictures/`, and `scenes/` with each problem's row and its whole scene. A picture is
 * written after its scene, so a picture that is there has everything, and a build that was stopped goes on with the others.
 */
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { levels } from '../../protocol/problem.ts'
import type { Level } from '../../protocol/problem.ts'
import { throwIfAborted, UserError } from '../../shared/errors.ts'
import { makeFolder } from '../../shared/make-folder.ts'
import { hashSeed, random } from '../../shared/random.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { itemAt } from '../../shared/known.ts'
import { checkOptions, claimFolder, finishedFiles, rowsText } from '../dataset.ts'
import { heldOutSeed } from '../scene.ts'
import type { BuiltProbe, ProbeOptions, Split } from '../dataset.ts'
import { drawPictures } from '../draw-pictures.ts'
import type { WorldRef } from './make-world.ts'
import { worldDocId } from './row.ts'
import type { WorldRow } from './row.ts'
import { families } from './scene.ts'
import type { World } from './scene.ts'

/** One file of `scenes/`. */
export interface StoredWorld {
  readonly row: WorldRow
  readonly world: World
}

/**
 * `sidePx` is the longer side; absent, pictures are as large as their level says. Throws UserError as `buildProbe` does, and
 * `probe-options` without pictures, which nothing but a build can draw.
 */
export async function buildWorlds(options: ProbeOptions): Promise<BuiltProbe> {
  const { out, train, test, seed, level, sidePx, format = 'jpeg' } = options
  const jobs = options.jobs ?? Math.min(8, availableParallelism())
  checkOptions(options, sidePx ?? 4096, jobs)
  if (options.pictures === false) {
    throw new UserError('probe-options', 'Worlds always have pictures. Leave out --no-pictures.')
  }
  await claimFolder(out, {
    kind: 'world',
    generator: worldGenerator,
    train,
    test,
    seed,
    level: level ?? 'all',
    sidePx: sidePx ?? 'level',
    format,
  })
  await makeFolder(join(out, 'scenes'))
  const extension = format === 'jpeg' ? 'jpg' : 'png'
  const refs = { train: worldRefs('train', train, seed, level), test: worldRefs('test', test, seed, level) }
  const all = [...refs.train, ...refs.test]
  const there = await finishedFiles(join(out, 'pictures'))
  await finishedFiles(join(out, 'scenes'))
  const owed = all.filter((ref) => !there.has(`${worldDocId(ref)}.${extension}`))
  let done = all.length - owed.length
  const tasks = owed.map((world) => ({
    world,
    sidePx,
    encoding: format,
    path: join(out, 'pictures', `${worldDocId(world)}.${extension}`),
    scenePath: scenePath(out, worldDocId(world)),
  }))
  await drawPictures(tasks, jobs, () => options.onPicture?.(++done, all.length), options.signal)
  const paths = { train: join(out, 'train.json'), test: join(out, 'test.json') }
  for (const split of ['train', 'test'] as const) {
    const rows: WorldRow[] = []
    for (const ref of refs[split]) {
      throwIfAborted(options.signal)
      rows.push((await readWorld(out, worldDocId(ref))).row)
    }
    await replaceFile(paths[split], rowsText(rows))
  }
  return { ...paths, pictures: all.length, drawn: owed.length }
}

export function scenePath(out: string, docId: string): string {
  return join(out, 'scenes', `${docId}.json`)
}

/** As it was written. A file that somebody changed is for `probe check` to find: it derives all of it again. */
export async function readWorld(out: string, docId: string): Promise<StoredWorld> {
  const stored: StoredWorld = JSON.parse(await readFile(scenePath(out, docId), 'utf8'))
  return stored
}

/** Another number for every change after which a seed gives another world. */
export const worldGenerator = 2

const draws = Array.from({ length: 24 }, (_, n) => n)

/** `count` worlds of a split: levels in turn, within a level families in turn, and within a family what is balanced. */
export function worldRefs(split: Split, count: number, seed: number, level?: Level): WorldRef[] {
  const start = hashSeed('world', split, seed)
  return Array.from({ length: count }, (_, i) => {
    const own = level ?? itemAt(levels, i % levels.length)
    const k = level ? i : Math.floor(i / levels.length)
    const family = itemAt(families, k % families.length)
    const round = Math.floor(k / families.length)
    const order = random('draws', split, seed, own, family, Math.floor(round / draws.length)).shuffle(draws)
    const ownSeed = ((start + k) % heldOutSeed) + (split === 'test' ? heldOutSeed : 0)
    return { kind: 'world', seed: ownSeed, level: own, family, draw: itemAt(order, round % draws.length) }
  })
}
