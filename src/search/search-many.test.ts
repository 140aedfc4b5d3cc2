import { setImmediate as nextTick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Policy } from '../policy/policy.ts'
import { profiles } from '../protocol/profile.ts'
import type { Picture } from '../vision/picture.ts'
import { sampleSeed, searchGroup, searchMany } from './search-many.ts'
import type { Sample, SearchResult } from './search-many.ts'
import type { Task } from './search.ts'

/** A grey picture that costs nothing, so that the loop itself is what is measured. */
const grey = new Uint8Array(64 * 64 * 3).fill(128)
const picture: Picture = {
  width: 4000,
  height: 3000,
  sha256: '0'.repeat(64),
  region: async (_, size) => ({ ...size, data: grey }),
}
const task = (n: number): Task => ({
  picture,
  problem: { docId: `p${n}`, dataSource: 'test', question: '?', answer: 'red' },
})
const zoom =
  '<think>Closer.</think><grounding>{"bbox_2d": [0.1, 0.1, 0.6, 0.6], "source": "original_image"}</grounding>'

/** Zooms five times and answers with its seed. */
function seededPolicy() {
  const state = { open: 0, most: 0 }
  const policy: Policy = {
    name: 'seeded',
    open(_, { seed }) {
      state.most = Math.max(state.most, ++state.open)
      return {
        async take(_message, { turn }) {
          await nextTick()
          const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }
          return { text: turn < 6 ? zoom : `<answer>${seed}</answer>`, finish: 'stop', usage }
        },
        close: () => void state.open--,
      }
    },
  }
  return { policy, state }
}

const options = { profile: profiles.embedded, seed: 3 }
function* samples(count: number): Generator<Sample> {
  for (let n = 0; n < count; n++) yield { task: task(n), sampleIndex: n % 2 }
}

describe('many searches', () => {
  it('run a group with seeds of their own, in the order of their indices, the same every time', async () => {
    const group = await searchGroup(task(1), seededPolicy().policy, { ...options, samples: 5 })
    expect(group.map(({ trajectory }) => trajectory.sampleIndex)).toEqual([0, 1, 2, 3, 4])
    const answers = group.map(({ trajectory }) => trajectory.answer)
    expect(answers).toEqual([0, 1, 2, 3, 4].map((index) => String(sampleSeed(3, task(1).problem, index))))
    expect(new Set(answers).size).toBe(5)
    expect(await searchGroup(task(1), seededPolicy().policy, { ...options, samples: 5, concurrency: 2 })).toMatchObject(
      group.map(({ trajectory }) => ({ trajectory: { answer: trajectory.answer } })),
    )
  })

  it('never run more at once than allowed, and lose none', async () => {
    const { policy, state } = seededPolicy()
    const seen = new Set<string>()
    for await (const { trajectory } of searchMany(samples(40), policy, { ...options, concurrency: 7 })) {
      seen.add(trajectory.problem.docId)
    }
    expect(seen.size).toBe(40)
    expect(state).toEqual({ open: 0, most: 7 })
  })

  it('finish what is in flight when told to stop, and start no more', async () => {
    const stop = new AbortController()
    const { policy, state } = seededPolicy()
    const results: SearchResult[] = []
    const all = async (): Promise<void> => {
      const many = searchMany(samples(100), policy, { ...options, concurrency: 4, stop: stop.signal })
      for await (const result of many) {
        results.push(result)
        stop.abort()
      }
    }
    await expect(all()).rejects.toMatchObject({ code: 'aborted' })
    expect(results.length).toBeGreaterThanOrEqual(4)
    expect(results.length).toBeLessThan(10)
    expect(results.every(({ trajectory }) => trajectory.end === 'answered')).toBe(true)
    expect(state.open).toBe(0)
  })

  it('are cut off by an abort, without warnings about listeners', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const controller = new AbortController()
    const { policy, state } = seededPolicy()
    const attempt = searchGroup(task(1), policy, {
      ...options,
      samples: 64,
      signal: controller.signal,
      onEvent: ({ kind }) => kind === 'acted' && controller.abort(),
    })
    await expect(attempt).rejects.toMatchObject({ name: 'AbortError' })
    await expect.poll(() => state.open).toBe(0)
    expect(state.most).toBeGreaterThan(10)
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it('tell every event with its search', async () => {
    const counts = new Map<number, number>()
    await searchGroup(task(1), seededPolicy().policy, {
      ...options,
      samples: 3,
      onEvent: (event, _, index) => counts.set(index, (counts.get(index) ?? 0) + (event.kind === 'observed' ? 1 : 0)),
    })
    expect(Object.fromEntries(counts)).toEqual({ 0: 6, 1: 6, 2: 6 })
  })
})
