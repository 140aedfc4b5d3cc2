import { describe, expect, it } from 'vitest'
import type { Problem } from '../protocol/problem.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { judgeCanInfer } from './can-infer.ts'
import { judgeChoice } from './choice.ts'
import { judgeExact } from './exact.ts'
import { judgeTrajectory } from './judge.ts'
import { judgeMmeLetter } from './mme-letter.ts'

const unanswered: Problem = { docId: 'p1', dataSource: 'test', question: 'Which colour?' }
const problem: Problem = { ...unanswered, answer: 'White.' }

describe('judgeExact', () => {
  it.each(['White.', 'white', '  WHITE \n', 'white .', 'Ｗhite'])('takes %j for right', (answer) => {
    expect(judgeExact(problem, answer)).toEqual({ kind: 'correct', reason: 'the same words' })
  })

  it.each(['<|begin_of_box|>7<|end_of_box|>', '7<|im_end|>', '7.<|im_end|>\n'])(
    'ignores special tokens in %j',
    (answer) => {
      expect(judgeExact({ ...problem, answer: '7' }, answer).kind).toBe('correct')
      expect(judgeExact({ ...problem, answer: '77' }, answer).kind).toBe('wrong')
    },
  )

  it.each(['</s>', '<eos>', '<end_of_turn>', '<|eot_id|>', '<|end|>', '<｜end▁of▁sentence｜>', '</s>\n<|im_end|>'])(
    'ignores %j only at the end of an answer',
    (mark) => {
      const seven = { ...problem, answer: '7' }
      expect([`7${mark}`, `7. ${mark}\n`].map((answer) => judgeExact(seven, answer).kind)).toEqual([
        'correct',
        'correct',
      ])
      expect(judgeExact({ ...problem, answer: `It says ${mark}` }, `It says ${mark}`).kind).toBe('correct')
    },
  )

  it('keeps what an answer says in the form of such a token', () => {
    const tag = { ...problem, answer: '</s> closes it' }
    expect(judgeExact(tag, '</s> closes it').kind).toBe('correct')
    expect(judgeExact({ ...problem, answer: 'closes it' }, '</s> closes it').kind).toBe('wrong')
    expect(judgeExact({ ...problem, answer: '</s>' }, '<eos>').kind).toBe('wrong')
  })

  it('takes special tokens alone for wrong', () => {
    expect(judgeExact(problem, '<|im_end|>').kind).toBe('wrong')
  })

  it.each(['off white', 'whit', 'white!', 'black'])('takes %j for wrong', (answer) => {
    expect(judgeExact(problem, answer).kind).toBe('wrong')
  })

  it('does not confuse numbers that end in a period', () => {
    expect(judgeExact({ ...problem, answer: '3.5' }, '35').kind).toBe('wrong')
    const several = { ...problem, answer: 'left', alternatives: ['West', 'port side'] }
    expect(
      ['left', 'west.', 'Port  side', 'right', 'left or west'].map((one) => judgeExact(several, one).kind),
    ).toEqual(['correct', 'correct', 'correct', 'wrong', 'wrong'])
    expect(judgeExact({ ...problem, answer: 'two  words' }, 'Two\twords.').kind).toBe('correct')
  })

  it('takes no answer for wrong, and judges nothing without a reference', () => {
    expect(judgeExact(problem, null)).toEqual({ kind: 'wrong', reason: 'no answer' })
    expect(judgeExact(problem, ' ')).toEqual({ kind: 'wrong', reason: 'no answer' })
    expect(judgeExact(unanswered, 'x').kind).toBe('unjudged')
  })
})

describe('judgeCanInfer', () => {
  it('takes the one letter among the last words, and asks nobody where there is none', () => {
    const problem = { docId: 'a', dataSource: 'x', question: 'Which?', answer: 'B', choices: ['red', 'blue'] }
    expect(judgeCanInfer(problem, 'I think that it is B').kind).toBe('correct')
    expect(judgeCanInfer(problem, 'It is A, as one can see in the picture.').kind).toBe('wrong')
    expect(judgeCanInfer(problem, 'It is blue').kind).toBe('correct')
    expect(judgeCanInfer(problem, 'Cannot determine the answer').kind).toBe('wrong')
  })
})

describe('judgeMmeLetter', () => {
  const problem = { docId: 'a', dataSource: 'x', question: 'Which?', answer: 'A', choices: ['red', 'blue'] }

  it('takes an empty extraction for A, as the released script does, but not a search that came to no answer', () => {
    expect(judgeMmeLetter(problem, 'The answer is').kind).toBe('correct')
    expect(judgeMmeLetter(problem, ' ').kind).toBe('correct')
    expect(judgeMmeLetter(problem, null)).toEqual({ kind: 'wrong', reason: 'no answer' })
  })
})

describe('judgeChoice', () => {
  const choice: Problem = { ...problem, answer: 'B', choices: ['red', 'dark blue', 'blue', 'green'] }

  it.each([
    'B',
    'b',
    '(B)',
    'B. dark blue',
    '(B) something else',
    'Dark blue.',
    'The answer is B, not A',
    'Answer: B',
    'I would choose B.',
    'It is the dark green... no: **B**',
    'B) dark blue',
    'B, dark blue',
    'the answer is b.',
    'The answer is (b)',
    'Final answer: **B**',
    '\\boxed{B}',
    'Option B',
    'I see dark blue',
  ])('reads B in %j', (answer) => {
    expect(judgeChoice(choice, answer).kind).toBe('correct')
  })

  it.each([
    ['A', 'chose A'],
    ['The answer is D.', 'chose D'],
    ['Answer: D', 'chose D'],
    ['It is green', 'chose D'],
    ['The answer is a green one', 'chose D'],
    ['Answer: a green one', 'chose D'],
    ['A and B', 'no choice could be read'],
    ['Sorry, I cannot see that', 'no choice could be read'],
    ['B it is, though one may doubt that', 'no choice could be read'],
    ['E', 'no choice could be read'],
    ['red or green', 'no choice could be read'],
    ['A bird sits on the roof of that house', 'no choice could be read'],
    ['A careful look says option B', 'no choice could be read'],
    [`${'word '.repeat(50)} green`, 'no choice could be read'],
  ])('takes %j for wrong: %s', (answer, reason) => {
    expect(judgeChoice(choice, answer)).toEqual({ kind: 'wrong', reason })
  })

  it('takes the reference by letter or by text, and choices with letters in front', () => {
    const lettered = { ...choice, answer: 'dark blue', choices: ['(A) red', '(B) dark blue'] }
    expect(judgeChoice(lettered, 'B').kind).toBe('correct')
    expect(judgeChoice(lettered, 'dark blue').kind).toBe('correct')
    expect(judgeChoice({ ...choice, answer: 'purple' }, 'B').kind).toBe('unjudged')
    expect(judgeChoice({ ...choice, choices: [] }, 'C').kind).toBe('wrong')
  })
})

it('leaves a failed search unjudged, and judges the others', async () => {
  const trajectory = { problem, answer: 'white', end: 'answered' } as Trajectory
  expect((await judgeTrajectory(trajectory, judgeExact, undefined)).verdict?.kind).toBe('correct')
  expect(
    (await judgeTrajectory({ ...trajectory, end: 'over-turn', answer: null }, judgeExact, undefined)).verdict?.kind,
  ).toBe('wrong')
  expect((await judgeTrajectory({ ...trajectory, end: 'failed' }, judgeExact, undefined)).verdict?.kind).toBe(
    'unjudged',
  )
})
