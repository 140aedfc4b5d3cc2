import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { avgAtK, micro } from './aggregate.ts'
import { cycleScores } from './readers/hr-bench.ts'
import { mmeScores } from './readers/mme-realworld.ts'
import type { NamedScore, ScoredItem } from './aggregate.ts'
import { canInferLetter, mmeLetter, treeBenchLetter } from './letter-rules.ts'

const item = (correct: string, slices: Record<string, string> = {}): ScoredItem => ({
  slices,
  correct: [...correct].map((sample) => sample === '1'),
})
const byName = (scores: readonly NamedScore[]) =>
  Object.fromEntries(scores.map(({ name, score }) => [name, Number(score.toFixed(4))]))

describe('Avg@K', () => {
  it('is the mean over problems and samples', () => {
    expect(avgAtK([item('1100'), item('1111'), item('0001')])).toBeCloseTo(7 / 12)
    expect(avgAtK([])).toBe(0)
    const items = fc
      .integer({ min: 1, max: 5 })
      .chain((k) => fc.array(fc.array(fc.boolean(), { minLength: k, maxLength: k }), { minLength: 1 }))
    fc.assert(
      fc.property(items, (samples) => {
        const all = samples.flat()
        const naive = all.filter(Boolean).length / all.length
        expect(avgAtK(samples.map((correct) => ({ slices: {}, correct })))).toBeCloseTo(naive, 10)
      }),
    )
  })

  it('adds up parts of points where judges give these', () => {
    const graded = { ...item('101', { category: 'direct' }), credits: [1, 0, 0.5] }
    expect(avgAtK([graded, item('000')])).toBeCloseTo(0.25)
    expect(byName(micro.scores([graded, item('100')]))).toEqual({ overall: 0.4167, 'category: direct': 0.5 })
  })

  it('goes with the score of every slice', () => {
    const scores = micro.scores([
      item('11', { category: 'direct' }),
      item('10', { category: 'direct' }),
      item('00', { category: 'relative' }),
    ])
    expect(scores.map(({ name, items }) => [name, items])).toEqual([
      ['overall', 3],
      ['category: direct', 2],
      ['category: relative', 1],
    ])
    expect(byName(scores)).toEqual({ overall: 0.5, 'category: direct': 0.75, 'category: relative': 0 })
  })
})

describe('HR-Bench', () => {
  /** Two questions in two cycles, two samples each. */
  const at = (question: string, cycle: string, category: string, correct: string) =>
    item(correct, { question, cycle, category })
  it('is the mean over cycles; strict circular wants all presentations right in one sample', () => {
    const scores = cycleScores([
      at('1', 'a', 'single', '11'),
      at('1', 'b', 'single', '10'),
      at('2', 'a', 'cross', '01'),
      at('2', 'b', 'cross', '10'),
    ])
    expect(byName(scores)).toEqual({
      overall: 0.625, // a: (1 + 0.5) / 2, b: (0.5 + 0.5) / 2
      'category: single': 0.75,
      'category: cross': 0.5,
      'cycle: a': 0.75,
      'cycle: b': 0.5,
      'strict circular': 0.25, // question 1 in its first sample, question 2 in none
    })
  })

  it('gives each cycle the same weight, whatever its size', () => {
    const scores = cycleScores([at('1', 'a', 'single', '1'), at('2', 'a', 'single', '1'), at('1', 'b', 'single', '0')])
    expect(scores[0]).toEqual({ name: 'overall', score: 0.5, items: 3 })
    expect(scores.at(-1)).toEqual({ name: 'strict circular', score: 0.5, items: 2 })
  })
})

