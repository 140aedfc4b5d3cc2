/** Steps that are searched while the one before is learned from, and curricula, in runs that are stopped, killed and go on. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { bigramEngine } from '../../../test/bigram.ts'
import { startTinkerServer } from '../../../test/tinker-server.ts'
import { bigramComputing, serveVlm } from '../../../test/tinker-vlm-model.ts'
import {
  figuresOf,
  tinyFolder,
  tinyModel,
  tinyProblems,
  tinyRl,
  tinyRun,
  tinyTasks,
} from '../../../test/tinker-runs.ts'
import { freshBigram, tinyVlm } from '../../../test/tiny-vlm.ts'
import { createEmbeddedEngine } from '../../engine/embedded/embedded-engine.ts'
import type { Engine } from '../../engine/engine.ts'
import { tinkerKinds } from '../../engine/tinker/server-kinds.ts'
import { tinkerEngine } from '../../engine/tinker/tinker-engine.ts'
import { profiles } from '../../protocol/profile.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { solvedLog } from '../../runs/training.ts'
import { embeddedLearner, vlmLearner } from '../learner.ts'
import { type RlMetrics, runRl, type RunRlOptions, type RunRlSettings } from './run-rl.ts'

const settings: RunRlSettings = {
  ...tinyRl,
  learningRate: 0.02,
  steps: 6,
  saveEvery: 3,
  groupSize: 4,
  maxTurns: 3,
  staleness: 1,
}
/** Its answers are 3 or 7 by chance. */
const tasks = tinyTasks.map(({ picture, problem }) => ({ picture, problem: { ...problem, answer: '7' } }))
const problems = { easy: [...tasks, ...tasks].map((task) => async () => task), medium: [], hard: [] }

const opened: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of opened.toReversed()) await each.close()
})

async function newRun(): Promise<RunFolder> {
  const run = await tinyRun({})
  opened.push(run)
  return run
}

function train(run: RunFolder, changes: Partial<RunRlOptions> = {}) {
  const learner = vlmLearner(tinyVlm, profiles['official-train'], 40)
  return runRl({ problems, learner, engine: bigramEngine(freshBigram()), settings, run, ...changes })
}

let whole: Promise<RunFolder> | undefined
/** A run with the settings of all, from start to end: what it comes to is always the same. */
function wholeRun(): Promise<RunFolder> {
  whole ??= newRun().then(async (run) => {
    expect(await train(run)).toBe('complete')
    return run
  })
  return whole
}

async function figures(run: RunFolder): Promise<RlMetrics[]> {
  return (await figuresOf(run, 'rl')) as RlMetrics[]
}

async function madeBy(run: RunFolder): Promise<unknown> {
  return [await figuresOf(run, 'rl'), await readFile(run.file('policy.json'), 'utf8')]
}

/** Breaks off before step `at` is logged. */
async function killedAt(at: number, changes: Partial<RunRlOptions> = {}): Promise<RunFolder> {
  const run = await newRun()
  const append: RunFolder['append'] = async (log, line) => {
    if (log.name === 'metrics' && (line as unknown as { step: number }).step === at) throw new Error('killed')
    await run.append(log, line)
  }
  await expect(train({ ...run, append }, changes)).rejects.toThrow('killed')
  return run
}

