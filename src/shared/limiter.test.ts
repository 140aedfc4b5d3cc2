import { getEventListeners } from 'node:events'
import { setImmediate as tick } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { limiter } from './limiter.ts'

/** Work that is done after so many rounds of the event loop, however busy the machine is. */
async function ticks(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await tick()
}

it('runs no more than the limit at once, in the order of asking, and goes on after a failure', async () => {
  const limited = limiter(2)
  let now = 0
  let most = 0
  const started: number[] = []
  const task = (n: number): Promise<number> =>
    limited(async () => {
      started.push(n)
      most = Math.max(most, ++now)
      await ticks(2)
      now--
      if (n === 1) throw new Error('one')
      return n
    })
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(task))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  expect(started).toEqual([0, 1, 2, 3, 4])
  expect(most).toBe(2)
  expect(await task(5)).toBe(5)
})

it('lets a task that is aborted while it waits leave the queue, and starts the one behind it', async () => {
  const limited = limiter(1)
  let release = (): void => {}
  const first = limited(() => new Promise<void>((resolve) => (release = resolve)))
  const abort = new AbortController()
  const started: string[] = []
  const left = limited(async () => void started.push('left'), abort.signal)
  const behind = limited(async () => void started.push('behind'))
  abort.abort(new Error('the client is gone'))
  await expect(left).rejects.toMatchObject({ code: 'aborted', cause: { message: 'the client is gone' } })
  release()
  await Promise.all([first, behind])
  expect(started).toEqual(['behind'])
  await expect(limited(async () => 1, abort.signal)).rejects.toMatchObject({ code: 'aborted' })
})

it('listens once to a signal, however many tasks wait for it', async () => {
  const limited = limiter(1)
  let release = (): void => {}
  const first = limited(() => new Promise<void>((resolve) => (release = resolve)))
  await tick()
  const { signal } = new AbortController()
  const waiting = Array.from({ length: 20 }, (_, n) => limited(async () => n, signal))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  release()
  await first
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 20 }, (_, n) => n))
})
