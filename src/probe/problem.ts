/** Scenes by name, and the problems that they pose. Pure. */
import { relativeBox } from '../protocol/box.ts'
import { levels } from '../protocol/problem.ts'
import type { Level, Problem } from '../protocol/problem.ts'
import { UserError } from '../shared/errors.ts'
import { itemAt } from '../shared/known.ts'
import { colours, makeScene, questionStart, sceneQuestion, shapes } from './scene.ts'
import type { Colour, Scene, Shape } from './scene.ts'
import { isOneOf } from '../shared/fields.ts'

/** Everything needed to generate a scene again; data sets contain this instead of, or in addition to, a picture. */
export interface SceneRef {
  readonly kind: 'shapes'
  readonly seed: number
  readonly level: Level
  /** The target's digit, where a set balances its answers. */
  readonly digit?: number | undefined
}

export function sceneFrom({ seed, level, digit }: SceneRef): Scene {
  return makeScene(seed, level, digit)
}

/** The problem that a scene poses; `docId` such as `shapes_hard_12` names level and seed. */
export function makeProblem(scene: Scene): Problem & Required<Pick<Problem, 'answer' | 'targetBoxRel'>> {
  const { x, y, side, digit } = itemAt(scene.objects, scene.target)
  return {
    docId: `${scene.kind}_${scene.level}_${scene.seed}`,
    dataSource: `visual_probe_${scene.kind}_${scene.level}`,
    question: sceneQuestion(scene),
    answer: String(digit),
    level: scene.level,
    targetBoxRel: relativeBox(x - side / 2, y - side / 2, x + side / 2, y + side / 2),
  }
}

/** What a question asks for. */
export interface Goal {
  readonly colour: Colour
  readonly shape: Shape
}

const questionPattern = new RegExp(`^${questionStart} (${colours.join('|')}) (${shapes.join('|')})\\?$`)

/** The goal of a question as scenes pose it; undefined for any other text. */
export function parseGoal(question: string): Goal | undefined {
  const [, colour, shape] = questionPattern.exec(question.trim()) ?? []
  return isOneOf(colours, colour) && isOneOf(shapes, shape) ? { colour, shape } : undefined
}

const docIdPattern = new RegExp(`^shapes_(${levels.join('|')})_(\\d{1,15})$`)

/**
 * The scene behind a problem, by the problem's name and answer. Throws UserError `not-a-scene` for a problem that
 * `makeProblem` did not make.
 */
export function sceneOf(problem: Problem): Scene {
  const [, level, seed] = docIdPattern.exec(problem.docId) ?? []
  if (isOneOf(levels, level) && /^\d$/.test(problem.answer ?? '')) {
    const digit = Number(problem.answer)
    const scene = sceneFrom({ kind: 'shapes', seed: Number(seed), level, digit })
    if (makeProblem(scene).question === problem.question) return scene
  }
  throw new UserError(
    'not-a-scene',
    `${problem.docId} of ${problem.dataSource} is not a generated scene. Make some: mini-o3 probe build --help`,
  )
}
