/** Closing several things: each is closed, and every error is told. */
import { expect, test } from 'vitest'
import { settleAll } from './settle-all.ts'

test('waits for all, also for those that end after an error', async () => {
  let ended = false
  const slow = new Promise((resolve) => setImmediate(resolve)).then(() => (ended = true))
  const failed = new Error('one')
  await expect(settleAll([Promise.reject(failed), undefined, slow])).rejects.toBe(failed)
  expect(ended).toBe(true)
})

test('several errors are one that holds them all', async () => {
  const settled = settleAll([Promise.reject(new Error('one')), Promise.resolve(), Promise.reject(new Error('two'))])
  await expect(settled).rejects.toMatchObject({ errors: [{ message: 'one' }, { message: 'two' }] })
})

test('nothing is told where nothing failed', async () => {
  await settleAll([Promise.resolve(7), undefined])
})
