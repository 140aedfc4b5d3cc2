import { readFile } from 'node:fs/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { bigramEngine } from '../../../test/bigram.ts'
import {
  figuresOf,
  tinyCheckpoint,
  tinyModel,
  tinyProblems,
  tinyRl,
  tinyRun,
  tinyTasks,
} from '../../../test/tinker-runs.ts'
import { freshBigram, tinyVlm } from '../../../test/tiny-vlm.ts'
import { createEmbeddedEngine } from '../../engine/embedded/embedded-engine.ts'
import { judgeExact } from '../../judge/exact.ts'
import type { Judge } from '../../judge/judge.ts'
import { profiles } from '../../protocol/profile.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { embeddedLearner, vlmLearner } from '../learner.ts'
import { type RlMetrics, runRl, type RunRlOptions, type RunRlSettings } from './run-rl.ts'

const settings: RunRlSettings = {
  ...tinyRl,
  learningRate: 1e-3,
  problemsPerStep: 3,
  groupSize: 2,
  maxSamplingRounds: 40,
  saveEvery: 100,
}

const opened: RunFolder[] = []
afterAll(async () => {
  for (const run of opened) await run.close()
})

type Train = (run: RunFolder, changes?: Partial<RunRlOptions>) => ReturnType<typeof runRl>

async function newRun(): Promise<RunFolder> {
  const run = await tinyRun(settings)
  opened.push(run)
  return run
}

/** The figures and weights of a run that nothing disturbs. */
async function undisturbed(train: Train, policy: string): Promise<unknown> {
  const run = await newRun()
  expect(await train(run)).toBe('complete')
  const metrics = (await figuresOf(run, 'rl')) as RlMetrics[]
  expect(metrics.map(({ trainedGroups }) => trainedGroups)).toEqual([3, 3])
  for (const { samplingRounds, searches } of metrics) expect(searches).toBe(samplingRounds * 6)
  // What the tests break off.
  expect(metrics[1]!.samplingRounds).toBeGreaterThan(1)
  return madeBy(run, policy)
}

async function madeBy(run: RunFolder, policy: string): Promise<unknown> {
  return [await figuresOf(run, 'rl'), await readFile(run.file(policy), 'utf8')]
}

/** Breaks off between two rounds of step 2, with nothing but the checkpoint of step 1. */
async function killed(train: Train): Promise<RunFolder> {
  const run = await newRun()
  const kill = (step: number): void => {
    if (step === 2) throw new Error('killed')
  }
  const changes = { settings: { ...settings, saveEvery: 1 }, onRound: kill }
  await expect(train(run, changes)).rejects.toThrow('killed')
  return run
}

describe('a run that samples on until groups differ', () => {
  /** Its answers are 3 or 7 by chance. */
  const tasks = tinyTasks.map(({ picture, problem }) => ({ picture, problem: { ...problem, answer: '7' } }))
  const train: Train = (run, changes) =>
    runRl({
      problems: { easy: tasks.map((task) => async () => task), medium: [], hard: [] },
      learner: vlmLearner(tinyVlm, profiles['official-train'], 40),
      engine: bigramEngine(freshBigram()),
      settings,
      run,
      ...changes,
    })

  test('killed or stopped between two rounds, it goes on to the same figures and weights', async () => {
    const whole = await undisturbed(train, 'policy.json')
    const broken = await killed(train)
    const begun: number[] = []
    expect(await train(broken, { onBegin: (done) => begun.push(done) })).toBe('complete')
    expect(await madeBy(broken, 'policy.json')).toEqual(whole)

    const stopped = await newRun()
    const controller = new AbortController()
    const onRound = (step: number): void => (step === 2 ? controller.abort() : undefined)
    expect(await train(stopped, { signal: controller.signal, onRound })).toBe('stopped')
    expect(await train(stopped, { onBegin: (done) => begun.push(done) })).toBe('complete')
    expect(begun).toEqual([1, 1])
    expect(await madeBy(stopped, 'policy.json')).toEqual(whole)
  })

  test('where the rounds run out nothing is learned or lost, and with more of them it goes on to the same', async () => {
    const whole = await undisturbed(train, 'policy.json')
    const run = await newRun()
    let done = 0
    const onStep = (): void => void done++
    const wrongFromStep2: Judge = (problem, answer) =>
      done === 0 ? judgeExact(problem, answer) : { kind: 'wrong', reason: '' }
    await expect(train(run, { judge: wrongFromStep2, onStep })).rejects.toMatchObject({
      code: 'too-few-groups',
      message: expect.stringMatching(
        /^Step 2 found 0 of 3 groups .* in 40 rounds .*: of 240 searches 0 % were right.*easier/,
      ),
    })
    expect(await figuresOf(run, 'rl')).toHaveLength(1)
    expect(await train(run, { settings: { ...settings, maxSamplingRounds: 50 } })).toBe('complete')
    expect(await madeBy(run, 'policy.json')).toEqual(whole)
  })
})

test('the small policy samples on, is killed, and goes on to the same figures and weights', async () => {
  const learner = embeddedLearner({ viewSide: 64, contextLimit: null })
  const asked = { problems: tinyProblems, learner, from: await tinyCheckpoint(4), settings }
  const opened = () => createEmbeddedEngine({ config: tinyModel, frozenStem: true, workers: 1 })
  const train: Train = (run, changes) => runRl({ ...asked, run, engine: opened(), ...changes })
  const whole = await undisturbed(train, 'policy.safetensors')
  const broken = await killed(train)
  expect(await train(broken)).toBe('complete')
  expect(await madeBy(broken, 'policy.safetensors')).toEqual(whole)
})
