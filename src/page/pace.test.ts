import { expect, test } from 'vitest'
import { searched } from '../../test/searched.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { paceOf, paceTexts, usedText } from './pace.ts'

const usage = (promptTokens: number, replyTokens: number, cachedTokens?: number) => ({
  promptTokens,
  imageTokens: 0,
  replyTokens,
  ...(cachedTokens !== undefined && { cachedTokens }),
})
const stored = searched([0])
const [zoom, answer] = stored.turns as [Trajectory['turns'][0], Trajectory['turns'][0]]
const asked: Trajectory = {
  ...stored,
  policy: 'chat:qwen',
  ms: 5200,
  turns: [
    { ...zoom, usage: usage(1000, 50), startMs: 10, ms: 2000, firstTokenMs: 400 },
    {
      ...answer,
      usage: usage(300, 20, 1000),
      startMs: 2100,
      ms: 3000,
      retries: [
        { atMs: 100, why: 'busy', waitMs: 1500 },
        { atMs: 1700, why: 'refused' },
      ],
    },
  ],
}

test('a model behind a server is billed the whole conversation every turn; costs and times add up', () => {
  const pace = paceOf(asked, { sent: 2, cached: 1, written: 10 })!
  expect(pace.turns.map(({ used }) => [used.tokens, used.cost])).toEqual([
    [{ sent: 1000, cached: 0, written: 50 }, 0.0025],
    [{ sent: 1350, cached: 1000, written: 20 }, (350 * 2 + 1000 + 200) / 1e6],
  ])
  expect(pace.total.cost).toBeCloseTo(0.0044)
  expect([pace.totalMs, pace.total.waitedMs, pace.total.retries]).toEqual([5200, 1500, 2])
  expect(paceTexts(pace, 1)).toEqual(['Turn 1: 2.0 s; 1,000 tokens sent, 50 written; cost 0.0025'])
  expect(paceTexts(pace, 2)).toEqual([
    'Turn 2: 3.0 s, of which 1.5 s waiting (2 retries); 1,350 tokens sent (1,000 cached), 20 written; cost 0.0019',
    'So far: 5.0 s, of which 1.5 s waiting (2 retries); 2,350 tokens sent (1,000 cached), 70 written; cost 0.0044',
  ])
  expect(paceTexts(pace, 0)).toEqual([expect.stringMatching(/^All: 5.2 s/)])
})

test('a policy of this process reads what is new; earlier versions stored only how long a turn took', () => {
  const turns = asked.turns.map(
    ({ startMs: _startMs, firstTokenMs: _firstTokenMs, retries: _retries, ...turn }) => turn,
  )
  const pace = paceOf({ ...asked, policy: 'embedded', turns })!
  expect(pace.turns.map(({ startMs }) => startMs)).toEqual([0, 2000])
  expect(usedText(pace.total, pace.billed)).toBe('5.2 s; 1,300 tokens in, 70 out')
})

test('the turn at which a search failed is the last', () => {
  const { turns } = asked
  const retries = [{ atMs: 5, why: 'busy', waitMs: 100 }]
  const pace = paceOf({
    ...asked,
    ms: 9000,
    turns: turns.slice(0, 1),
    unfinished: { startMs: 2100, ms: 6900, retries },
  })!
  expect(pace.turns.map(({ replied }) => replied)).toEqual([true, false])
  expect(paceTexts(pace, 2)).toEqual([
    'Turn 2: 6.9 s, of which 100 ms waiting (1 retry); no reply',
    expect.stringMatching(/^So far: 8.9 s/),
  ])
})

test('without times and tokens there is nothing to say', () => {
  const turns = stored.turns.map((turn) => ({ ...turn, ms: 0 }))
  expect(paceOf({ ...stored, turns })).toBeUndefined()
  expect(paceOf({ ...stored, turns: [] })).toBeUndefined()
})
