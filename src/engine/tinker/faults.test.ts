import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  type Fault,
  startTinkerServer,
  type TinkerServer,
  type TinkerServerOptions,
} from '../../../test/tinker-server.ts'
import {
  figuresOf,
  openTinyPicture,
  tinyFolder,
  tinyModel,
  tinyRun,
  tinySft,
  tinyTrajectories,
} from '../../../test/tinker-runs.ts'
import { serveToyModel } from '../../../test/tinker-toy-model.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { encodePng } from '../../vision/encode.ts'
import { openRun, type RunFolder } from '../../runs/run-folder.ts'
import { workerUrl } from '../../shared/worker-url.ts'
import { runSft } from '../../train/sft/run-sft.ts'
import { type Datum, defaultAdam, type Engine, type SampleRequest } from '../engine.ts'
import { tinkerKinds } from './server-kinds.ts'
import { tinkerEngine, type TinkerEngineOptions } from './tinker-engine.ts'
import { special } from '../../model/tokenizer.ts'
import { promptOf } from '../engine.ts'

const patience = { pollEveryMs: 1, backoffMs: 5, maxWaitMs: 20, maxTries: 5 }
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close()
})

type FaultAt = TinkerServerOptions['fault']

async function serve(fault?: FaultAt, options: Partial<TinkerServerOptions> = {}): Promise<TinkerServer> {
  const folder = options.folder ?? (await tinyFolder())
  const server = await startTinkerServer({ make: serveToyModel, holdMs: 20, fault, ...options, folder })
  opened.push(server)
  return server
}

async function connect(
  { url }: Pick<TinkerServer, 'url'>,
  options: Partial<TinkerEngineOptions> = {},
): Promise<Engine> {
  const engine = await tinkerEngine({ url, endTokens: [special.end], patience, ...options })
  opened.push(engine)
  return engine
}

const view = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(128) }
const data: Datum[] = [5, 6, 7].map((token) => ({
  prompt: promptOf(view, [10, 11, token]),
  reply: [token, 9, 1],
  weights: [0.1, 0.2, 0.3],
}))
const request: SampleRequest = { prompt: data[0]!.prompt, seed: 3, temperature: 1, maxTokens: 4 }
const adam = { ...defaultAdam, learningRate: 0.1 }

/** What two steps, a checkpoint and a sample come to. */
async function work(engine: Engine, file: string): Promise<unknown> {
  const seen: unknown[] = []
  for (let step = 0; step < 2; step++) {
    seen.push(await engine.forwardBackward(data, { kind: 'cross-entropy' }))
    seen.push(await engine.optimStep(adam))
    await engine.save(`${file}-${step}.json`)
    seen.push(await (await engine.sampler()).sample(request, { signal: undefined }))
  }
  return seen
}

let undisturbed: unknown
beforeAll(async () => {
  const server = await serve()
  undisturbed = await work(await connect(server), join(await tinyFolder(), 'a'))
})

const paths = [
  'get_server_capabilities',
  'create_session',
  'create_model',
  'forward_backward',
  'optim_step',
  'save_weights',
  'save_weights_for_sampler',
  'asample',
]

