import { expect, it } from 'vitest'
import { keepRecent, recentValues } from './recent.ts'

it('drops what was used longest ago, by count or by size, and keeps the newest whatever its size', () => {
  const three = recentValues<number>(3)
  for (const [value, key] of ['a', 'b', 'a', 'c', 'd'].entries()) three.set(key, value)
  expect(['a', 'b', 'c', 'd'].map((key) => three.get(key))).toEqual([2, undefined, 3, 4])
  const sized = recentValues<string>(5, ({ length }) => length)
  sized.set('a', 'xx')
  sized.set('b', 'xxx')
  sized.get('a')
  sized.set('c', 'x')
  expect(['a', 'b', 'c'].map((key) => sized.get(key))).toEqual(['xx', undefined, 'x'])
  sized.set('a', 'x')
  sized.set('d', 'xxx')
  expect(['a', 'c', 'd'].map((key) => sized.get(key))).toEqual(['x', 'x', 'xxx'])
  sized.set('e', 'too large')
  sized.delete('none')
  expect(['a', 'c', 'd', 'e'].map((key) => sized.get(key))).toEqual([undefined, undefined, undefined, 'too large'])
})

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
