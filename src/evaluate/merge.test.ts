/** Runs are joined search by search: a later run mends what failed in an earlier one, and nothing else. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { judgeExact } from '../judge/exact.ts'
import type { Policy } from '../policy/policy.ts'
import { makeProblem } from '../probe/problem.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { makeScene } from '../probe/scene.ts'
import { profiles } from '../protocol/profile.ts'
import { TransportError } from '../shared/errors.ts'
import { openRun } from '../runs/run-folder.ts'
import { evaluate } from './evaluate.ts'
import type { EvaluateOptions } from './evaluate.ts'
import { mergeRuns } from './merge.ts'
import { readEvalRun } from './read-run.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'merge-'))
})
afterEach(() => rm(folder, { recursive: true }))

const problems = [1, 2, 3].map((seed) => {
  const scene = makeScene(seed, 'easy')
  return { problem: makeProblem(scene), openPicture: async () => scenePicture(scene, 64) }
})

/** Answers at once, the same word in all searches; breaks for some problems. */
function answering(word: string, broken: readonly number[] = []): Policy {
  return {
    name: 'answering',
    open: ({ docId }) => ({
      async take() {
        if (broken.some((index) => problems[index]!.problem.docId === docId)) throw new TransportError('gone', 'Gone.')
        const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }
        return { text: `<think>.</think><answer>${word}</answer>`, finish: 'stop', usage }
      },
      close() {},
    }),
  }
}

async function evaluated(
  name: string,
  policy: Policy,
  { seed = 1, ...change }: { seed?: number } & Partial<Pick<EvaluateOptions, 'problems' | 'profile'>> = {},
): Promise<string> {
  const sizes = { samples: 2, maxTurns: 4, seed }
  const path = join(folder, name)
  const run = await openRun(path, { command: 'eval', data: name, ...sizes })
  const options = { problems, policy, judge: judgeExact, profile: profiles.default, run, concurrency: 2, ...sizes }
  await evaluate({ ...options, ...change })
  await run.close()
  return path
}

const answersOf = async (path: string): Promise<string[]> => {
  const lines = (await readFile(join(path, 'trajectories.jsonl'), 'utf8')).trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line).answer)
}

test('of a search that both hold the first counts, unless it failed', async () => {
  const first = await evaluated('first', answering('one', [1]))
  const second = await evaluated('second', answering('two'))
  await expect(readEvalRun(first)).rejects.toMatchObject({ code: 'eval-unfinished' })
  const out = join(folder, 'out')
  expect(await mergeRuns([first, second], out)).toEqual({ taken: [4, 2], owed: 0 })
  expect((await answersOf(out)).toSorted()).toEqual(['one', 'one', 'one', 'one', 'two', 'two'])
  expect((await readEvalRun(out)).summary).toMatchObject({ problems: 3, ends: { answered: 1, failed: 0 } })
  // Again, nothing is new.
  expect(await mergeRuns([first, second], out)).toEqual({ taken: [0, 0], owed: 0 })
  expect(await answersOf(out)).toHaveLength(6)

  expect(await mergeRuns([second, first], join(folder, 'other'))).toEqual({ taken: [6, 0], owed: 0 })
})

test('a run is not merged into itself', async () => {
  const first = await evaluated('first', answering('one'))
  const second = await evaluated('second', answering('two'))
  const into = mergeRuns([first, second], join(second, '..', 'second'))
  await expect(into).rejects.toMatchObject({ code: 'run-folder-taken', exitCode: 2 })
  expect(await answersOf(second)).toHaveLength(6)
})

test('what no run holds is owed; runs of other settings are refused before anything is written', async () => {
  const first = await evaluated('first', answering('one', [0, 2]))
  const second = await evaluated('second', answering('two', [2]))
  const out = join(folder, 'out')
  expect(await mergeRuns([first, second], out)).toEqual({ taken: [4, 2], owed: 2 })
  await expect(readEvalRun(out)).rejects.toMatchObject({ code: 'eval-unfinished' })

  const other = await evaluated('other', answering('one'), { seed: 2 })
  await expect(mergeRuns([first, other], join(folder, 'no'))).rejects.toMatchObject({
    code: 'merge-differs',
    exitCode: 2,
    message: expect.stringContaining('(seed)'),
  })
  await expect(readFile(join(folder, 'no', 'config.json'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('what one of the runs skipped is skipped in the whole, and nothing is owed for it', async () => {
  const [first, ...others] = problems as [(typeof problems)[0], ...typeof problems]
  const thin = { ...first, openPicture: async () => ({ ...(await first.openPicture()), width: 2000, height: 20 }) }
  const path = await evaluated('thin', answering('one'), { problems: [thin, ...others], profile: profiles.official })
  const out = join(folder, 'out')
  for (const taken of [4, 0]) expect(await mergeRuns([path], out)).toEqual({ taken: [taken], owed: 0 })
  const { summary, skipped } = await readEvalRun(out)
  expect(summary.problems).toBe(2)
  expect(skipped).toMatchObject([{ docId: first.problem.docId, width: 2000, height: 20 }])
})
