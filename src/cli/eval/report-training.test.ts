/** `mini-o3 report` of runs that trained. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCommand } from '../../../test/run-command.ts'
import { jsonLines } from '../../../test/stored-searches.ts'
import { addReport } from './report.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-training-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function trained(name: string, command: string, steps: readonly object[]): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  await writeFile(join(path, 'config.json'), JSON.stringify({ command }))
  await writeFile(join(path, 'metrics.jsonl'), jsonLines(steps))
  return path
}

const report = (...words: string[]) => runCommand([addReport], 'report', ...words)

test('what its first steps were like and its last, by stage; several runs beside each other', async () => {
  const rl = await trained('rl', 'rl', [
    { stage: 'rl', step: 1, reward: 0.25, rewardByLevel: { hard: 0.125 } },
    { stage: 'rl', step: 2, reward: 0.5, rewardByLevel: { hard: 0.25 } },
  ])
  const sft = await trained(
    'sft',
    'sft',
    [1, 2].map((step) => ({ stage: 'sft', step, loss: 1 / step })),
  )
  const out = join(folder, 'out')
  const { stdout } = await report(rl, sft, '--out', out)
  expect(stdout).toContain('# What training changed')
  expect(stdout).toContain('## rl, rl: first and last steps')
  expect(stdout).toContain('| Reward by level: hard | 12.5 % | 25.0 % |')
  expect(stdout).toContain('| Loss | 1 | 0.5 |')
  expect(await readFile(join(out, 'report.md'), 'utf8')).toBe(stdout)
  const { training } = JSON.parse((await report(rl, '--json')).stdout)
  expect(training).toMatchObject([{ name: 'rl', stages: [{ stage: 'rl', steps: 2 }] }])
  expect(training[0].stages[0].change.rows[0]).toEqual(['Reward', '25.0 %', '50.0 %'])
})

test('what it destroyed, by reward or by loss', async () => {
  const gone = Array.from({ length: 12 }, (_, at) => ({ stage: 'rl', step: at + 1, reward: at === 0 ? 0.9 : 0 }))
  const worse = Array.from({ length: 12 }, (_, at) => ({ stage: 'sft', step: at + 1, loss: at === 0 ? 0.1 : 5 }))
  const paths = [await trained('rl', 'rl', gone), await trained('sft', 'sft', worse)]
  const { stdout } = await report(...paths)
  expect(stdout).toContain('For 11 steps hardly any answer was right, of up to 90 % before')
  expect(stdout).toContain('The loss rose from 0.10 in the first step to 5.00 in the last 10')
  const { training } = JSON.parse((await report(...paths, '--json')).stdout)
  expect(training[0].stages[0].warning).toContain('lower --learning-rate')
})

test('a run of another command is answered with those that can be reported', async () => {
  await expect(report(await trained('collected', 'collect', []))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('Name the run folder of mini-o3 eval, rl or sft'),
  })
})

test('a run without a step yet is said', async () => {
  await expect(report(await trained('rl', 'rl', []))).rejects.toMatchObject({ code: 'training-not-begun', exitCode: 2 })
})
