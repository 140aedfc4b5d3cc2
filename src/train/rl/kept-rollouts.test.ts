/** Of the searches of a training run, some are kept: of some steps, with the log-probabilities and entropies of some tokens. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { searched } from '../../../test/searched.ts'
import { openRun } from '../../runs/run-folder.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { rolloutLog } from '../../runs/searches.ts'
import type { RolloutLine } from '../../runs/searches.ts'
import { keepRollouts } from './kept-rollouts.ts'
import { groupOf } from './rollout.ts'

let folder: string
let run: RunFolder
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-rollouts-'))
  run = await openRun(join(folder, 'run'), { command: 'rl' })
})
afterEach(async () => {
  await run.close()
  await rm(folder, { recursive: true, force: true })
})

async function kept(): Promise<RolloutLine[]> {
  const lines: RolloutLine[] = []
  for await (const line of run.read(rolloutLog)) lines.push(line)
  return lines
}

const trajectory = searched([0])
const lengthsOf = (reply: readonly number[]): number[] => reply.map(() => 1)

test('of a long run few rollouts are kept: some problems of some steps, evenly', async () => {
  const searches = [0, 1].map((reward) => ({ trajectory, samples: [], reward, closed: true }))
  const group = groupOf(searches, 'paper')
  for (let step = 1; step <= 1000; step++)
    await keepRollouts(run, [group, group, group], { step, steps: 1000, lengthsOf })
  const lines = await kept()
  expect(lines.map(({ step }) => step).slice(0, 5)).toEqual([1, 1, 1, 1, 6])
  expect(lines).toHaveLength(200 * 4)
  expect(lines.slice(0, 2).map(({ advantage }) => advantage)).toEqual([-1, 1])
  await expect(stat(run.file('trajectories.jsonl'))).rejects.toThrow(/ENOENT/)
})

test('of a long search the log-probabilities of its first turns are kept, in hundredths', async () => {
  const sample = { prompt: [], reply: Array<number>(3000).fill(5), logprobs: Array<number>(3000).fill(-0.123) }
  const short = {
    prompt: [],
    reply: [5, 5, 5],
    logprobs: [-0.001, Number.NEGATIVE_INFINITY, -1.005],
    entropies: [0, 0.004, 2.345],
  }
  const searches = [[short, sample, sample, short], [short]].map((samples) => {
    return { trajectory, samples, reward: 1, closed: true }
  })
  await keepRollouts(run, [groupOf(searches, 'paper')], { step: 1, steps: 1, lengthsOf })
  const [long, only] = await kept()
  expect(only!.tokens).toEqual([{ lengths: [1, 1, 1], logprobs: [0, -100, -1], entropies: [0, 0, 2.35] }])
  expect(long!.tokens![1]).not.toHaveProperty('entropies')
  expect(long!.tokens!.map(({ logprobs }) => [logprobs.length, logprobs[2]])).toEqual([
    [3, -1],
    [3000, -0.12],
  ])
})
