/** The difficulty record of a problem, the same for every kind of scene. Pure. */
import type { Scene } from './scene.ts'
import type { Looks } from './world/scene.ts'
import { itemAt } from '../shared/known.ts'

/** How hard a problem is, in numbers that are known because its scene is. */
export interface Difficulty {
  /** Share of the picture that a target takes up; of a world the smallest icon of its targets. */
  readonly target_share: number
  /** Things that fit a part of what the question describes. */
  readonly look_alikes: number
  /** Places that have to be looked at, and how. */
  readonly targets: number
  readonly looks: Looks
  /** All things in the picture. */
  readonly things: number
}

/** Of shapes. Look-alikes have the target's colour or its shape. */
export function difficultyOf({ objects, clutter, target }: Scene): Difficulty {
  const { colour, shape, side } = itemAt(objects, target)
  const alike = objects.filter((own) => own.colour === colour || own.shape === shape)
  return {
    target_share: Number((side ** 2).toPrecision(4)),
    look_alikes: alike.length - 1,
    targets: 1,
    looks: 'one',
    things: objects.length + clutter.length,
  }
}
