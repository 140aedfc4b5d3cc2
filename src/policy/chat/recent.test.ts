import { expect, it } from 'vitest'
import { keepRecent } from './recent.ts'

it('makes a value once for all who ask while it is kept, and drops the least recently used', async () => {
  const made: string[] = []
  const recent = keepRecent<string>(2)
  const ask = (key: string): Promise<string> => recent(key, async () => (made.push(key), key.toUpperCase()))
  expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual(['A', 'A', 'B'])
  await ask('a')
  await ask('c')
  await ask('a')
  expect(made).toEqual(['a', 'b', 'c'])
  await ask('b')
  expect(made).toEqual(['a', 'b', 'c', 'b'])
})

it('forgets a failure', async () => {
  const recent = keepRecent<number>(2)
  await expect(recent('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await recent('a', async () => 1)).toBe(1)
})