describe('a server in trouble', () => {
  for (const status of [402, 408, 425, 429, 503]) {
    test(`${status}: every request is made again, and nothing is done twice`, async () => {
      const headers = status === 429 ? { 'retry-after': '0' } : undefined
      const fault = (path: string, nth: number): Fault | undefined =>
        paths.includes(path) && nth === 1 ? { status, headers } : undefined
      const server = await serve(fault)
      expect(await work(await connect(server), join(await tinyFolder(), 'a'))).toEqual(undisturbed)
      expect(server.violations).toEqual([])
      for (const path of paths) expect(server.requests.filter((each) => each === path).length, path).toBeGreaterThan(1)
    })
  }

  const repeated = ['forward_backward', 'optim_step', 'save_weights', 'save_weights_for_sampler', 'asample']
  test('500, and connections that break after the server has acted: nothing is done twice', async () => {
    const fault = (path: string, nth: number): Fault | undefined => {
      if (!repeated.includes(path)) return undefined
      return nth === 1 ? { status: 500 } : nth === 3 ? 'cut' : undefined
    }
    const server = await serve(fault)
    expect(await work(await connect(server), join(await tinyFolder(), 'a'))).toEqual(undisturbed)
    expect(server.violations).toEqual([])
  })

  test('weights are published anew where the server keeps the number of a try that broke', async () => {
    const server = await serve((path, nth) => {
      if (path !== 'save_weights_for_sampler') return undefined
      return nth === 1 ? 'cut' : nth === 2 ? { status: 409 } : undefined
    })
    expect(await work(await connect(server), join(await tinyFolder(), 'a'))).toEqual(undisturbed)
    expect(server.violations).toEqual([])
  })

  test('a request that cannot be repeated safely is not', async () => {
    const server = await serve((path) => (path === 'create_model' ? 'cut' : undefined))
    const engine = await connect(server)
    await expect(engine.optimStep(adam)).rejects.toMatchObject({ code: 'tinker-cut' })
    expect(server.requests.filter((path) => path === 'create_model')).toHaveLength(1)
  })

  test('409 is a contradiction on a server of its own, and asked again on the hosted service', async () => {
    const once409 = (path: string, nth: number): Fault | undefined =>
      path === 'optim_step' && nth === 1 ? { status: 409 } : undefined
    const engine = await connect(await serve(once409))
    await engine.forwardBackward(data, { kind: 'cross-entropy' })
    await expect(engine.optimStep(adam)).rejects.toMatchObject({ code: 'tinker-conflict' })
    // What comes after a request that failed is not sent: its number would be missing.
    await expect(engine.forwardBackward(data, { kind: 'cross-entropy' })).rejects.toMatchObject({
      code: 'tinker-conflict',
    })

    const kind = { ...tinkerKinds.embedded, conflictPasses: true }
    const patientEngine = await connect(await serve(once409), { kind })
    await patientEngine.forwardBackward(data, { kind: 'cross-entropy' })
    expect(await patientEngine.optimStep(adam)).toEqual((undisturbed as unknown[])[1])
  })

  test('polls go on through 408, 429, 500 and forgotten results', async () => {
    const forgotten = new Set<string>()
    let asked = ''
    const server = await serve((path, nth) => {
      if (path !== 'retrieve_future') asked = path
      else if (['forward_backward', 'optim_step', 'asample'].includes(asked) && !forgotten.has(asked)) {
        forgotten.add(asked)
        return 'expire'
      } else return [{ status: 408 }, { status: 429 }, { status: 500 }, undefined][nth % 4]
      return undefined
    })
    expect(await work(await connect(server), join(await tinyFolder(), 'a'))).toEqual(undisturbed)
    expect(forgotten.size).toBe(3)
    expect(server.violations).toEqual([])
  })

  test('trouble that does not end is said after a bounded number of tries', async () => {
    const server = await serve((path) => (path === 'forward_backward' ? { status: 503 } : undefined))
    const engine = await connect(server)
    const failed = engine.forwardBackward(data, { kind: 'cross-entropy' })
    await expect(failed).rejects.toThrow(/503.*last of 5 tries/)
    expect(server.requests.filter((path) => path === 'forward_backward')).toHaveLength(5)
  })

  test('what a server finds wrong with the data is said in its words', async () => {
    const server = await serve()
    const real = await startTinkerServer({ folder: await tinyFolder(), model: { config: tinyModel, workers: 1 } })
    opened.push(real)
    const engine = await connect(real)
    const image = { kind: 'image', format: 'png', tokens: 15, bytes: () => encodePng(view) } as const
    const miscounted = data.map((datum) => ({ ...datum, prompt: [image, ...datum.prompt.slice(1)] }))
    const failed = engine.forwardBackward(miscounted, { kind: 'cross-entropy' })
    await expect(failed).rejects.toThrow(/Expected 15 tokens, got 16 from image/)
    expect(server.violations).toEqual([])
  })

  /** The address of a server that does with a connection what it is told. */
  async function answering(act: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => socket.once('data', () => act(socket)))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    opened.push({ close: () => promisify(server.close.bind(server))() })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('an address at which nothing answers is said at once', async () => {
    const server = await serve()
    await server.close()
    const refusals = [
      [server.url, /^No connection to 127\.0\.0\.1.*correct its address/],
      [
        'http://127.0.0.1:1',
        /^No connection to 127\.0\.0\.1:1: fetch never connects to port 1\. .*correct its address/,
      ],
      [
        await answering((socket) => socket.end('SSH-2.0-none\r\n')),
        /^The connection to 127\.0\.0\.1.*correct its address/,
      ],
      [await answering((socket) => socket.destroy()), /^The connection to 127\.0\.0\.1.*correct its address/],
    ] as const
    for (const [url, message] of refusals) {
      const refused = tinkerEngine({ url, endTokens: [special.end] })
      await expect(refused).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) })
    }
  })

  test('a server that is silent at first is named once while it is waited for', async () => {
    let answer = (): void => {}
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => answer())
    const url = await answering((socket) => {
      answer = () => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
    })
    await expect(tinkerEngine({ url, endTokens: [special.end] })).rejects.toThrow(/answered/)
    expect(warned.mock.calls).toEqual([
      [`Waiting for ${new URL(url).host}, which has not answered yet.`, expect.anything()],
    ])
    warned.mockRestore()
  })

  test('requests that are made at once arrive in order', async () => {
    const server = await serve((path, nth) => (path === 'forward_backward' && nth === 1 ? { status: 503 } : undefined))
    const engine = await connect(server)
    const training = engine.forwardBackward(data, { kind: 'cross-entropy' })
    const results = await Promise.all([training, engine.optimStep(adam)])
    expect(results).toEqual((undisturbed as unknown[]).slice(0, 2))
    expect(server.violations).toEqual([])
  })
})

