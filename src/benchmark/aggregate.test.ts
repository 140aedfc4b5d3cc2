import { expect, test } from 'vitest'
import { cycleScores } from './readers/hr-bench.ts'

test('a category that is missing in a cycle has 0 there, as in the script of HR-Bench', () => {
  const row = (category: string, cycle: string, right: boolean) => ({
    slices: { category, cycle, question: `${category} 1` },
    correct: [right],
  })
  const scores = cycleScores([row('single', 'a', true), row('single', 'b', true), row('cross', 'a', true)])
  expect(scores.slice(0, 3)).toEqual([
    { name: 'overall', score: 1, items: 3 },
    { name: 'category: single', score: 1, items: 2 },
    { name: 'category: cross', score: 0.5, items: 1 },
  ])
})
