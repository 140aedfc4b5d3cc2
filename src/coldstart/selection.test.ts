import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pixelBox } from '../protocol/box.ts'
import { nearlySame, startSelection } from './selection.ts'
import type { Candidate, SelectionRules } from './selection.ts'

const box = (x: number, y: number) => pixelBox(x, y, x + 100, y + 100)

function candidate(key: string, change: Partial<Candidate> = {}): Candidate {
  return { key, problem: key, turns: 2, boxes: [box(0, 0)], ...change }
}

function select(candidates: readonly Candidate[], rules: SelectionRules): string[] {
  const selection = startSelection(rules)
  for (const each of candidates) selection.add(each)
  return [...selection.keys()]
}

const guess = { turns: 1, boxes: [] }

describe('selection', () => {
  it('takes everything without rules, and the first so many with a target', () => {
    const all = ['a', 'b', 'c'].map((key) => candidate(key))
    expect(select(all, {})).toEqual(['a', 'b', 'c'])
    expect(select(all, { target: 2 })).toEqual(['a', 'b'])
    const selection = startSelection({ target: 1 })
    expect(selection.full()).toBe(false)
    selection.add(all[0]!)
    expect(selection.full()).toBe(true)
  })

  it('lets guesses wait until there is room for them', () => {
    const guesses = ['g', 'h'].map((key) => candidate(key, guess))
    const others = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => candidate(key))
    expect(select([...guesses, ...others], { maxSingleTurn: 0.25 })).toEqual(['a', 'b', 'c', 'g', 'd', 'e', 'f', 'h'])
    expect(select([...guesses, ...others], { maxSingleTurn: 0 })).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    expect(select(guesses, { maxSingleTurn: 1 })).toEqual(['g', 'h'])
  })

  it('knows a repetition only within a problem, by its looks in their order', () => {
    const looks = [box(0, 0), box(500, 500)]
    const first = candidate('a', { problem: 'p', turns: 3, boxes: looks })
    expect(nearlySame(first, { ...first, boxes: [box(3, 0), box(500, 502)] })).toBe(true)
    expect(nearlySame(first, { ...first, boxes: [box(20, 0), box(500, 520)] })).toBe(false)
    expect(nearlySame(first, { ...first, boxes: looks.toReversed() })).toBe(false)
    expect(nearlySame(first, { ...first, turns: 4 })).toBe(false)
    const again = { ...first, key: 'b' }
    expect(select([first, again, { ...again, key: 'c', problem: 'q' }], { maxDuplicates: 0 })).toEqual(['a', 'c'])
  })

  it('never goes over a share or the target, and what follows a full set changes nothing', () => {
    const one = fc.record({
      problem: fc.constantFrom('p', 'q', 'r'),
      x: fc.integer({ min: 0, max: 3 }),
      guess: fc.boolean(),
    })
    const share = fc.constantFrom(0, 0.1, 0.3, 0.5)
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 60 }),
        share,
        share,
        fc.integer({ min: 1, max: 30 }),
        (items, a, b, target) => {
          const candidates = items.map((item, i) =>
            candidate(String(i), {
              problem: item.problem,
              ...(item.guess ? guess : { boxes: [box(item.x * 200, 0)] }),
            }),
          )
          const rules = { target, maxSingleTurn: a, maxDuplicates: b }
          const keys = select(candidates, rules)
          const chosen = candidates.filter(({ key }) => keys.includes(key))
          const plain = new Set(
            chosen.filter(({ boxes }) => boxes.length > 0).map(({ problem, boxes }) => `${problem} ${boxes.join()}`),
          )
          const guesses = chosen.filter(({ boxes }) => boxes.length === 0).length
          expect(keys.length).toBeLessThanOrEqual(target)
          expect(guesses).toBeLessThanOrEqual(a * keys.length)
          expect(keys.length - guesses - plain.size).toBeLessThanOrEqual(b * keys.length)
          for (let n = 0; n <= candidates.length; n++) {
            const early = select(candidates.slice(0, n), rules)
            expect(keys.slice(0, early.length)).toEqual(early)
            if (early.length === target) expect(early).toEqual(keys)
          }
        },
      ),
    )
  })
})
