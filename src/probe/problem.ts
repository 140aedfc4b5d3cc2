/** Scenes by name, and the problems that they pose. Pure. */
import { relativeBox } from '../protocol/box.ts'
import type { Level, Problem } from '../protocol/problem.ts'
import { makeScene, sceneQuestion } from './scene.ts'
import type { Scene } from './scene.ts'

/** All that it takes to make a scene again: data sets carry this in place of, or beside, a picture. */
export interface SceneRef {
  readonly kind: 'shapes'
  readonly seed: number
  readonly level: Level
  /** The target's digit, where a set balances its answers. */
  readonly digit?: number
}

export function sceneFrom({ seed, level, digit }: SceneRef): Scene {
  return makeScene(seed, level, digit)
}

/** The problem that a scene poses; `docId` such as `shapes_hard_12` names level and seed. */
export function makeProblem(scene: Scene): Problem {
  const { x, y, side, digit } = scene.objects[scene.target]!
  return {
    docId: `${scene.kind}_${scene.level}_${scene.seed}`,
    dataSource: `visual_probe_${scene.kind}_${scene.level}`,
    question: sceneQuestion(scene),
    answer: String(digit),
    level: scene.level,
    targetBoxRel: relativeBox(x - side / 2, y - side / 2, x + side / 2, y + side / 2),
  }
}
