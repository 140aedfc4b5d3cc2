import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultConfig } from '../model/config.ts'
import type { Engine, Sampler } from '../engine/engine.ts'
import { judgeExact } from '../judge/exact.ts'
import type { Judge } from '../judge/judge.ts'
import { shippedCheckpoint } from '../policy/embedded/embedded-policy.ts'
import { samplerPolicy } from '../policy/embedded/sampler-policy.ts'
import { createEmbeddedEngine } from '../engine/embedded/embedded-engine.ts'
import { teacherPolicy } from '../policy/teacher/teacher.ts'
import { makeProblem } from '../probe/problem.ts'
import { makeScene, type Scene } from '../probe/scene.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { profiles } from '../protocol/profile.ts'
import { completed, type Trajectory } from '../protocol/trajectory.ts'
import type { Task } from '../search/search.ts'
import { searchToEnd } from '../search/search-many.ts'
import { openRun, type RunFolder } from '../runs/run-folder.ts'
import { workerUrl } from '../shared/worker-url.ts'
import { rolloutLog, type RolloutLine } from '../runs/searches.ts'
import { whatBroke } from '../runs/training-health.ts'
import { embeddedLearner } from './learner.ts'
import { rolloutGroups } from './rl/rollout.ts'
import { policyFile, readSteps } from '../runs/training.ts'
import {
  defaultRlSettings,
  type RlMetrics,
  runRl,
  type RunRlOptions,
  type RunRlSettings,
  whyUnlearned,
} from './rl/run-rl.ts'
import { runSft, type RunSftSettings } from './sft/run-sft.ts'
import { untimed } from '../../test/untimed.ts'

const config = { ...defaultConfig, width: 32, layers: 1, heads: 1, mlpWidth: 64, stemChannels: [8, 8, 16] }
// With a digit of their own, so that `sceneOf` makes them again from their problems.
const scenes: Scene[] = [1, 2, 3].map((seed) => makeScene(seed, 'easy', seed))
const tasks: Task[] = scenes.map((scene) => ({ picture: scenePicture(scene, 512), problem: makeProblem(scene) }))
const pictures = new Map(tasks.map(({ picture, problem }) => [problem.docId, picture]))
let trajectories: Trajectory[]

beforeAll(async () => {
  const teacher = teacherPolicy({ sceneOf: ({ docId }) => scenes.find((scene) => makeProblem(scene).docId === docId)! })
  const options = { profile: profiles.embedded, seed: 1 }
  trajectories = await Promise.all(tasks.map(async (task) => (await searchToEnd(task, teacher, options)).trajectory))
})

const opened: RunFolder[] = []
afterAll(async () => {
  for (const run of opened) await run.close()
})

async function freshRun(settings: object): Promise<RunFolder> {
  const run = await openRun(join(await mkdtemp(join(tmpdir(), 'runs-')), 'run'), settings)
  opened.push(run)
  return run
}

/** What a run measured, without what depends on the clock. */
async function figures(run: RunFolder): Promise<unknown[]> {
  const stages = [await readSteps(run, 'look'), await readSteps(run, 'sft'), await readSteps(run, 'rl')]
  const timed = /Ms$|PerSecond$/
  return stages.flat().map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !timed.test(name))))
}

/** Its kept rollouts, without what depends on the clock. */
async function rollouts(run: RunFolder): Promise<RolloutLine[]> {
  const lines: RolloutLine[] = []
  for await (const line of run.read(rolloutLog)) {
    const { trajectory, ...others } = line
    lines.push({ ...others, trajectory: untimed(trajectory) })
  }
  return lines
}

