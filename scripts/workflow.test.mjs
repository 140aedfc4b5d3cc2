import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const root = new URL('../', import.meta.url)
const workflow = parse(readFileSync(new URL('.github/workflows/ci.yml', root), 'utf8'))
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
/** @type {string[]} */
const commands = workflow.jobs.test.steps.flatMap(({ run }) => (run === undefined ? [] : [run]))

test.each(commands.map((command) => ({ command })))('$command can be run', ({ command }) => {
  const [program, ...words] = command.split(' ')
  if (program === 'node') expect(existsSync(new URL(words[0], root))).toBe(true)
  else if (words[0] === 'run') expect(manifest.scripts).toHaveProperty(words[1])
  else expect([program, ['ci', 'test'].includes(words[0])]).toEqual(['npm', true])
})

test('the workflow runs every check of .ci/run that needs no other program', () => {
  const local = readFileSync(new URL('.ci/run', root), 'utf8')
  const checks = [...local.matchAll(/^check '[^']+' (?:npm run --silent|node) (.+)$/gm)].map(([, words]) => words)
  const inCheck = manifest.scripts.check
  const missing = checks.filter((words) => !commands.some((run) => run.endsWith(words)) && !inCheck.includes(words))
  expect(missing).toEqual(['test/peers/servers.mjs'])
})

test('covers the oldest Node that the package allows', () => {
  expect(manifest.engines.node).toMatch(new RegExp(`^>=${Math.min(...workflow.jobs.test.strategy.matrix.node)}\\.`))
})
