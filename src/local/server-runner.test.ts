/** A model in a `llama-server` that the program starts: what it is given, how it ends, and that it never outlives the program. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { writeTinyGguf } from '../../test/tiny-gguf.ts'
import type { TinyModel } from '../../test/tiny-gguf.ts'
import { encodeMessage } from '../endpoint/exchange/encode-message.ts'
import { workerUrl } from '../shared/worker-url.ts'
import { findEngine } from './engine.ts'
import { openLocal } from './open-local.ts'

const played = fileURLToPath(new URL('../../test/played-llama-server.mjs', import.meta.url))
const addon = { kind: 'addon', path: 'the addon' } as const
let folder: string
let files: TinyModel
let log: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-server-'))
  files = await writeTinyGguf(folder)
  log = join(folder, 'log.jsonl')
  vi.stubEnv('MINI_O3_LLAMA_SERVER', played)
  vi.stubEnv('PLAYED_LOG', log)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const open = () => openLocal({ ...files, viewPixels: 200_000, threads: 1, context: 4096, searches: 2 })
const request = {
  model: 'any',
  messages: [encodeMessage({ role: 'user', content: [{ type: 'text', text: 'Which digit?' }] })],
  stop: ['</answer>'],
  maxTokens: 40,
  temperature: 1,
  seed: 3,
}

async function logged(): Promise<Record<string, unknown>[]> {
  return (await readFile(log, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function isRunning(pid: unknown): boolean {
  try {
    process.kill(Number(pid), 0)
    return true
  } catch {
    return false
  }
}

describe('which llama.cpp', () => {
  test('a llama-server on the PATH goes before the addon; what is no program, or wherever one stands, does not count', async () => {
    const server = join(folder, process.platform === 'win32' ? 'llama-server.exe' : 'llama-server')
    await writeFile(server, '')
    const env = { PATH: ['.', join(folder, 'none'), folder].join(process.platform === 'win32' ? ';' : ':') }
    if (process.platform !== 'win32') expect(findEngine(env, () => addon)).toEqual(addon)
    await chmod(server, 0o755)
    expect(findEngine(env, () => addon)).toEqual({ kind: 'server', path: server })
    expect(findEngine({ PATH: 'bin' }, () => addon)).toEqual(addon)
    expect(findEngine({ ...env, MINI_O3_LLAMA_SERVER: '' }, () => addon)).toEqual(addon)
    expect(findEngine({ PATH: '', MINI_O3_LLAMA_SERVER: server }, () => addon)).toMatchObject({ path: server })
  })

  test('one that is named and cannot be run is a mistake', () => {
    const named = { MINI_O3_LLAMA_SERVER: join(folder, 'none') }
    expect(() => findEngine(named, () => addon)).toThrow(/MINI_O3_LLAMA_SERVER names .*none, which cannot be run/)
  })
})

test('it gets the files and the room for each search, is asked like a server, and ends when it is closed', async () => {
  const { endpoint, model, about } = await open()
  expect(about).toContain(`Runs here, on llama-server (${played})`)
  expect(model).toMatchObject({ contextLength: 4096 })
  const completion = await endpoint.complete(request)
  expect(completion).toMatchObject({
    text: '<answer>7</answer>',
    usage: { promptTokens: 90, replyTokens: 5, cachedTokens: 40 },
  })
  expect(endpoint.spent()).toMatchObject({ requests: 1, retries: 0, promptTokens: 90, replyTokens: 5 })
  const [started, asked] = await logged()
  expect(started).toMatchObject({ ...files, host: '127.0.0.1', 'ctx-size': '8192', parallel: '2', threads: '1' })
  expect(asked).toMatchObject({ max_tokens: 40, temperature: 1, seed: 3, top_k: 0, min_p: 0, top_p: 1 })
  await endpoint.close()
  expect(isRunning(started?.['pid'])).toBe(false)
})

test('a model that it cannot read ends with its words, and with the way around it', async () => {
  vi.stubEnv('PLAYED_END', 'loading')
  const opening = open()
  await expect(opening).rejects.toMatchObject({ code: 'model-file-broken', exitCode: 2 })
  await expect(opening).rejects.toThrow(/unknown model architecture: 'of-tomorrow'.*set MINI_O3_LLAMA_SERVER=/)
})

test('where it ends amid a reply the request fails at once, and the next one starts it again', async () => {
  vi.stubEnv('PLAYED_END', join(folder, 'ended'))
  const { endpoint } = await open()
  await expect(endpoint.complete(request)).rejects.toMatchObject({ code: 'llama-ended' })
  expect((await endpoint.complete(request)).text).toBe('<answer>7</answer>')
  expect(endpoint.spent()).toMatchObject({ promptTokens: 90 })
  await endpoint.close()
})

test('a request that is given up says so', async () => {
  const { endpoint } = await open()
  const stop = new AbortController()
  const asking = endpoint.complete(request, { signal: stop.signal })
  stop.abort()
  await expect(asking).rejects.toMatchObject({ code: 'aborted' })
  await endpoint.close()
})

test.each([
  ['is killed', 'SIGKILL', 1],
  ['is told to end with all that it started', 'SIGTERM', -1],
  ['loses its terminal', 'SIGHUP', -1],
] as const)('it ends where the program %s', async (_, signal, group) => {
  const module = workerUrl(import.meta.url, './open-local.js').href
  const work = `const { openLocal } = await import(${JSON.stringify(module)})
    await openLocal(${JSON.stringify({ ...files, viewPixels: 200_000, threads: 1, context: 4096 })})
    console.log('open'); setInterval(() => {}, 1000)`
  const program = spawn(process.execPath, ['--input-type=module', '-e', work], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  await once(program.stdout, 'data')
  const [started] = await logged()
  expect(isRunning(started?.['pid'])).toBe(true)
  process.kill(group * Number(program.pid), signal)
  await expect.poll(() => isRunning(started?.['pid'])).toBe(false)
})
