/** Where a command writes, also when it is a step of a step. */
import { afterEach, expect, test, vi } from 'vitest'
import { print, resultsAside } from './output.ts'

afterEach(() => vi.restoreAllMocks())

test('results of a step stay aside after a step of its own, and are results again once it has ended', async () => {
  const written: string[] = []
  const to =
    (name: string) =>
    (text: unknown): boolean => {
      written.push(`${name}: ${String(text).trim()}`)
      return true
    }
  vi.spyOn(process.stdout, 'write').mockImplementation(to('stdout'))
  vi.spyOn(process.stderr, 'write').mockImplementation(to('stderr'))
  await resultsAside(async () => {
    await resultsAside(async () => print('inner'))
    await expect(resultsAside(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    print('outer')
  })
  print('result')
  expect(written).toEqual(['stderr: inner', 'stderr: outer', 'stdout: result'])
})
