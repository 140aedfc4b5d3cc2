/** Where a command writes, also when it is a step of a step, and what happens where nothing can be written. */
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
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

test.runIf(existsSync('/dev/full')).each([
  ['stdout', 1, /error: stdout cannot be written: ENOSPC.* Free some space/],
  ['stderr', 0, null],
])('a full disk behind %s ends a command with %i', (name, code, told) => {
  const url = (path: string): string => new URL(`../../../dist/cli/${path}`, import.meta.url).href
  const script = `
    const { print, say, tolerateClosedPipes } = await import('${url('print/output.js')}')
    const { runProgram } = await import('${url('run-program.js')}')
    tolerateClosedPipes()
    runProgram('mini-o3 eval', async () => { say('working'); print('done'); await new Promise((r) => setTimeout(r, 50)) })`
  const full = openSync('/dev/full', 'w')
  const to = (stream: string): number | 'pipe' => (name === stream ? full : 'pipe')
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', to('stdout'), to('stderr')],
    encoding: 'utf8',
  })
  closeSync(full)
  expect([ended.status, ended.stderr]).toEqual([code, told === null ? null : expect.stringMatching(told)])
})
