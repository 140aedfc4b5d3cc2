/** Scenes by name, and the problems that they pose. Pure. */
import { relativeBox } from '../protocol/box.ts'
import { levels } from '../protocol/problem.ts'
import type { Level, Problem } from '../protocol/problem.ts'
import { UserError } from '../shared/errors.ts'
import { itemAt } from '../shared/known.ts'
import { colours, makeScene, questionStart, shapes } from './scene.ts'
import type { Colour, Scene, SceneObject, Shape } from './scene.ts'
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

/** What a question asks for. */
export interface Goal {
  readonly colour: Colour
  readonly shape: Shape
}

type Solved = Required<Pick<Problem, 'answer' | 'targetBoxRel'>>

/** The problem that a scene poses; `docId` such as `shapes_hard_12` names level and seed. */
export function makeProblem(scene: Scene): Problem & Solved {
  const target = itemAt(scene.objects, scene.target)
  return { ...asked(scene, target), ...solved(target) }
}

/** A question about anything on a scene. It has a reference answer if it fits exactly one object. */
export function problemAbout(scene: Scene, goal: Goal): Problem {
  const [only, ...others] = scene.objects.filter(({ colour, shape }) => colour === goal.colour && shape === goal.shape)
  return { ...asked(scene, goal), ...(only !== undefined && others.length === 0 && solved(only)) }
}

function asked({ kind, level, seed }: Scene, { colour, shape }: Goal): Problem {
  return {
    docId: `${kind}_${level}_${seed}`,
    dataSource: `visual_probe_${kind}_${level}`,
    question: `${questionStart} ${colour} ${shape}?`,
    level,
  }
}

function solved({ x, y, side, digit }: SceneObject): Solved {
  const half = side / 2
  return { answer: String(digit), targetBoxRel: relativeBox(x - half, y - half, x + half, y + half) }
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
