/** The scene behind a problem, found by the problem's name: what the teacher searches by and training draws views from. */
import { makeProblem, sceneFrom } from '../probe/problem.ts'
import type { Scene } from '../probe/scene.ts'
import { levels } from '../protocol/problem.ts'
import type { Problem } from '../protocol/problem.ts'
import { UserError } from '../shared/errors.ts'

const namePattern = new RegExp(`^shapes_(${levels.join('|')})_(\\d{1,15})$`)

/** Throws UserError `not-a-scene` for a problem that `mini-o3 probe build` did not make. */
export function sceneOf(problem: Problem): Scene {
  const [, level, seed] = namePattern.exec(problem.docId) ?? []
  const known = levels.find((name) => name === level)
  if (known && /^\d$/.test(problem.answer ?? '')) {
    const scene = sceneFrom({ kind: 'shapes', seed: Number(seed), level: known, digit: Number(problem.answer) })
    if (makeProblem(scene).question === problem.question) return scene
  }
  throw new UserError(
    'not-a-scene',
    `${problem.docId} of ${problem.dataSource} is not a generated scene. Make some: mini-o3 probe build --help`,
  )
}
