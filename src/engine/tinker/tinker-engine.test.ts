import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTinkerServer, type TinkerServer, type TinkerServerOptions } from '../../../test/tinker-server.ts'
import {
  figuresOf,
  openTinyPicture,
  servedWeights,
  tinyCheckpoint,
  tinyFolder,
  tinyModel,
  tinyProblems,
  tinyRl,
  tinyRun,
  tinySft,
  tinyTrajectories,
  weightsOf,
} from '../../../test/tinker-runs.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { embeddedLearner } from '../../train/learner.ts'
import { runRl, type RunRlSettings } from '../../train/rl/run-rl.ts'
import { runSft } from '../../train/sft/run-sft.ts'
import { createEmbeddedEngine } from '../embedded/embedded-engine.ts'
import { special } from '../../model/tokenizer.ts'
import { tinkerKinds } from './server-kinds.ts'
import { tinkerEngine, type TinkerEngine, type TinkerEngineOptions } from './tinker-engine.ts'

const small = { config: tinyModel, workers: 1 }
const patience = { pollEveryMs: 1, backoffMs: 5, maxTries: 4 }
const opened: TinkerServer[] = []
afterAll(async () => {
  for (const server of opened) await server.close()
})

async function serve(options: Omit<TinkerServerOptions, 'folder'> & { folder?: string }): Promise<TinkerServer> {
  const folder = options.folder ?? (await tinyFolder())
  const server = await startTinkerServer({ ...options, folder })
  opened.push(server)
  return server
}

function connect(server: TinkerServer, options: Partial<TinkerEngineOptions> = {}): Promise<TinkerEngine> {
  return tinkerEngine({ url: server.url, endTokens: [special.end], patience, ...options })
}

const learner = embeddedLearner({ viewSide: 64, contextLimit: null })
let trajectories: Trajectory[]
beforeAll(async () => {
  trajectories = await tinyTrajectories()
})

describe('stage 1 over HTTP', () => {
  test('the same losses and weights as in process, over the protobuf dialect', async () => {
    const own = await tinyRun(tinySft)
    const asked = { trajectories, openPicture: openTinyPicture, settings: tinySft, config: tinyModel }
    // A server cannot teach the stem.
    const { lookForwardBackward: _, ...engine } = createEmbeddedEngine({ ...small, seed: 3 })
    expect(await runSft({ ...asked, run: own, engine })).toBe(true)

    const folder = await tinyFolder()
    const server = await serve({ folder, codec: 'protobuf', pending: 'try_again', model: { ...small, seed: 3 } })
    const far = await tinyRun(tinySft)
    const kind = { ...tinkerKinds.embedded, codec: 'protobuf' } as const
    expect(await runSft({ ...asked, run: far, engine: await connect(server, { kind }) })).toBe(true)

    expect(server.violations).toEqual([])
    expect(await figuresOf(own, 'sft')).toHaveLength(3)
    expect(await figuresOf(far, 'sft')).toEqual(await figuresOf(own, 'sft'))
    const learned = await weightsOf(own.file('policy.safetensors'))
    expect(await servedWeights(far.file('policy.json'), folder)).toEqual(learned)
    expect(server.models()).toBe(0)
    for (const run of [own, far]) await run.close()
  })
})

describe('stage 2 over HTTP', () => {
  test('the same searches, figures and weights as in process, over JSON', async () => {
    const base = await tinyCheckpoint(4)
    const own = await tinyRun(tinyRl)
    const problems = tinyProblems
    const settings: RunRlSettings = tinyRl
    const engine = createEmbeddedEngine({ ...small, frozenStem: true })
    expect(await runRl({ problems, learner, from: base, settings, run: own, engine })).toBe('complete')

    const folder = await tinyFolder()
    const server = await serve({ folder, model: { ...small, base, frozenStem: true } })
    const far = await tinyRun(tinyRl)
    expect(await runRl({ problems, learner, settings, run: far, engine: await connect(server) })).toBe('complete')

    expect(server.violations).toEqual([])
    const figures = await figuresOf(own, 'rl')
    expect(figures).toHaveLength(2)
    expect(await figuresOf(far, 'rl')).toEqual(figures)
    const learned = await weightsOf(own.file('policy.safetensors'))
    expect(await servedWeights(far.file('policy.json'), folder)).toEqual(learned)
    expect(learned).not.toEqual(await weightsOf(base))
    for (const run of [own, far]) await run.close()
  })
})
