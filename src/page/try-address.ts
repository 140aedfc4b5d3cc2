/** The address of a search on the page that searches: `#/scene/hard/17?digit=3&turns=32&temperature=1&seed=0`. Pure. */
import { sceneOf } from '../probe/problem.ts'
import type { Goal, SceneRef } from '../probe/problem.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { UserError } from '../shared/errors.ts'

/** What a visitor chooses. */
export interface TrySettings {
  readonly scene: SceneRef
  /** Absent: what the scene asks itself. */
  readonly goal?: Goal | undefined
  readonly maxTurns: number
  readonly temperature: number
  readonly seed: number
}

export function tryAddress({ scene, goal, maxTurns, temperature, seed }: TrySettings) {
  return {
    path: ['scene', scene.level, scene.seed],
    settings: {
      ...(scene.digit !== undefined && { digit: scene.digit }),
      ...(goal && { about: `${goal.colour}-${goal.shape}` }),
      turns: maxTurns,
      temperature,
      seed,
    },
  }
}

/** Where a stored search can be searched again; undefined if its picture is no scene of shapes. */
export function tryAgain({ problem, maxTurns, seed }: Trajectory, temperature: number): string | undefined {
  try {
    const { kind, level, seed: scene } = sceneOf(problem)
    const ref: SceneRef = { kind, level, seed: scene, digit: Number(problem.answer) }
    const { path, settings } = tryAddress({ scene: ref, maxTurns, temperature, seed })
    const query = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    return `#/${path.join('/')}?${query.join('&')}`
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}
