import { expect, test } from 'vitest'
import { keepNewest } from './keep-newest.ts'

test('what was used longest ago goes first', () => {
  const kept = new Map<string, number>()
  for (const [value, key] of ['a', 'b', 'a', 'c', 'd'].entries()) keepNewest(kept, key, value, 3)
  expect([...kept]).toEqual([
    ['a', 2],
    ['c', 3],
    ['d', 4],
  ])
})