describe('keys', () => {
  test('come from the environment, and are in no error even when a server repeats them', async () => {
    const server = await serve(undefined, { apiKey: 'tml-right' })
    process.env['TINKER_TEST_KEY'] = 'tml-wrong'
    const refused = await connect(server, { apiKeyEnv: 'TINKER_TEST_KEY' }).catch((error: unknown) => error as Error)
    expect(refused).toMatchObject({ code: 'tinker-key', exitCode: 2 })
    expect((refused as Error).message).toContain('***')
    expect(JSON.stringify(refused) + (refused as Error).message).not.toContain('tml-wrong')
    process.env['TINKER_TEST_KEY'] = 'tml-right'
    await connect(server, { apiKeyEnv: 'TINKER_TEST_KEY' })
    delete process.env['TINKER_TEST_KEY']
  })
})

describe('a run that loses its server or its client', () => {
  let trajectories: Trajectory[]
  let whole: unknown[]
  const learn = async (run: RunFolder, { url }: Pick<TinkerServer, 'url'>, heartbeatMs?: number): Promise<boolean> => {
    const engine = await tinkerEngine({ url, endTokens: [special.end], patience, heartbeatMs })
    return runSft({ trajectories, openPicture: openTinyPicture, settings: tinySft, run, engine, config: tinyModel })
  }
  beforeAll(async () => {
    trajectories = await tinyTrajectories()
    const run = await tinyRun(tinySft)
    await learn(run, await serve())
    whole = await figuresOf(run, 'sft')
    await run.close()
  })

  test('a server that dies in the middle of a step and comes back: the same numbers', async () => {
    const folder = await tinyFolder()
    const server = await serve((path, nth) => (path === 'optim_step' && nth === 2 ? 'die' : undefined), { folder })
    const run = await tinyRun(tinySft)
    opened.push(run)
    await expect(learn(run, server)).rejects.toMatchObject({ code: 'tinker-unreachable' })
    const again = await serve(undefined, { folder, port: server.port })
    expect(await learn(run, again)).toBe(true)
    expect(await figuresOf(run, 'sft')).toEqual(whole)
    expect(again.requests.filter((path) => path === 'load_weights')).toHaveLength(1)
  })

  test('a session that the server has dropped is said within a heartbeat, and the run goes on: the same numbers', async () => {
    const folder = await tinyFolder()
    let stuck = true
    let steps = 0
    // Results do not come any more: only the heartbeat can tell why.
    const server = await serve(
      (path, nth) => {
        if (path === 'optim_step') steps++
        if (path === 'session_heartbeat' && stuck && steps > 1 && nth > 3) return 'drop-session'
        return path === 'retrieve_future' && stuck && steps > 1 ? { status: 408 } : undefined
      },
      { folder },
    )
    const run = await tinyRun(tinySft)
    opened.push(run)
    const lost = learn(run, server, 30)
    await expect(lost).rejects.toThrow(/dropped this session/)
    stuck = false
    expect(await learn(run, server)).toBe(true)
    expect(await figuresOf(run, 'sft')).toEqual(whole)
  })

  test('a client that is killed in the middle of a step: the same numbers', async () => {
    const folder = await tinyFolder()
    const running: { child?: ReturnType<typeof spawn> } = {}
    const server = await serve(
      (path, nth) => {
        if (path === 'optim_step' && nth === 2) running.child!.kill('SIGKILL')
        return undefined
      },
      { folder },
    )
    const path = join(folder, 'run')
    const given = join(folder, 'given.json')
    await writeFile(given, JSON.stringify({ trajectories, settings: tinySft, config: tinyModel, url: server.url }))
    const from = (module: string): string => JSON.stringify(workerUrl(import.meta.url, module).href)
    const code = `
      import { readFile } from 'node:fs/promises'
      import { sceneOf } from ${from('../../probe/problem.js')}
      import { scenePicture } from ${from('../../probe/scene-picture.js')}
      import { openRun } from ${from('../../runs/run-folder.js')}
      import { runSft } from ${from('../../train/sft/run-sft.js')}
      import { tinkerEngine } from ${from('./tinker-engine.js')}
      const { trajectories, settings, config, url } = JSON.parse(await readFile(${JSON.stringify(given)}, 'utf8'))
      const pictures = new Map(trajectories.map(({ problem }) => [problem.docId, scenePicture(sceneOf(problem), 512)]))
      const run = await openRun(${JSON.stringify(path)}, settings)
      const engine = await tinkerEngine({ url, endTokens: [${special.end}] })
      await runSft({ trajectories, openPicture: async (id) => pictures.get(id), settings, run, engine, config })`
    const program = join(folder, 'train.mjs')
    await writeFile(program, code)
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'inherit'] })
    running.child = child
    const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    expect(signal).toBe('SIGKILL')
    const run = await openRun(path, tinySft)
    opened.push(run)
    expect(await learn(run, server)).toBe(true)
    expect(await figuresOf(run, 'sft')).toEqual(whole)
    expect(JSON.parse(await readFile(run.file('policy.json'), 'utf8'))).toMatchObject({ baseModel: 'mini-o3/embedded' })
  })
})
