/** Converts a world to a Mini-o3 JSON row: its problem, and the extra fields of a set. Pure. */
import type { PixelBox, Size } from '../../protocol/box.ts'
import type { Level } from '../../protocol/problem.ts'
import { canonicalJson, sha256 } from '../../shared/canonical.ts'
import { itemAt } from '../../shared/known.ts'
import type { Difficulty } from '../difficulty.ts'
import type { WorldRef } from './make-world.ts'
import { union } from './place.ts'
import { worldQuestion } from './question.ts'
import { looksOf } from './scene.ts'
import type { Family, World } from './scene.ts'
import { targetShare } from './solve.ts'

type Fractions = readonly [number, number, number, number]

/** Boxes are `[x0, y0, x1, y1]` as fractions of the picture. */
export interface WorldRow {
  readonly images: readonly [string]
  readonly problem: string
  readonly solution: string
  readonly data_source: string
  readonly doc_id: string
  readonly level: Level
  readonly family: Family
  /** Four answers, and the letter of the right one. */
  readonly choices: readonly string[]
  readonly choice: string
  /** Around all targets, and around each. */
  readonly target_box: Fractions
  readonly target_boxes: readonly Fractions[]
  readonly difficulty: Difficulty
  readonly width: number
  readonly height: number
  readonly world: WorldRef
  /** Of the scene without its seed: two problems with the same one are the same. */
  readonly scene_sha256: string
}

export function worldDocId({ level, seed }: Pick<WorldRef, 'level' | 'seed'>): string {
  return `world_${level}_${seed}`
}

/** `picture`: the size that the world is drawn at. */
export function worldRow(world: World, ref: WorldRef, picture: Size, extension: string): WorldRow {
  const docId = worldDocId(ref)
  const relative = ([x0, y0, x1, y1]: PixelBox): Fractions => [
    round(x0 / world.width),
    round(y0 / world.height),
    round(x1 / world.width),
    round(y1 / world.height),
  ]
  return {
    images: [`pictures/${docId}.${extension}`],
    problem: `<image>\n${worldQuestion(world.question)}`,
    solution: world.answer,
    data_source: `visual_probe_world_${world.level}`,
    doc_id: docId,
    level: world.level,
    family: ref.family,
    choices: world.choices,
    choice: itemAt('ABCD', world.choices.indexOf(world.answer)),
    target_box: relative(union(world.targets)),
    target_boxes: world.targets.map(relative),
    difficulty: {
      target_share: Number(targetShare(world).toPrecision(4)),
      look_alikes: world.lookAlikes,
      targets: world.targets.length,
      looks: looksOf(world),
      things: things(world),
    },
    width: picture.width,
    height: picture.height,
    world: ref,
    scene_sha256: sceneHash(world),
  }
}

export function sceneHash(world: World): string {
  return sha256(canonicalJson({ ...world, seed: 0 }))
}

function things({ exhibits, scenery, rugs }: World): number {
  const stickers = rugs.reduce((sum, rug) => sum + rug.stickers.length, 0)
  return exhibits.reduce((sum, { around }) => sum + (around ? 5 : 1), 0) + scenery.length + stickers
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