/** Runs stage 1 in a process of its own, which is killed before it logs the checkpoint of `step`. Returns the signal. */
async function killedAt(path: string, given: object, step: number): Promise<NodeJS.Signals | null> {
  const folder = await mkdtemp(join(tmpdir(), 'runs-'))
  const file = join(folder, 'given.json')
  await writeFile(file, JSON.stringify(given))
  const from = (module: string): string => JSON.stringify(workerUrl(import.meta.url, module).href)
  const code = `
    import { readFile } from 'node:fs/promises'
    import { createEmbeddedEngine } from ${from('../engine/embedded/embedded-engine.js')}
    import { sceneOf } from ${from('../probe/problem.js')}
    import { scenePicture } from ${from('../probe/scene-picture.js')}
    import { openRun } from ${from('../runs/run-folder.js')}
    import { runSft } from ${from('./sft/run-sft.js')}
    const { settings, config, trajectories } = JSON.parse(await readFile(${JSON.stringify(file)}, 'utf8'))
    const pictures = new Map(trajectories.map(({ problem }) => [problem.docId, scenePicture(sceneOf(problem), 512)]))
    const run = await openRun(${JSON.stringify(path)}, settings)
    const append = async (log, line) => {
      if (log.name === 'checkpoints' && line.stage === 'sft' && line.step === ${step}) process.kill(process.pid, 'SIGKILL')
      await run.append(log, line)
    }
    const openPicture = async (docId) => pictures.get(docId)
    const engine = createEmbeddedEngine({ config, seed: settings.seed, frozenStem: true, workers: 1 })
    await runSft({ trajectories, openPicture, settings, run: { ...run, append }, config, engine })`
  const program = join(folder, 'train.mjs')
  await writeFile(program, code)
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return signal
}

const learner = embeddedLearner({ viewSide: 64, contextLimit: null })

/** As `mini-o3 sft` opens it. */
const engineFor = ({ seed, trainStem }: RunSftSettings): Engine =>
  createEmbeddedEngine({ config, seed, frozenStem: !trainStem, workers: 1 })

describe('stage 1 as a run', () => {
  const settings: RunSftSettings = {
    lookSteps: 2,
    lookBatch: 2,
    lookRate: 1e-3,
    steps: 3,
    batch: 3,
    learningRate: 1e-3,
    warmupSteps: 1,
    trainStem: false,
    seed: 1,
    saveEvery: 1,
  }
  const openPicture = async (docId: string) => pictures.get(docId)!

  test('stopped in both halves and resumed, it ends with the same weights and figures as undisturbed', async () => {
    const whole = await freshRun(settings)
    expect(await runSft({ trajectories, openPicture, settings, run: whole, config, engine: engineFor(settings) })).toBe(
      true,
    )

    const broken = await freshRun(settings)
    const stopAt = async (stage: 'look' | 'sft', step: number): Promise<void> => {
      const controller = new AbortController()
      const stop = (now: 'look' | 'sft', at: number): void =>
        now === stage && at === step ? controller.abort() : undefined
      const complete = await runSft({
        trajectories,
        openPicture,
        settings,
        run: broken,
        config,
        engine: engineFor(settings),
        signal: controller.signal,
        onLook: (at) => stop('look', at),
        onStep: (metrics) => stop('sft', metrics.step),
      })
      expect(complete).toBe(false)
    }
    await stopAt('look', 1)
    await stopAt('sft', 2)
    expect(
      await runSft({ trajectories, openPicture, settings, run: broken, config, engine: engineFor(settings) }),
    ).toBe(true)

    expect(await figures(broken)).toEqual(await figures(whole))
    expect(await readFile(broken.file(policyFile()))).toEqual(await readFile(whole.file(policyFile())))

    // Killed, for good, with a new checkpoint on disk whose line was not yet written.
    const path = join(await mkdtemp(join(tmpdir(), 'runs-')), 'run')
    expect(await killedAt(path, { settings, config, trajectories }, 2)).toBe('SIGKILL')
    const killed = await openRun(path, settings)
    opened.push(killed)
    expect((await readdir(path)).filter((name) => name.startsWith('checkpoint-sft'))).toHaveLength(2)
    expect(
      JSON.parse((await readFile(killed.file('checkpoints.jsonl'), 'utf8')).trim().split('\n').at(-1)!),
    ).toMatchObject({
      stage: 'sft',
      step: 1,
    })
    expect(
      await runSft({ trajectories, openPicture, settings, run: killed, config, engine: engineFor(settings) }),
    ).toBe(true)
    expect(await figures(killed)).toEqual(await figures(whole))
    expect(await readFile(killed.file(policyFile()))).toEqual(await readFile(whole.file(policyFile())))
    expect((await readdir(path)).filter((name) => name.startsWith('checkpoint-'))).toHaveLength(2)
  })

  test('turns that are longer than the context are left out, and said', async () => {
    const run = await freshRun(settings)
    const [first] = trajectories as [Trajectory]
    const endless = { ...first, turns: [{ ...first.turns[0]!, text: 'x'.repeat(200) }] }
    const dropped: number[] = []
    const onDropped = (count: number): number => dropped.push(count)
    const few = { ...settings, lookSteps: 0, steps: 1 }
    const asked = {
      trajectories: [endless, first],
      openPicture,
      settings: few,
      run,
      config,
      engine: engineFor(few),
      onDropped,
    }
    expect(await runSft(asked)).toBe(true)
    expect(dropped).toEqual([1])
  })

  test('nothing to learn from is said so', async () => {
    const run = await freshRun(settings)
    const nothing = runSft({ trajectories: [], openPicture, settings, run, config, engine: engineFor(settings) })
    await expect(nothing).rejects.toThrow(/Collect some/)
  })
})

