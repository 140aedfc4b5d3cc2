/** `--judge llm:<model>` in an evaluation: what a result and a run keep of the judge, and what a resume does after it failed. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../../test/run-command.ts'
import type { Said } from '../../../test/run-command.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import { buildProbe } from '../../probe/dataset.ts'
import { addEval } from '../eval/eval.ts'

const key = 'sk-secret-2'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'judge-options-'))
  process.env.JUDGE_TEST_KEY = key
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

test('eval names its judge and what it cost, and judges again what the judge could not', async () => {
  const data = join(folder, 'probe')
  await buildProbe({ out: data, train: 0, test: 4, seed: 1, sidePx: 64, pictures: false })
  let says = 'No idea.'
  const server = await startScriptedEndpoint({ models: [{ id: 'tester' }], apiKey: key, script: () => says })
  const run = join(folder, 'run')
  const judge = ['--judge', 'llm:tester', '--judge-base-url', server.baseUrl, '--judge-api-key-env', 'JUDGE_TEST_KEY']
  const options = [
    'eval',
    '--data',
    data,
    '--policy',
    'blind',
    ...judge,
    '--judge-parser',
    'strict',
    '--run',
    run,
    '--json',
  ]

  const first = await evaluate(options)
  expect(first.code).toBe(1)
  expect(first.stderr).toContain('The judge failed for 4 searches')
  expect(JSON.parse(first.stdout)).toMatchObject({ avgAtK: 0, failed: 0, unjudged: 4, judge: { name: 'llm:tester' } })

  says = 'Score: 1'
  const asked = server.requests.length
  const second = await evaluate(options)
  expect([second.code, second.stderr]).toEqual([0, ''])
  const { judge: named, ...result } = JSON.parse(second.stdout)
  expect(result).toMatchObject({ avgAtK: 1, unjudged: 0 })
  expect(named).toMatchObject({ name: 'llm:tester', parser: 'strict', cost: { verdicts: 4, retries: 0 } })
  expect(named.promptsSha256).toMatch(/^[0-9a-f]{64}$/)
  expect(named.cost.promptTokens).toBeGreaterThan(100)
  expect(server.requests.length - asked).toBe(named.cost.requests)
  expect(named.cost.requests + named.cost.cached).toBe(4)
  expect(server.violations).toEqual([])

  // Another judge would be another run.
  const other = options.map((word) => (word === 'strict' ? 'official' : word))
  await expect(evaluate(other)).rejects.toMatchObject({ code: 'run-config-differs', exitCode: 2 })
  for (const name of await readdir(run)) {
    if (name !== 'images') expect(await readFile(join(run, name), 'utf8')).not.toContain(key)
  }
  expect(first.stderr + first.stdout + second.stdout).not.toContain(key)
  await server.close()
})

test('a parser that is none, and options of an LLM judge beside another one, are refused before anything is written', async () => {
  const data = join(folder, 'probe')
  await buildProbe({ out: data, train: 0, test: 1, seed: 1, sidePx: 64, pictures: false })
  const options = ['eval', '--data', data, '--policy', 'blind', '--run', join(folder, 'run')]
  const unused = { code: 'option-unused', exitCode: 2 }
  await expect(evaluate([...options, '--judge', 'exact', '--judge-parser', 'strict'])).rejects.toMatchObject(unused)
  await expect(evaluate([...options, '--judge', 'exact', '--judge-max-tokens', '9'])).rejects.toMatchObject(unused)
  const judge = ['--judge', 'llm:x', '--judge-base-url', 'http://127.0.0.1:9/v1']
  const unknown = { code: 'judge-parser-unknown', exitCode: 2 }
  await expect(evaluate([...options, ...judge, '--judge-parser', 'jsn:score'])).rejects.toMatchObject(unknown)
  expect(await readdir(folder)).toEqual(['probe'])
})

const evaluate = (options: readonly string[]): Promise<Said> => runCommand([addEval], ...options)
