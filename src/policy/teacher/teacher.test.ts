import { describe, expect, test } from 'vitest'
import { cellBox, closerBox, parseCell, phrases, readablePx } from '../../model/language.ts'
import { encodeText, special } from '../../model/tokenizer.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene, type Scene } from '../../probe/scene.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { type Level, levels } from '../../protocol/problem.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { searchToEnd } from '../../search/search-many.ts'
import { teacherPolicy } from './teacher.ts'

const side = 4096

async function searched(
  seed: number,
  level: Level,
  mistakeRate = 0,
): Promise<{ scene: Scene; trajectory: Trajectory }> {
  const scene = makeScene(seed, level)
  const policy = teacherPolicy({ sceneOf: () => scene, mistakeRate })
  const task = { picture: scenePicture(scene, side), problem: makeProblem(scene) }
  const { trajectory } = await searchToEnd(task, policy, { profile: profiles.embedded, seed, maxTurns: 32 })
  return { scene, trajectory }
}

const seeds = Array.from({ length: 40 }, (_, i) => i)

describe('teacher', () => {
  test('on medium scenes it looks closer, in a window half as wide, where the shape is right and the digit small', async () => {
    let closer = 0
    for (const seed of seeds) {
      const { trajectory } = await searched(seed, 'medium')
      for (const { text, action } of trajectory.turns) {
        if (action?.kind !== 'grounding') continue
        const name = / To check: \S+ ([a-h][1-8])/.exec(text)?.[1]
        if (name === undefined) continue
        const looksCloser = text.includes(phrases.closer)
        if (looksCloser) closer++
        expect(action.boxRel).toEqual((looksCloser ? closerBox : cellBox)(parseCell(name)!))
      }
    }
    expect(closer).toBeGreaterThanOrEqual(seeds.length * 0.9)
  })

  test('answers are right, and come only when the target is legible in the view', async () => {
    for (const level of levels) {
      for (const seed of seeds) {
        const { scene, trajectory } = await searched(seed, level, 0.1)
        if (trajectory.end === 'over-turn') continue
        expect(trajectory.end).toBe('answered')
        const target = scene.objects[scene.target]!
        expect(trajectory.answer).toBe(String(target.digit))
        const [x0, y0, x1, y1] = trajectory.observations.at(-1)!.boxInOriginalPx
        expect((target.side * side * 64) / (x1 - x0)).toBeGreaterThan(readablePx * 0.98)
        expect(target.x * side).toBeGreaterThan(x0)
        expect(target.x * side).toBeLessThan(x1)
        expect(target.y * side).toBeGreaterThan(y0)
        expect(target.y * side).toBeLessThan(y1)
      }
    }
  })

  test('never a mistake of form: every turn is one the small policy can read and write', async () => {
    for (const seed of seeds) {
      const { trajectory } = await searched(seed, 'hard', 0.1)
      for (const { text, error } of trajectory.turns) {
        if (trajectory.end !== 'over-turn') expect(error).toBeUndefined()
        const tokens = encodeText(text)
        expect(tokens.length).toBeLessThan(45)
        expect(tokens).not.toContain(special.unknown)
      }
    }
  })

  test('hard scenes need long searches of many kinds', async () => {
    const all = await Promise.all(seeds.map((seed) => searched(seed, 'hard', 0.1)))
    const turns = all.map(({ trajectory }) => trajectory.turns.length)
    expect(Math.max(...turns)).toBeGreaterThan(12)
    expect(new Set(turns).size).toBeGreaterThan(8)
    const texts = all.map(({ trajectory }) => trajectory.turns.map(({ text }) => text).join(''))
    for (const sign of ['Not it', 'Too small to tell', 'I scan the quadrants', 'Nothing here']) {
      expect(
        texts.some((text) => text.includes(sign)),
        sign,
      ).toBe(true)
    }
    const sources = all.flatMap(({ trajectory }) =>
      trajectory.turns.flatMap(({ action }) => (action?.kind === 'grounding' ? [action.source] : [])),
    )
    expect(sources).toContain('original_image')
    expect(sources.some((source) => source.startsWith('observation_'))).toBe(true)
  })

  test('the same seed gives the same search', async () => {
    const withoutTimes = ({ trajectory }: { trajectory: Trajectory }): unknown[] =>
      trajectory.turns.map(({ text }) => text)
    expect(withoutTimes(await searched(7, 'hard', 0.5))).toEqual(withoutTimes(await searched(7, 'hard', 0.5)))
  })
})
