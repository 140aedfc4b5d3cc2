import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mapAsFinished, mapLimit } from './map-limit.ts'

/** Work that is done after so many rounds of the event loop, however busy the machine is. */
async function ticks(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await tick()
}

describe('mapLimit', () => {
  it('keeps the order of the items and never runs more than the limit', async () => {
    let running = 0
    let most = 0
    const results = await mapLimit([30, 1, 20, 5, 10, 2], 3, async (ms, index) => {
      most = Math.max(most, ++running)
      await ticks(ms)
      running--
      return `${index}:${ms}`
    })
    expect(results).toEqual(['0:30', '1:1', '2:20', '3:5', '4:10', '5:2'])
    expect(most).toBe(3)
  })

  it('pulls from its source only when there is room', async () => {
    let pulled = 0
    async function* source(): AsyncGenerator<number> {
      for (;;) yield pulled++
    }
    for await (const { index } of mapAsFinished(source(), 2, async (n) => n)) if (index >= 4) break
    expect(pulled).toBeLessThanOrEqual(8)
  })

  it('yields as results finish', async () => {
    const order: number[] = []
    for await (const { value } of mapAsFinished([40, 1, 15], 3, async (ms) => (await ticks(ms), ms))) order.push(value)
    expect(order).toEqual([1, 15, 40])
  })

  it('starts nothing more after a failure, waits for what is in flight, and throws that failure', async () => {
    const started: number[] = []
    let finished = 0
    const work = async (n: number): Promise<void> => {
      started.push(n)
      if (n === 1) throw new Error('one is broken')
      await ticks(20)
      finished++
    }
    await expect(mapLimit([0, 1, 2, 3, 4, 5], 3, work)).rejects.toThrow('one is broken')
    expect(started.length).toBeLessThanOrEqual(3)
    expect(finished).toBe(started.length - 1)
  })

  it('yields what is in flight after an abort, then throws', async () => {
    const controller = new AbortController()
    const got: number[] = []
    const run = async (): Promise<void> => {
      const work = async (n: number): Promise<number> => (await ticks(10), n)
      for await (const { value } of mapAsFinished([0, 1, 2, 3, 4], 2, work, controller.signal)) {
        got.push(value)
        controller.abort()
      }
    }
    await expect(run()).rejects.toMatchObject({ name: 'AbortError', code: 'aborted' })
    expect(got.toSorted()).toEqual([0, 1])
  })

  it('starts nothing when aborted before', async () => {
    let started = 0
    await expect(mapLimit([1], 1, async () => started++, AbortSignal.abort())).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(started).toBe(0)
  })

  it('handles 20,000 items at once-finished speed', async () => {
    const results = await mapLimit({ [Symbol.iterator]: () => Array(20_000).keys() }, 256, async (n) => n * 2)
    expect(results.at(-1)).toBe(39_998)
  })
})
