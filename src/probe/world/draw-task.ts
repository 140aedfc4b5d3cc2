/** Makes, checks and draws one world into its two files. */
import { pixelBox } from '../../protocol/box.ts'
import type { Size } from '../../protocol/box.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import type { Encoding } from '../../vision/encode.ts'
import type { Pixels } from '../../vision/picture.ts'
import { confusing } from './confusion.ts'
import { drawWorld } from './draw-world.ts'
import { makeWorld } from './make-world.ts'
import type { WorldRef } from './make-world.ts'
import { worldRow } from './row.ts'
import type { World } from './scene.ts'
import { covering, solve } from './solve.ts'

export interface WorldTask {
  readonly world: WorldRef
  /** The longer side; absent: as the level says. */
  readonly sidePx: number | undefined
  readonly encoding: Encoding
  readonly path: string
  readonly scenePath: string
}

/** Writes the scene, and returns the pixels of its picture. A world that is not sound is an error, never a file. */
export async function makeWorldFiles({ world: ref, sidePx, encoding, scenePath }: WorldTask): Promise<Pixels> {
  const world = makeWorld(ref)
  const answers = solve(world).map(({ answer }) => answer)
  if (answers.length !== 1 || answers[0] !== world.answer || covering(world) > 0) {
    throw new Error(`the world has the answers ${answers.join(', ') || 'none'} in place of ${world.answer} alone`)
  }
  const confused = confusing(world)
  if (confused.length > 0) throw new Error(`the world could be confused by ${confused.join(', ')}`)
  const size = pictureSize(world, sidePx)
  const row = worldRow(world, ref, size, encoding === 'jpeg' ? 'jpg' : 'png')
  await replaceFile(scenePath, `${JSON.stringify({ row, world })}\n`)
  return drawWorld(world, pixelBox(0, 0, world.width, world.height), size)
}

function pictureSize({ width, height }: World, sidePx: number | undefined): Size {
  const scale = sidePx === undefined ? 1 : sidePx / Math.max(width, height)
  return { width: Math.round(width * scale), height: Math.round(height * scale) }
}