describe('MME-RealWorld', () => {
  it('has averages over problems and over subtasks, of all and of each task', () => {
    const at = (task: string, subtask: string, category: string, correct: string) =>
      item(correct, { task, subtask, category })
    const scores = mmeScores([
      at('Perception', 'Monitoring', 'person', '1'),
      at('Perception', 'Monitoring', 'person', '1'),
      at('Perception', 'Monitoring', 'vehicle', '0'),
      at('Perception', 'Remote Sensing', 'colour', '0'),
      at('Reasoning', 'Monitoring', 'person', '1'),
    ])
    expect(byName(scores)).toEqual({
      avg: 0.6,
      'avg-c': 0.5556, // (2/3 + 0 + 1) / 3
      'Perception: avg': 0.5,
      'Perception: avg-c': 0.3333,
      'Perception / Monitoring': 0.6667,
      'Perception / Monitoring / person': 1,
      'Perception / Monitoring / vehicle': 0,
      'Perception / Remote Sensing': 0,
      'Perception / Remote Sensing / colour': 0,
      'Reasoning: avg': 1,
      'Reasoning: avg-c': 1,
      'Reasoning / Monitoring': 1,
      'Reasoning / Monitoring / person': 1,
    })
  })
})

const colours = ['Red', 'Dark blue', 'Green', 'Grey', 'Not shown']

describe('mmeLetter', () => {
  it.each([
    ['B', 'B'],
    ['(C) Green', 'C'],
    ['The best answer is: D', 'D'],
    ['The answer is E.', 'E'],
    ['Best answer: C', 'B'], // a missing comma in the official list leaves this prefix in, and its B is taken
    ['Answer: D', 'A'],
    ['it is an apple of one two three four five six seven eight', undefined],
    ['dark blue', 'B'],
    ['purple', undefined],
    // The first option holds an empty text. A byte order mark is no blank for the script.
    [' ', 'A'],
    ['', 'A'],
    ['The answer is', 'A'],
    ['\u001F', 'A'],
    ['\uFEFF', undefined],
    ['İİİİ green', undefined],
    ['green', 'C'],
  ])('reads %j as %s', (answer, letter) => {
    expect(mmeLetter(answer, colours)).toBe(letter)
  })
})

describe('canInferLetter', () => {
  it.each([
    ['B', 'B'],
    ['(B).', 'B'],
    ['I think that the answer is C', 'C'],
    ['The colour is A, as one can see in the picture', undefined],
    ['A or B', undefined],
    ['It is dark blue', 'B'],
    ['red, not green', undefined],
    ['A car in the middle of the road has a colour that is hard to make out, and it may be green', undefined],
    ['Cannot determine the answer', 'Z'],
    ['Z', 'Z'],
    // "answer is" looks at one letter alone, of any case, and only the first counts.
    ['The answer is **C**, and A or B are not in the picture', 'C'],
    ['The ANSWER  IS d because A is hidden by B', 'D'],
    ['The answer is E or A', undefined],
    ['The answer is a bird, A or B', 'A'],
    ['The answer is unclear, A or B', undefined],
    ['The answer is not A, the answer is B, nor C', 'B'],
    ['Failed to obtain answer via API: answer is B', undefined],
    ['Failed to obtain answer via API for green', 'C'],
    ['B\u0085Dark\u001Cblue', 'B'],
    ['\uFEFFB', undefined],
  ])('reads %j as %s', (answer, letter) => {
    expect(canInferLetter(answer, colours)).toBe(letter)
  })
})

describe('treeBenchLetter', () => {
  // What VLMEvalKit's script makes of these answers; an empty letter is never right there.
  it.each([
    ['A', 'A'],
    ['c', 'C'],
    ['(B)', 'B'],
    ['B. To the right', 'B'],
    ['F', ''],
    ['The answer is C', 'E'],
    ['The best answer is B', 'E'],
    ['Answer: D', 'A'],
    ['To the left', 'E'],
    ['Front right', ''],
    ['bottom', 'B'],
    ['', 'A'],
    ['  ', 'A'],
    ['()', ''],
    ['(', 'A'],
    ['.', ''],
    ['12', ''],
    ['so my pick is: (h)', 'C'],
    ['\\boxed{C}', 'B'],
    ['**D**', 'D'],
    ['To thy right\nor so', ''],
    ['it is (h), for my sign is shown on it so often not, to my joy', 'E'],
    ['\uFF22', ''],
    ['c\uFF09', 'C'],
    ['\u3000B', 'B'],
    ['\uFEFF', ''],
    ['\x1C', 'A'],
    ['\uFB01', ''],
    ['\u24D0', ''],
  ])('reads %j as %j', (answer, letter) => {
    expect(treeBenchLetter(answer) ?? '').toBe(letter)
  })
})