/** As `mini-o3 rl` opens it. */
const frozenEngine = (): Engine => createEmbeddedEngine({ config, frozenStem: true, workers: 1 })

describe('stage 2 as a run', () => {
  const settings: RunRlSettings = {
    ...defaultRlSettings,
    steps: 3,
    problemsPerStep: 2,
    groupSize: 2,
    maxTurns: 2,
    updates: 1,
    saveEvery: 1,
    mix: { easy: 1, medium: 0, hard: 0 },
  }
  const problems = { easy: tasks.map((task) => async () => task), medium: [], hard: [] }

  async function checkpoint(): Promise<string> {
    const engine = createEmbeddedEngine({ config, seed: 4, workers: 1 })
    const file = join(await mkdtemp(join(tmpdir(), 'runs-')), 'from.safetensors')
    await engine.saveForUse(file)
    await engine.close()
    return file
  }

  test('stopped and resumed, it has the same figures as undisturbed', async () => {
    const from = await checkpoint()
    // Weights at random never answer right, so no group has anything to learn from.
    const whole = await freshRun(settings)
    expect(await runRl({ problems, learner, from, settings, run: whole, engine: frozenEngine() })).toBe('unlearned')
    const broken = await freshRun(settings)
    const controller = new AbortController()
    const stopped = await runRl({
      learner,
      problems,
      from,
      settings,
      run: broken,
      engine: frozenEngine(),
      signal: controller.signal,
      onStep: ({ step }) => (step === 1 ? controller.abort() : undefined),
    })
    expect(stopped).toBe('stopped')
    expect(await runRl({ problems, learner, from, settings, run: broken, engine: frozenEngine() })).toBe('unlearned')
    expect(await figures(broken)).toEqual(await figures(whole))
    for (const line of await readSteps(whole, 'rl')) {
      const { searches, sampledTokens, drawMs, rolloutMs, trainMs, outsideMs } = line as unknown as RlMetrics
      expect([searches, sampledTokens > 0]).toEqual([4, true])
      expect(drawMs).toBeGreaterThan(0)
      expect(drawMs).toBeLessThan(rolloutMs)
      expect(outsideMs).toBeGreaterThanOrEqual(0)
      expect(outsideMs).toBeLessThan(rolloutMs + trainMs)
    }
    expect(await rollouts(broken)).toEqual(await rollouts(whole))
    expect((await rollouts(whole)).map(({ step }) => step)).toEqual([1, 2, 3].flatMap((step) => Array(4).fill(step)))
  })

  test('a run whose searches are all masked, or whose rewards are all alike, has learned nothing and says why', async () => {
    const from = await checkpoint()
    const oneTurn = { ...settings, steps: 1, maxTurns: 1 }
    const masked = await freshRun(oneTurn)
    const train = (changes: Pick<RunRlOptions, 'settings' | 'run' | 'judge'>) =>
      runRl({ problems, learner, from, engine: frozenEngine(), ...changes })
    const end = await train({ settings: oneTurn, run: masked })
    const wrong = { ...oneTurn, objective: 'vanilla' as const }
    const alike = await freshRun(wrong)
    const judge: Judge = () => ({ kind: 'wrong', reason: '' })
    expect([end, await train({ settings: wrong, run: alike, judge })]).toEqual(['unlearned', 'unlearned'])
    expect(whyUnlearned(await readSteps(alike, 'rl'))).toMatch(/No answer was right/)
    // A log that was lost does not say that nothing was learned.
    await writeFile(alike.file('metrics.jsonl'), '')
    expect(await train({ settings: wrong, run: alike, judge })).toBe('complete')
    expect(whyUnlearned([{ maskedShare: 1, reward: 0 }])).toMatch(/--max-turns/)
    expect(whyUnlearned([{ maskedShare: 0, reward: 1 }])).toMatch(/harder/)
    expect(whyUnlearned([{ maskedShare: 0, reward: 0.5, zeroSpreadShare: 1 }])).toMatch(/--group-size/)
    expect(whyUnlearned([{ maskedShare: 0, reward: 0.5, zeroSpreadShare: 0 }])).toMatch(/--learning-rate/)
  })

  test('a run in which right answers are gone stops', async () => {
    const long = { ...settings, steps: 30, problemsPerStep: 1, maxTurns: 6, saveEvery: 20 }
    const run = await freshRun(long)
    // A policy that answers.
    const engine = createEmbeddedEngine({ frozenStem: true, workers: 1 })
    let isRight = true
    const judge: Judge = (_, answer) => ({ kind: isRight && answer !== null ? 'correct' : 'wrong', reason: '' })
    const onStep = (): void => void (isRight = false)
    const asked = { problems, learner, from: shippedCheckpoint, settings: long, run, engine, judge, onStep }
    expect(await runRl(asked)).toBe('lost')
    const steps = await readSteps(run, 'rl')
    expect(steps.map(({ reward }) => Number(reward) > 0)).toEqual([true, ...Array<boolean>(10).fill(false)])
    expect(whatBroke({ name: 'rl', steps })).toMatch(/For 10 steps/)
  })

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['not finite', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -4), Buffer.from([0xff, 0xff, 0xff, 0xff])])],
  ])('a checkpoint that is %s is passed over for the one before, and said', async (_, damage) => {
    const from = await checkpoint()
    const whole = await freshRun(settings)
    const asked = { problems, learner, from, settings, run: whole }
    await runRl({ ...asked, engine: frozenEngine() })
    const weights = await readFile(whole.file(policyFile()))
    const expected = await figures(whole)
    await rm(whole.file(policyFile()))
    const last = whole.file('checkpoint-rl-3.safetensors')
    await writeFile(last, damage(await readFile(last)))
    const warned = once(process, 'warning')
    const begun: number[] = []
    await runRl({ ...asked, engine: frozenEngine(), onBegin: (done) => begun.push(done) })
    expect(String(await warned)).toMatch(/checkpoint-rl-3.*resumes from step 2/)
    expect(begun).toEqual([2])
    expect(await readFile(whole.file(policyFile()))).toEqual(weights)
    expect(await figures(whole)).toEqual(expected)
  })

  test('what a log calls a checkpoint never leads out of the run', async () => {
    const run = await freshRun(settings)
    const victim = join(run.path, '..', 'victim.safetensors')
    await writeFile(victim, 'precious')
    const line = (file: string): string => `${JSON.stringify({ stage: 'rl', step: 1, file })}\n`
    await writeFile(run.file('checkpoints.jsonl'), line('../victim.safetensors') + line(victim) + line('config.json'))
    // As a kill between a checkpoint and its line leaves one.
    await writeFile(run.file('checkpoint-rl-9.safetensors'), '')
    const asked = { problems, learner, from: await checkpoint(), settings, run, engine: frozenEngine() }
    expect(await runRl(asked)).not.toBe('stopped')
    expect(await readFile(victim, 'utf8')).toBe('precious')
    expect((await readdir(run.path)).filter((name) => name.startsWith('checkpoint-')).toSorted()).toEqual([
      'checkpoint-rl-2.safetensors',
      'checkpoint-rl-3.safetensors',
    ])
  })

  test('groups come back judged, with the tokens of every turn', async () => {
    const engine = createEmbeddedEngine({ config, seed: 4, workers: 1 })
    const policy = samplerPolicy('tiny', await engine.sampler(), 1)
    const options = { groupSize: 3, maxTurns: 2, profile: profiles.embedded, seed: 5, objective: 'paper' } as const
    const { groups, lost } = await rolloutGroups(tasks.slice(0, 2), policy, judgeExact, options)
    await engine.close()
    expect(groups.map(({ rollouts: { length } }) => length)).toEqual([3, 3])
    expect(lost).toEqual([])
    for (const { trajectory, samples, reward } of groups.flatMap(({ rollouts }) => rollouts)) {
      expect(samples).toHaveLength(trajectory.turns.length)
      for (const { reply, logprobs } of samples) expect(logprobs).toHaveLength(reply.length)
      if (!completed(trajectory.end)) expect(reward).toBe(0)
    }
  })

  test('a search that failed is never scored', async () => {
    const broken = samplerPolicy('broken', { sample: () => Promise.reject(new Error('no connection')) }, 1)
    const options = { groupSize: 2, maxTurns: 2, profile: profiles.embedded, seed: 5, objective: 'paper' } as const
    await expect(rolloutGroups(tasks, broken, judgeExact, options)).rejects.toMatchObject({ code: 'search-failed' })
  })

  test('a group with a search that failed, or an answer that nobody judged, is left out, and never counted as wrong', async () => {
    const engine = createEmbeddedEngine({ config, seed: 4, workers: 1 })
    const sampler = await engine.sampler()
    let asked = 0
    const shaky: Sampler = {
      sample: (request) =>
        ++asked === 2 ? Promise.reject(new Error('no connection')) : sampler.sample(request, { signal: undefined }),
    }
    const unsure: Judge = ({ docId }) =>
      docId === tasks[1]!.problem.docId
        ? { kind: 'unjudged', reason: 'the judge is away' }
        : { kind: 'wrong', reason: '' }
    const options = { groupSize: 3, maxTurns: 2, profile: profiles.embedded, seed: 5, objective: 'paper' } as const
    const first = await rolloutGroups(tasks.slice(0, 2), samplerPolicy('shaky', shaky, 1), judgeExact, options)
    expect(first.groups.map(({ rollouts: { length } }) => length)).toEqual([3])
    expect(first.lost).toEqual([expect.stringMatching(/^a search for .* failed: no connection$/)])
    const policy = samplerPolicy('tiny', sampler, 1)
    const second = await rolloutGroups(tasks.slice(0, 2), policy, unsure, options)
    expect(second.groups.map(({ rollouts: [rollout] }) => rollout!.trajectory.problem.docId)).toEqual([
      tasks[0]!.problem.docId,
    ])
    expect(second.lost).toEqual([expect.stringMatching(/was not judged: the judge is away$/)])
    await expect(rolloutGroups([tasks[1]!], policy, unsure, options)).rejects.toThrow(/the judge is away/)
    await engine.close()
  })

  test('a mix that the data cannot serve is said so', async () => {
    const from = await checkpoint()
    const mix = { easy: 0, medium: 1, hard: 0 }
    const run = await freshRun(settings)
    const asked = runRl({ problems, learner, from, settings: { ...settings, mix }, run, engine: frozenEngine() })
    await expect(asked).rejects.toThrow(/contains medium problems/)
  })
})
