/** What a visitor chooses on the page that searches, read from its address (`src/page/try-address.ts`). */
import { colours, heldOutSeed, shapes } from '../src/probe/scene.ts'
import type { TrySettings } from '../src/page/try-address.ts'
import type { SceneRef } from '../src/probe/problem.ts'
import { levels } from '../src/protocol/problem.ts'
import { isOneOf } from '../src/shared/fields.ts'
import type { Route } from './route.ts'

/** Observations that the policy can name end here, too. */
export const mostTurns = 64
export const mostTemperature = 2
export const largestSeed = 2 ** 32 - 1

/** A scene that no policy was trained on. */
export function newScene(level: SceneRef['level']): SceneRef {
  const [any = 0] = crypto.getRandomValues(new Uint32Array(1))
  return { kind: 'shapes', level, seed: heldOutSeed + (any % heldOutSeed) }
}

export function settingsIn({ path, settings }: Route): TrySettings {
  const [, level, scene] = path
  const number = (text: string | null | undefined, most: number, fallback: number): number => {
    const value = text ? Number(text) : Number.NaN
    return value >= 0 && value <= most ? value : fallback
  }
  const whole = (text: string | null | undefined, most: number, fallback: number): number =>
    Math.floor(number(text, most, fallback))
  const digit = settings.get('digit')
  const [colour, shape] = settings.get('about')?.split('-') ?? []
  return {
    scene: {
      kind: 'shapes',
      level: isOneOf(levels, level) ? level : 'hard',
      seed: whole(scene, Number.MAX_SAFE_INTEGER, firstScene),
      ...(digit !== null && /^\d$/.test(digit) && { digit: Number(digit) }),
    },
    ...(isOneOf(colours, colour) && isOneOf(shapes, shape) && { goal: { colour, shape } }),
    maxTurns: Math.max(1, whole(settings.get('turns'), mostTurns, 32)),
    temperature: number(settings.get('temperature'), mostTemperature, 1),
    seed: whole(settings.get('seed'), largestSeed, 0),
  }
}

const firstScene = heldOutSeed
