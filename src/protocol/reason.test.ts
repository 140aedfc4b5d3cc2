import { describe, expect, test } from 'vitest'
import { storedSearch } from '../../test/stored-searches.ts'
import { coordinateWords } from './prompts.ts'
import { afterEarlier, isRefusedForGood, reasonOf, reasonText } from './reason.ts'
import type { Trajectory, Turn } from './trajectory.ts'

const turn = { text: '', finish: 'stop', usage: { promptTokens: 1, imageTokens: 0, replyTokens: 1 }, ms: 1 } as const
const mistake = { ...turn, error: { code: 'bad-box', error: 'Not a box.' } } as const
const otherUnit = {
  ...turn,
  error: { code: 'wrong-unit', error: `"bbox_2d" has to be given ${coordinateWords.relative}, not [10, 20, 40, 50].` },
} as const
const zoom = {
  ...turn,
  action: { kind: 'grounding', boxRel: [0, 0, 1, 1], source: 'original_image' },
} as unknown as Turn

const ended = (change: Partial<Trajectory>): Trajectory => ({ ...storedSearch({ seed: 1, right: true }), ...change })

describe('what went wrong in a search', () => {
  test.each([
    ['a right or wrong answer counts', { end: 'answered' }, undefined],
    [
      'so does an answer beyond the limit',
      { end: 'over-turn', answer: '7', turns: [zoom, mistake, mistake] },
      undefined,
    ],
    [
      'a limit that was met by searching',
      { end: 'over-turn', answer: null, turns: [zoom, mistake, zoom] },
      { kind: 'unanswered', code: 'over-turn' },
    ],
    [
      'a full context',
      { end: 'over-context', answer: null, turns: [zoom] },
      { kind: 'unanswered', code: 'over-context' },
    ],
    [
      'failed, with its cause',
      { end: 'failed', failure: { code: 'gone', message: 'No line.' } },
      { kind: 'failed', code: 'gone', message: 'No line.' },
    ],
    [
      'cut off, with the option that gives more room',
      { end: 'void', policy: 'chat:m', turns: [{ ...turn, text: '<think>on and on', finish: 'length' }] },
      {
        kind: 'void',
        code: 'reply-cut',
        message: expect.stringContaining('--reply-tokens'),
        example: '<think>on and on',
      },
    ],
    [
      'cut off while it thought, with what it thought',
      {
        end: 'failed',
        failure: { code: 'reply-cut', message: 'Cut off.' },
        turns: [{ ...turn, thinking: 'I look', finish: 'length' }],
      },
      { kind: 'failed', code: 'reply-cut', message: 'Cut off.', example: 'I look' },
    ],
    [
      'boxes in another unit, with the option that names it',
      { end: 'over-turn', answer: null, turns: [otherUnit] },
      { kind: 'mistakes', code: 'wrong-unit', message: expect.stringContaining('--coordinates percent.') },
    ],
    [
      'boxes in another unit, though it was answered',
      { end: 'answered', turns: [otherUnit, zoom, otherUnit, { ...turn, text: 'done' }] },
      { kind: 'boxes', code: 'wrong-unit', message: expect.stringContaining('--coordinates percent.') },
    ],
    [
      'boxes in another unit that a strict profile cut off at the edges',
      { end: 'answered', turns: [{ ...zoom, action: { ...zoom.action, boxRel: [0, 0, 512, 411] } }] },
      { kind: 'boxes', code: 'wrong-unit', message: expect.stringContaining('--coordinates') },
    ],
    ['an empty reply', { end: 'void', turns: [{ ...turn, text: ' ' }] }, { kind: 'void', code: 'reply-empty' }],
    [
      'a reply without an action, with its beginning',
      { end: 'void', turns: [{ ...turn, text: 'The answer is 7.' }] },
      { kind: 'void', code: 'no-action', example: 'The answer is 7.' },
    ],
    [
      'a limit that was met by mistakes',
      { end: 'over-turn', answer: null, turns: [zoom, mistake, mistake] },
      { kind: 'mistakes', code: 'bad-box', message: expect.stringContaining('Not a box.') },
    ],
    [
      'a judge that failed',
      { end: 'answered', verdict: { kind: 'unjudged', reason: 'Nobody there.' } },
      { kind: 'unjudged', message: 'Nobody there.' },
    ],
  ] as const)('%s', (_, change, reason) => {
    const told = reasonOf(ended(change as Partial<Trajectory>))
    if (reason === undefined) expect(told).toBeUndefined()
    else expect(told).toMatchObject(reason)
  })
})

test('a refusal in the same words adds up, others do not', () => {
  const refused = (message: string) => ended({ end: 'failed', failure: { code: 'request-refused', message } })
  const once = refused('No, 17.')
  expect(isRefusedForGood(once)).toBe(false)
  const twice = afterEarlier(refused('No, 18.'), once.failure)
  expect(twice.failure).toEqual({ code: 'request-refused', message: 'No, 18.', times: 2 })
  expect(isRefusedForGood(twice)).toBe(true)
  expect(isRefusedForGood(afterEarlier(refused('Something else.'), once.failure))).toBe(false)
})

test.each([
  ['request-failed', true],
  ['reply-empty', true],
  ['reply-unreadable', true],
  ['reply-broken', true],
  ['image-refused', true],
  ['connection-cut', false],
  ['endpoint-failed', false],
  ['endpoint-busy', false],
  ['reply-timeout', false],
  ['wall-clock', false],
])('a search that ends twice as %s is given up: %s', (code, isGivenUp) => {
  const search = ended({ end: 'failed', failure: { code, message: 'It broke.' } })
  expect(isRefusedForGood(afterEarlier(search, search.failure))).toBe(isGivenUp)
})

test('a reason is one line of bounded length', () => {
  const reason = { kind: 'void', code: 'no-action', message: 'None.', example: 'x\n'.repeat(400) } as const
  const text = reasonText(reason, 100)
  expect(text).toHaveLength(100)
  expect(text).toMatch(/^void \(no-action\): None\. The reply began: "x/)
  expect(text).not.toContain('\n')
})