describe('a step that is searched while the one before is learned from', () => {
  test('its samples keep the log-probabilities that they were drawn with, and behind a checkpoint none is stale', async () => {
    const steps = await figures(await wholeRun())
    expect(steps.map(({ staleness }) => staleness)).toEqual([0, 1, 1, 0, 1, 1])
    // Exactly those of the trainer where its weights sampled; off by one step of learning where they did not.
    for (const { staleness, mismatch } of steps) {
      if (staleness === 0) expect(mismatch).toBeLessThan(1e-12)
      else expect(mismatch).toBeGreaterThan(1e-6)
    }
  })

  test('without it nothing is stale, and it changes nothing of the first step', async () => {
    const [stale, fresh] = [await wholeRun(), await newRun()]
    await train(fresh, { settings: { ...settings, staleness: 0 } })
    const [first, second] = [await figures(stale), await figures(fresh)]
    expect(second.map(({ staleness }) => staleness)).toEqual([0, 0, 0, 0, 0, 0])
    expect(first[0]).toEqual(second[0])
    expect(first[1]).not.toEqual(second[1])
  })

  test('it is searched while the trainer works', async () => {
    const engine = bigramEngine(freshBigram())
    let learning = false
    let tell = (): void => {}
    const searchedMeanwhile = new Promise<void>((resolve) => (tell = resolve))
    const watched: Engine = {
      ...engine,
      async sampler() {
        const { sample } = await engine.sampler()
        return {
          sample: (...asked) => {
            if (learning) tell()
            return sample(...asked)
          },
        }
      },
      async forwardBackward(...given) {
        learning = true
        // Works until it is: for ever, if the next step waits for it.
        await searchedMeanwhile
        return engine.forwardBackward(...given)
      },
    }
    expect(await train(await newRun(), { engine: watched, settings: { ...settings, steps: 2 } })).toBe('complete')
  })

  test.each([2, 3, 5])('killed before step %i is logged, it goes on to the same figures and weights', async (at) => {
    const broken = await killedAt(at)
    expect(await train(broken)).toBe('complete')
    expect(await madeBy(broken)).toEqual(await madeBy(await wholeRun()))
  })

  test('stopped, it ends the searches of the step that is not to come, and goes on from the step that is done', async () => {
    const run = await newRun()
    const controller = new AbortController()
    const onStep = ({ step }: RlMetrics): void => (step === 2 ? controller.abort() : undefined)
    expect(await train(run, { signal: controller.signal, onStep })).toBe('stopped')
    expect((await figures(run)).map(({ step }) => step)).toEqual([1, 2])
    expect(await train(run)).toBe('complete')
    expect((await figures(run)).map(({ staleness }) => staleness)).toEqual([0, 1, 0, 0, 1, 1])
  })

  test('an engine that samples with the weights that it trains refuses it, and so do ratios of the trainer and a checkpoint a step', async () => {
    const embedded = createEmbeddedEngine({ config: tinyModel, workers: 1 })
    const learner = embeddedLearner({ viewSide: 64, contextLimit: null })
    const run = await newRun()
    await expect(train(run, { problems: tinyProblems, learner, engine: embedded })).rejects.toMatchObject({
      code: 'staleness-engine',
    })
    const asked = { settings: { ...settings, oldLogprobs: 'trainer' as const } }
    await expect(train(run, asked)).rejects.toMatchObject({ code: 'staleness-ratios' })
    const saving = { settings: { ...settings, saveEvery: 1 } }
    await expect(train(run, saving)).rejects.toMatchObject({ code: 'staleness-saves' })
    expect(await figures(run)).toEqual([])
  })

  test('over HTTP it comes to the same figures and weights as in process', async () => {
    const near = await wholeRun()
    const folder = await tinyFolder()
    const make = async () => serveVlm(tinyVlm, bigramComputing(freshBigram()))
    const server = await startTinkerServer({ folder, modelName: 'Qwen/Tiny-VL', make, holdMs: 20, staleSampling: true })
    opened.push(server)
    const kind = { ...tinkerKinds.hosted, codec: 'json' } as const
    const endTokens = [tinyVlm.end]
    const far = await newRun()
    const engine = await tinkerEngine({ url: server.url, endTokens, kind, patience: { pollEveryMs: 1 } })
    expect(await train(far, { engine })).toBe('complete')
    expect(await figuresOf(far, 'rl')).toEqual(await figuresOf(near, 'rl'))
    const { weights } = JSON.parse(await readFile(far.file('policy.json'), 'utf8')) as { weights: string }
    const there = join(folder, `${weights.slice('tinker://'.length)}.safetensors`)
    expect(await readFile(there, 'utf8')).toBe(await readFile(near.file('policy.json'), 'utf8'))
    expect(server.violations).toEqual([])
  })
})

describe('a curriculum', () => {
  const asked = { settings: { ...settings, staleness: 0, curriculum: 'spread' as const, groupSize: 2 } }

  test('keeps what every problem came to, and draws the same problems when it goes on', async () => {
    const whole = await newRun()
    expect(await train(whole, asked)).toBe('complete')
    const steps = await figures(whole)
    expect(Math.max(...steps.map(({ settledProblems }) => settledProblems ?? 0))).toBeGreaterThan(0)
    const broken = await killedAt(5, asked)
    expect(await train(broken, asked)).toBe('complete')
    expect(await madeBy(broken)).toEqual(await madeBy(whole))
    expect(await solved(broken)).toEqual(await solved(whole))
    const lines = await solved(whole)
    expect(lines.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
    for (const { problems: searched } of lines) expect(searched).toHaveLength(2)
  })

  test('with staleness too', async () => {
    const both = { settings: { ...asked.settings, staleness: 1 } }
    const whole = await newRun()
    await train(whole, both)
    const broken = await killedAt(5, both)
    await train(broken, both)
    expect(await madeBy(broken)).toEqual(await madeBy(whole))
  })

  test('is not kept where problems are drawn evenly', async () => {
    const run = await newRun()
    await train(run, { settings: { ...settings, staleness: 0 } })
    expect(await solved(run)).toEqual([])
    expect((await figures(run))[0]).not.toHaveProperty('settledProblems')
  })

  async function solved(run: RunFolder) {
    const lines = []
    for await (const line of run.read(solvedLog)) lines.push(line)
    return lines
  }
})
