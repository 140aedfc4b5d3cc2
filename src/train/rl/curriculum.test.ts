import { describe, expect, test } from 'vitest'
import type { Level } from '../../protocol/problem.ts'
import { drawPlaces, type DrawnPlace, problemMemory } from './curriculum.ts'

const sizes = { easy: 4, medium: 3, hard: 0 }
const mix = { easy: 0.5, medium: 0.5, hard: 0 }
const easy = (index: number): DrawnPlace => ({ level: 'easy', index })

function countsOf(places: readonly DrawnPlace[], level: Level): number[] {
  return Array.from(
    { length: sizes[level] },
    (_, index) => places.filter((p) => p.level === level && p.index === index).length,
  )
}

describe('what a curriculum remembers', () => {
  test('a problem counts half for each time in a row with one reward, an eighth at least, and whole again after a spread', () => {
    const memory = problemMemory()
    const weights: number[] = []
    for (const right of [8, 0, 0, 8, 8, 3]) {
      memory.learn([{ ...easy(1), right, searches: 8 }])
      weights.push(memory.weightOf(easy(1)))
    }
    expect(weights).toEqual([1 / 2, 1 / 4, 1 / 8, 1 / 8, 1 / 8, 1])
    expect(memory.weightOf(easy(0))).toBe(1)
    expect(memory.weightOf({ level: 'medium', index: 1 })).toBe(1)
  })

  test('it tells how many problems count less', () => {
    const memory = problemMemory()
    memory.learn([easy(0), easy(1), easy(0)].map((place) => ({ ...place, right: 0, searches: 2 })))
    expect(memory.settled()).toBe(2)
    memory.learn([{ ...easy(1), right: 1, searches: 2 }])
    expect(memory.settled()).toBe(1)
  })
})

describe('the problems of a step', () => {
  test('are drawn by the seeds alone', () => {
    const asked = { count: 50, mix, sizes }
    expect(drawPlaces(asked, [1, 2])).toEqual(drawPlaces(asked, [1, 2]))
    expect(drawPlaces(asked, [1, 3])).not.toEqual(drawPlaces(asked, [1, 2]))
    expect(drawPlaces({ ...asked, weightOf: () => 1 }, [1, 2]).map(({ level }) => level)).toEqual(
      drawPlaces(asked, [1, 2]).map(({ level }) => level),
    )
  })

  test('by weight: those that count less come less often, and the levels as often as before', () => {
    const weightOf = ({ level, index }: DrawnPlace): number => (level === 'easy' && index > 0 ? 1 / 8 : 1)
    const even = drawPlaces({ count: 4400, mix, sizes }, [1])
    const weighted = drawPlaces({ count: 4400, mix, sizes, weightOf }, [1])
    const total = countsOf(weighted, 'easy').reduce((a, b) => a + b, 0)
    expect(Math.abs(total - 2200)).toBeLessThan(150)
    const [first, ...others] = countsOf(weighted, 'easy')
    expect(first! / total).toBeGreaterThan(0.68)
    expect(first! / total).toBeLessThan(0.78)
    for (const count of others) expect(count / total).toBeLessThan(0.13)
    for (const count of others) expect(count).toBeGreaterThan(0)
    for (const count of countsOf(even, 'easy')) expect(Math.abs(count / total - 1 / 4)).toBeLessThan(0.05)
    for (const count of countsOf(weighted, 'medium')) expect(Math.abs(count / 2200 - 1 / 3)).toBeLessThan(0.05)
  })

  test('a level that the mix wants and the data lack is said', () => {
    expect(() => drawPlaces({ count: 1, mix: { easy: 0, medium: 0, hard: 1 }, sizes }, [1])).toThrow(
      /no-problems|hard problems/,
    )
  })
})
