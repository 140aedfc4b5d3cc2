/** The end of a run's output, of a real run. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const reporter = fileURLToPath(new URL('plain-reporter.mjs', import.meta.url))
/** @type {string} */
let folder
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'reporter-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** @type {(tests: string) => string[]} */
function endOf(tests) {
  writeFileSync(join(folder, 'some.test.js'), `let tries = 0\n${tests}`)
  const options = ['run', '--root', folder, '--globals', '--retry', '1', '--reporter', reporter]
  return spawnSync(process.execPath, [vitest, ...options], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
}

it('names the tests that passed only on the second try, and counts them as passed', () => {
  const flaky = `describe('a', () => test('flaky', () => expect(++tries).toBe(2)))`
  const others = `test('right', () => {})\ntest('wrong', () => expect(1).toBe(2))`
  expect(endOf(`${flaky}\n${others}`)).toEqual([
    'passed only on the second try: some.test.js > a > flaky',
    '2 passed, 1 failed',
  ])
})

it('counts a file that cannot be loaded as failed, and says nothing of tries where there were none', () => {
  expect(endOf(`test('right', () => {})\nthrow new Error('no')`)).toEqual(['0 passed, 1 failed'])
})
