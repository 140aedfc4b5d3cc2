/** Values by problem and sample: what is set is found, counted once, and listed. */
import { expect, test } from 'vitest'
import { BySearch } from './by-search.ts'

test('a value per problem and sample, the last one that was set; samples may be missing', () => {
  const values = new BySearch<string>()
  const one = { dataSource: 'set', docId: 'one' }
  // Names that would be the same if they were only joined.
  const [left, right] = [
    { dataSource: 'a/b', docId: 'c' },
    { dataSource: 'a', docId: 'b/c' },
  ]
  values.set(one, 3, 'early')
  values.set(one, 3, 'late')
  values.set(one, 0, 'first')
  values.set(one, 2 ** 40, 'far')
  values.set(left, 0, 'left')
  expect(values.get(one, 3)).toBe('late')
  expect(values.has(one, 1)).toBe(false)
  expect(values.has(right, 0)).toBe(false)
  values.set(right, 0, 'right')
  expect(values.get(left, 0)).toBe('left')
  expect(values.size).toBe(5)
  expect([...values.values()]).toEqual(['first', 'late', 'far', 'left', 'right'])
})
