import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bigramEngine } from '../../../test/bigram.ts'
import { ids } from '../../../test/qwen-files.ts'
import { figuresOf, tinyFolder, tinyRun } from '../../../test/tinker-runs.ts'
import { startTinkerServer, type TinkerServer, type TinkerServerOptions } from '../../../test/tinker-server.ts'
import { bigramComputing, serveVlm } from '../../../test/tinker-vlm-model.ts'
import { freshBigram, tinyVlm as model } from '../../../test/tiny-vlm.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Task } from '../../search/search.ts'
import { searchToEnd } from '../../search/search-many.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { rolloutLog } from '../../runs/searches.ts'
import type { RolloutLine } from '../../runs/searches.ts'
import { type Learner, vlmLearner } from '../../train/learner.ts'
import { defaultRlSettings, runRl, type RunRlSettings } from '../../train/rl/run-rl.ts'
import { type Example, exampleOf } from '../../train/vlm/example.ts'
import { runVlmSft } from '../../train/vlm/run-vlm-sft.ts'
import { encodePng } from '../../vision/encode.ts'
import { openPicture } from '../../vision/open.ts'
import type { Engine } from '../engine.ts'
import { type TinkerKind, tinkerKinds } from './server-kinds.ts'
import { tinkerEngine } from './tinker-engine.ts'

const { encode } = model.tokenizer

const profile = { ...profiles['official-train'], maxTurns: 3 }
const learner: Learner = vlmLearner(model, profile, 40)
let tasks: Task[]
let examples: Example[]
const opened: { close(): Promise<void> }[] = []

beforeAll(async () => {
  tasks = await Promise.all(
    [1, 2].map(async (seed) => {
      const [width, height] = [300 + 70 * seed, 200]
      const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 31 * seed) % 251)
      const picture = await openPicture(await encodePng({ width, height, data }))
      const problem = { docId: `p${seed}`, dataSource: 'test', question: 'Which digit?', answer: '7', level: 'easy' }
      return { problem, picture } as Task
    }),
  )
  const policy = learner.policy(await bigramEngine(freshBigram()).sampler())
  const searched = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((seed) => searchToEnd(tasks[seed % 2]!, policy, { profile, seed })),
  )
  examples = searched.map(({ trajectory }, i) => {
    return exampleOf(trajectory, profile, [async () => tasks[(i + 1) % 2]!.picture])
  })
})
afterAll(async () => {
  for (const each of opened.toReversed()) await each.close()
})

async function serve(options: Partial<TinkerServerOptions> = {}): Promise<{ server: TinkerServer; folder: string }> {
  const folder = await tinyFolder()
  const make = async () => serveVlm(model, bigramComputing(freshBigram()))
  const server = await startTinkerServer({ folder, modelName: 'Qwen/Tiny-VL', make, holdMs: 20, ...options })
  opened.push(server)
  return { server, folder }
}

/** In the order of the data, and in JSON, whose numbers are whole: so sums are the same to the last bit. */
const exact: TinkerKind = { ...tinkerKinds.skyrl, codec: 'json', merges: false }
const connect = ({ url }: TinkerServer, kind = exact): Promise<Engine> =>
  tinkerEngine({ url, endTokens: [model.end], kind, patience: { pollEveryMs: 1 } })

async function newRun(settings: object): Promise<RunFolder> {
  const run = await tinyRun(settings)
  opened.push(run)
  return run
}

/** Checkpoints are JSON here and there; on the server under a name of its own. */
async function weightsOf(run: RunFolder, folder?: string): Promise<unknown> {
  const file = JSON.parse(await readFile(run.file('policy.json'), 'utf8')) as { weights?: string }
  if (folder === undefined) return file
  return JSON.parse(await readFile(join(folder, `${file.weights!.slice('tinker://'.length)}.safetensors`), 'utf8'))
}

const sftSettings = { steps: 3, batch: 4, learningRate: 0.05, warmupSteps: 1, seed: 1, saveEvery: 2 }
const rlSettings: RunRlSettings = {
  ...defaultRlSettings,
  objective: 'paper',
  oldLogprobs: 'trainer',
  steps: 3,
  problemsPerStep: 2,
  groupSize: 6,
  maxTurns: 3,
  updates: 2,
  learningRate: 0.2,
  warmupSteps: 1,
  mix: { easy: 1, medium: 0, hard: 0 },
}
const problems = () => ({ easy: tasks.map((task) => async () => task), medium: [], hard: [] })

