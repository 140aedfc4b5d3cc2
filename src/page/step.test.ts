import { expect, test } from 'vitest'
import { searched } from '../../test/searched.ts'
import { pixelBox, relativeBox } from '../protocol/box.ts'
import { completed, ends } from '../protocol/trajectory.ts'
import { endText, endTitle, isMaskedEnd, refusedBox, sizeWords, stepsOf } from './step.ts'

test('masked is what training leaves out: ends at a limit, not those of its own', () => {
  const scored = ends.filter((end) => end !== 'failed')
  expect(scored.map(isMaskedEnd)).toEqual(scored.map((end) => !completed(end)))
})

test('an answer beyond a limit is told apart from none', () => {
  const beyond = { end: 'over-turn', answer: 'red' } as const
  expect([endText(beyond), endTitle(beyond)]).toEqual([
    'answered beyond the limit (ran out of turns)',
    'Answered beyond the limit: ran out of turns',
  ])
  const without = { ...beyond, answer: null }
  expect([endText(without), endTitle(without)]).toEqual(['ran out of turns', 'No answer: ran out of turns'])
  expect(endText({ end: 'void', answer: 'red' })).toBe('stopped without an answer')
})

test('a refused box lies where its source lies, cut off at the edges of that', () => {
  const trajectory = searched([0, -1])
  const [, step] = stepsOf(trajectory)
  const refused = (source: string, ...box: [number, number, number, number]) => {
    const action = { kind: 'grounding', boxRel: relativeBox(...box), source } as const
    return refusedBox(trajectory, { ...step!, turn: { ...step!.turn, action } })
  }
  expect(refused('original_image', 0.5, 0.5, 2, 2)).toEqual(pixelBox(512, 512, 1024, 1024))
  expect(refused('observation_1', 0.5, 0, 1, 0.5)).toEqual(pixelBox(256, 0, 512, 256))
  expect(refused('observation_1', 1, 0.5, 0.5, 0)).toEqual(pixelBox(256, 0, 512, 256))
  expect(refused('observation_9', 0, 0, 1, 1)).toBeUndefined()
  expect(refused('a window', 0, 0, 1, 1)).toBeUndefined()
  expect(refused('original_image', 0.5, 0.5, 0.5, 0.6)).toBeUndefined()
  expect(refusedBox(trajectory, stepsOf(trajectory)[0]!)).toBeUndefined()
})

test('what there is beside what the policy saw of it', () => {
  expect(sizeWords(searched([0]).observations[1]!)).toBe('512 → 64')
})
