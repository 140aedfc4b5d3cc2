import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { atMost } from './at-most.ts'

it('does no more at once than it may, in the order of asking, and goes on after a failure', async () => {
  const bounded = atMost(2)
  let now = 0
  let most = 0
  const started: number[] = []
  const work = (n: number): Promise<number> =>
    bounded(async () => {
      started.push(n)
      most = Math.max(most, ++now)
      await sleep(2)
      now--
      if (n === 1) throw new Error('one')
      return n
    })
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  expect(started).toEqual([0, 1, 2, 3, 4])
  expect(most).toBe(2)
  expect(await work(5)).toBe(5)
})