describe('a vision-language model over HTTP', () => {
  test('stage 1: the same losses and weights as in process, one sequence a search', async () => {
    expect((await Promise.all(examples.map((example) => example.lessons()))).some(({ length }) => length > 1)).toBe(
      true,
    )
    const asked = { examples, model, profile: { ...profile, contextLimit: null }, settings: sftSettings }
    const near = await newRun(sftSettings)
    expect(await runVlmSft({ ...asked, run: near, engine: bigramEngine(freshBigram()) })).toBe(true)
    const { server, folder } = await serve()
    const far = await newRun(sftSettings)
    expect(await runVlmSft({ ...asked, run: far, engine: await connect(server) })).toBe(true)
    const figures = await figuresOf(near, 'sft')
    expect(await figuresOf(far, 'sft')).toEqual(figures)
    expect((figures[2] as { loss: number }).loss).toBeLessThan((figures[0] as { loss: number }).loss)
    expect(await weightsOf(far, folder)).toEqual(await weightsOf(near))
    expect(server.violations).toEqual([])
  })

  /** Stage 2 in process and on a server, which end with the same figures and weights. */
  async function learnNearAndFar<Figures>(settings: typeof rlSettings) {
    const asked = { problems: problems(), settings, learner }
    const near = await newRun(settings)
    expect(await runRl({ ...asked, run: near, engine: bigramEngine(freshBigram()) })).toBe('complete')
    const { server, folder } = await serve()
    const far = await newRun(settings)
    expect(await runRl({ ...asked, run: far, engine: await connect(server) })).toBe('complete')
    const figures = await figuresOf(near, 'rl')
    expect(await figuresOf(far, 'rl')).toEqual(figures)
    expect(await weightsOf(far, folder)).toEqual(await weightsOf(near))
    expect(server.violations).toEqual([])
    return { server, figures: figures as Figures[] }
  }

  test.each(['sampler', 'trainer'] as const)(
    'stage 2, ratios from the %s: the same figures and weights as in process, and rewards rise',
    async (oldLogprobs) => {
      const { server, figures } = await learnNearAndFar<{ reward: number; mismatch: number }>({
        ...rlSettings,
        oldLogprobs,
      })
      expect(figures.at(-1)!.reward).toBeGreaterThan(figures[0]!.reward + 0.1)
      expect(Math.max(...figures.map(({ mismatch }) => mismatch))).toBeLessThan(1e-9)
      const asksFirst = server.requests.includes('forward')
      expect(asksFirst).toBe(oldLogprobs === 'trainer')
    },
  )

  test('stage 2, sampling on until groups differ: the same figures and weights as in process', async () => {
    const sampling = { objective: 'official', groupSize: 2, problemsPerStep: 3, maxSamplingRounds: 40 } as const
    const { figures } = await learnNearAndFar<{ samplingRounds: number; trainedGroups: number }>({
      ...rlSettings,
      ...sampling,
    })
    expect(figures.map(({ trainedGroups }) => trainedGroups)).toEqual([3, 3, 3])
    expect(Math.max(...figures.map(({ samplingRounds }) => samplingRounds))).toBeGreaterThan(1)
  })

  test.each([
    ['of the hosted service', tinkerKinds.hosted, 'try_again'],
    ['of SkyRL, the longest searches first', tinkerKinds.skyrl, '408'],
    ['of SkyRL, in many requests', { ...tinkerKinds.skyrl, requests: { sequences: 2, bytes: 1e6 } }, '408'],
  ] as const)('in the dialect %s it comes to the same within single precision', async (_, kind, pending) => {
    const near = await newRun(rlSettings)
    const asked = { problems: problems(), settings: { ...rlSettings, steps: 1 }, learner }
    await runRl({ ...asked, run: near, engine: bigramEngine(freshBigram()) })
    const { server } = await serve({ codec: 'protobuf', pending })
    const far = await newRun(rlSettings)
    await runRl({ ...asked, run: far, engine: await connect(server, kind) })
    const [there, here] = [(await figuresOf(far, 'rl'))[0], (await figuresOf(near, 'rl'))[0]] as Record<
      string,
      number
    >[]
    for (const name of ['reward', 'turns', 'trainedTokens', 'gradientNorm', 'clipShare', 'mismatch'])
      expect(there![name]).toBeCloseTo(here![name]!, 5)
    expect(server.violations).toEqual([])
  })

  test('a sampler that sees other pictures stops the run before anything is learned, and its searches can be looked at', async () => {
    const { server } = await serve({ misreport: 0.5 })
    const run = await newRun(rlSettings)
    const engine = await connect(server)
    await expect(runRl({ problems: problems(), settings: rlSettings, learner, run, engine })).rejects.toMatchObject({
      code: 'logprobs-differ',
    })
    expect(server.requests).not.toContain('optim_step')
    const kept: RolloutLine[] = []
    for await (const line of run.read(rolloutLog)) kept.push(line)
    expect(kept.length).toBeGreaterThan(0)
    for (const { trajectory, tokens } of kept) {
      expect(tokens).toHaveLength(trajectory.turns.length)
      for (const [index, { lengths, logprobs }] of tokens!.entries()) {
        const { text, usage } = trajectory.turns[index]!
        expect([lengths.length, logprobs.length]).toEqual([usage.replyTokens, usage.replyTokens])
        const opened = text.length - lengths.reduce((sum, length) => sum + length, 0)
        expect(['', '<think>']).toContain(text.slice(0, opened).trim())
      }
    }
  })

  test('an engine that would resize a picture again, or counts it otherwise, is not trained on it', async () => {
    const { server } = await serve()
    const engine = await connect(server)
    const text = (...parts: (string | number)[]) => {
      return {
        kind: 'text' as const,
        tokens: parts.flatMap((part) => (typeof part === 'number' ? part : encode(part))),
      }
    }
    const bytes = await encodePng({ width: 300, height: 200, data: new Uint8Array(300 * 200 * 3) })
    const image = { kind: 'image', format: 'png', tokens: 77, bytes: async () => bytes } as const
    const prompt = [text('a', ids.visionStart), image, text(ids.visionEnd, 'b')]
    const datum = { prompt, reply: encode('7'), weights: [1] }
    const learned = engine.forwardBackward([datum], { kind: 'cross-entropy' })
    await expect(learned).rejects.toThrow(/would be resized again/)
    await engine.close()
  })
})
