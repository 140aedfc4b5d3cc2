import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advantages, objectives, tokenCoefficients } from './advantages.ts'

const ofSixteen = (right: number): number[] => Array.from({ length: 16 }, (_, i) => (i < right ? 1 : 0))
const allCompleted = Array<boolean>(16).fill(true)

describe('advantages', () => {
  test.each([
    [1, 3.75, -0.25],
    [8, 0.968, -0.968],
    [15, 0.25, -3.75],
  ])('official: %i right of 16', (right, ofRight, ofWrong) => {
    const group = advantages(ofSixteen(right), allCompleted, { mode: 'official' })
    expect(group.advantages[0]).toBeCloseTo(ofRight, 2)
    expect(group.advantages[15]).toBeCloseTo(ofWrong, 2)
    expect(group.divisor).toBe(16)
  })

  test('the worked example: rewards 1, 0, 1, 0, the last one over turn', () => {
    expect(advantages([1, 0, 1, 0], [true, true, true, false], { mode: 'paper' })).toEqual({
      advantages: [1, -1, 1, 0],
      divisor: 3,
      zeroSpread: false,
    })
  })

  test('coefficients of tokens: the worked example of three responses and a masked one', () => {
    const group = { advantages: [Math.SQRT1_2, -Math.SQRT2, Math.SQRT1_2, 0], divisor: 3, zeroSpread: false }
    const [row] = tokenCoefficients([group], [[100, 200, 50, 300]])
    expect(row!.map((value) => Number(value.toFixed(6)))).toEqual([0.002357, -0.002357, 0.004714, 0])
    expect(100 * row![0]! + 200 * row![1]! + 50 * row![2]!).toBeCloseTo(0, 12)
  })

  test('the text of the paper: statistics over all responses, masked ones included', () => {
    const { advantages: all, divisor } = advantages([1, 0, 0, 0], [true, true, false, false], { mode: 'paper' })
    expect(all[0]).toBeCloseTo(0.75 / Math.sqrt(3 / 16), 12)
    expect(all[1]).toBeCloseTo(-0.25 / Math.sqrt(3 / 16), 12)
    expect(all.slice(2)).toEqual([0, 0])
    expect(divisor).toBe(2)
  })

  test('vanilla punishes running out of turns', () => {
    const { advantages: all } = advantages([1, 0, 0, 0], [true, true, false, false], { mode: 'vanilla' })
    expect(all[2]).toBe(all[1])
    expect(all[2]).toBeLessThan(0)
  })

  test('a group without spread teaches nothing', () => {
    for (const mode of objectives) {
      expect(advantages([1, 1, 1], [true, true, true], { mode }).zeroSpread).toBe(true)
      expect(advantages([0, 0, 0], [false, false, false], { mode }).zeroSpread).toBe(true)
    }
    expect(() => advantages([1], [], { mode: 'paper' })).toThrow(RangeError)
  })

  const groupArbitrary = fc
    .array(fc.record({ right: fc.boolean(), completed: fc.boolean(), tokens: fc.integer({ min: 1, max: 500 }) }), {
      minLength: 2,
      maxLength: 16,
    })
    .map((responses) => ({
      rewards: responses.map(({ right, completed }) => (right && completed ? 1 : 0)),
      completed: responses.map(({ completed }) => completed),
      tokens: responses.map(({ tokens }) => tokens),
    }))

  test('masked responses have exactly no weight, and their length changes nothing', () => {
    fc.assert(
      fc.property(groupArbitrary, fc.integer({ min: 1, max: 500 }), (group, otherLength) => {
        for (const mode of ['paper', 'official'] as const) {
          const result = advantages(group.rewards, group.completed, { mode })
          const [row] = tokenCoefficients([result], [group.tokens])
          const lengths = group.tokens.map((tokens, i) => (group.completed[i] ? tokens : otherLength))
          const [other] = tokenCoefficients([result], [lengths])
          for (const [i, done] of group.completed.entries()) {
            if (!done) expect(row![i]).toBe(0)
            else expect(other![i]).toBe(row![i])
          }
        }
      }),
    )
  })

  test('without masked responses, paper and vanilla are the same', () => {
    fc.assert(
      fc.property(groupArbitrary, ({ rewards }) => {
        const completed = rewards.map(() => true)
        expect(advantages(rewards, completed, { mode: 'paper' })).toEqual(
          advantages(rewards, completed, { mode: 'vanilla' }),
        )
      }),
    )
  })
})
