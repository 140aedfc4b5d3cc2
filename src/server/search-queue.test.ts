/** Who may search, who waits, and when the others are told to come again. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { HttpError } from './http/http-error.ts'
import { SearchQueue } from './search-queue.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** Seconds that whoever asks for `count` places is told to wait. */
function told(queue: SearchQueue, count = 1): number {
  try {
    queue.join(count)
  } catch (error) {
    expect(error).toMatchObject({ status: 429, code: 'busy' })
    return (error as HttpError).retryAfter!
  }
  throw new Error('there was room')
}

test('as many at once as may be, the others in their order', async () => {
  const queue = new SearchQueue({ atOnce: 2, waiting: 3 })
  const started: number[] = []
  const places = [...queue.join(2), ...queue.join(3)]
  for (const [index, { ready }] of places.entries()) void ready.then(() => started.push(index))
  await Promise.resolve()
  expect([started, queue.waiting]).toEqual([[0, 1], 3])
  places[3]!.leave()
  places[0]!.leave()
  await Promise.resolve()
  expect(started).toEqual([0, 1, 2])
  places[0]!.leave()
  await Promise.resolve()
  expect([started, queue.waiting]).toEqual([[0, 1, 2], 1])
})

test('places for all of an ask or for none', () => {
  const queue = new SearchQueue({ atOnce: 1, waiting: 2 })
  expect(told(queue, 4)).toBeGreaterThan(0)
  expect(queue.waiting).toBe(0)
  expect(queue.join(3)).toHaveLength(3)
})

test('those who find no room are told times one after the other, by how fast searches end', () => {
  const queue = new SearchQueue({ atOnce: 4, waiting: 4 })
  // Four at a time, each in 8 seconds: one ends every 2 seconds.
  for (let round = 0; round < 20; round++) {
    const four = queue.join(4)
    vi.advanceTimersByTime(8000)
    for (const place of four) place.leave()
  }
  queue.join(8)
  const waits = [told(queue), told(queue), told(queue, 2)]
  expect(waits[0]).toBeGreaterThan(1)
  expect(waits[1]! - waits[0]!).toBeGreaterThan(1)
  expect(waits[2]! - waits[1]!).toBeGreaterThan(waits[1]! - waits[0]!)
  // Who comes when all that were told have had their time does not wait for them as well.
  vi.advanceTimersByTime(100_000)
  expect(told(queue)).toBe(waits[0])
  // Nobody is sent away for long, whatever the crowd.
  for (let asks = 0; asks < 500; asks++) expect(told(queue)).toBeLessThanOrEqual(60)
})
