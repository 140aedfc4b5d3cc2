/** The real llama.cpp on a model that was made for this: whatever a server does for a search, a file does too. */
import type * as childProcess from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { searching, talking, writeTinyGguf } from '../../test/tiny-gguf.ts'
import type { TinyModel } from '../../test/tiny-gguf.ts'
import { encodeMessage } from '../endpoint/exchange/encode-message.ts'
import type { EncodedMessage } from '../endpoint/exchange/encode-message.ts'
import type { Completion, CompletionRequest, Endpoint } from '../endpoint/endpoint.ts'
import type { ContentPart } from '../endpoint/exchange/messages.ts'
import { sha256 } from '../shared/canonical.ts'
import { lastOf } from '../shared/known.ts'
import { findAddon } from './addon.ts'
import { openLocal } from './open-local.ts'
import type { LocalOptions } from './open-local.ts'

/** The processes that run llama.cpp. */
const forked: childProcess.ChildProcess[] = []
vi.mock('node:child_process', async (original) => {
  const real = await original<typeof childProcess>()
  const fork = (...words: Parameters<typeof real.fork>): childProcess.ChildProcess => {
    const child = real.fork(...words)
    forked.push(child)
    return child
  }
  return { ...real, fork }
})

let folder: string
let tiny: TinyModel
let talker: TinyModel

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-'))
  tiny = await writeTinyGguf(await mkdtemp(join(folder, 'searching-')), searching)
  talker = await writeTinyGguf(await mkdtemp(join(folder, 'talking-')), talking)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Threads wait for each other: on a busy machine one is the quickest. */
const quick = { viewPixels: 200_000, threads: 1 }

async function opened(files: TinyModel, options: Partial<LocalOptions> = {}): Promise<Endpoint> {
  const { endpoint } = await openLocal({ ...files, ...quick, context: 4096, ...options })
  onTestFinished(async () => endpoint.close())
  return endpoint
}

async function picture(colour: string, width = 112, height = 84): Promise<ContentPart> {
  const background = { create: { width, height, channels: 3, background: colour } } as const
  const bytes = await sharp(background).png().toBuffer()
  return { type: 'image', bytes, mime: 'image/png', sha256: sha256(bytes) }
}

async function user(text: string, ...colours: readonly string[]): Promise<EncodedMessage> {
  const pictures = await Promise.all(colours.map((colour) => picture(colour)))
  return encodeMessage({ role: 'user', content: [...pictures, { type: 'text', text }] })
}

function ask(endpoint: Endpoint, messages: readonly EncodedMessage[], more: Partial<CompletionRequest> = {}) {
  return endpoint.complete({ model: 'tiny', messages, temperature: 0, maxTokens: 40, ...more })
}

test('pictures over several turns: what was read before is not read again', async () => {
  const endpoint = await opened(tiny)
  const first = [await user('Which digit?', 'red')]
  const one = await ask(endpoint, first)
  const second = [...first, one.message, await user('A crop.', 'blue')]
  const two = await ask(endpoint, second)
  const third = [...second, two.message, await user('Another crop.', 'green', 'white')]
  const three = await ask(endpoint, third)
  // 4 x 3 tokens a picture, all of them read once.
  const tokens = ({ usage }: Completion) => ({ prompt: usage?.promptTokens ?? 0, cached: usage?.cachedTokens ?? 0 })
  expect(tokens(one).cached).toBe(0)
  expect(tokens(two).cached).toBeGreaterThan(12)
  expect(tokens(two).cached).toBeLessThan(tokens(one).prompt)
  expect(tokens(three).cached).toBeGreaterThan(tokens(one).prompt)
  expect(tokens(three).prompt - tokens(two).prompt).toBeGreaterThan(24)

  const afresh = await opened(tiny)
  expect((await ask(afresh, third)).text).toBe(three.text)
  expect((await ask(afresh, second)).text).toBe(two.text)
})

test('a picture decides what is said of it', async () => {
  const endpoint = await opened(tiny)
  const colours = ['red', 'blue', 'green', 'white', 'black', 'yellow', 'grey', 'purple']
  const said = new Set<string>()
  for (const colour of colours) said.add((await ask(endpoint, [await user('?', colour, colour, colour)])).text)
  expect(said.size).toBeGreaterThan(1)
})

test('a reply halts at a stop string and keeps it; without one it goes on', async () => {
  const endpoint = await opened(tiny)
  const seeds = Array.from({ length: 12 }, (_, seed) => seed)
  const messages = [await user('Which digit?', 'red')]
  for (const stop of [['</grounding>', '</answer>'], []]) {
    const texts: string[] = []
    for (const seed of seeds) texts.push((await ask(endpoint, messages, { stop, seed, temperature: 1 })).text)
    const zooms = texts.filter((text) => text.includes('<grounding>'))
    expect(zooms.length).toBeGreaterThan(0)
    for (const text of zooms) expect(text).toMatch(stop.length > 0 ? /<\/grounding>$/ : /<\/grounding> and on$/)
  }
})

test('the same seed draws the same reply, another seed another', async () => {
  const endpoint = await opened(tiny)
  const messages = [await user('Which digit?', 'red')]
  const draw = async (seed: number) => (await ask(endpoint, messages, { seed, temperature: 1 })).text
  const once: string[] = []
  for (let seed = 0; seed < 8; seed++) once.push(await draw(seed))
  for (let seed = 0; seed < 8; seed++) expect(await draw(seed)).toBe(once[seed])
  expect(new Set(once).size).toBeGreaterThan(1)
})

test('a reply is told as it comes, and is cut at its limit', async () => {
  const endpoint = await opened(talker)
  let told = ''
  const waits: string[] = []
  const request = { model: 'tiny', messages: [await user('Talk.', 'red')], maxTokens: 30, temperature: 1 }
  const completion = await endpoint.complete(request, {
    onNews: (news) => (news.kind === 'waiting' ? waits.push(news.why) : (told += news.text)),
  })
  expect(completion).toMatchObject({ finish: 'length', usage: { replyTokens: 30 } })
  expect(completion.text).toMatch(/^word (word |and )+$/)
  expect(told).toBe(completion.text)
  expect(waits).toEqual([expect.stringMatching(/^The model is reading \d+ tokens\.$/)])
})

test('what is read is told without what is known from before', async () => {
  const endpoint = await opened(tiny)
  const waits: string[] = []
  const heard = async (messages: readonly EncodedMessage[]): Promise<Completion> => {
    const request = { model: 'tiny', messages, temperature: 0, maxTokens: 40 }
    return endpoint.complete(request, { onNews: (news) => news.kind === 'waiting' && waits.push(news.why) })
  }
  const first = [await user('Which digit?', 'red')]
  const one = await heard(first)
  const two = await heard([...first, one.message, await user('A crop.', 'blue')])
  const { promptTokens = 0, cachedTokens = 0 } = two.usage ?? {}
  expect(cachedTokens).toBeGreaterThan(0)
  expect(waits).toEqual([
    `The model is reading ${one.usage?.promptTokens} tokens.`,
    `The model is reading ${promptTokens - cachedTokens} tokens, and has ${cachedTokens} cached.`,
  ])
})

test('a reply is aborted in the middle, and the next is made', async () => {
  const endpoint = await opened(talker)
  const messages = [await user('Talk.', 'red')]
  const controller = new AbortController()
  let pieces = 0
  const onNews = (): void => void (++pieces === 5 && controller.abort())
  const request = { model: 'tiny', messages, maxTokens: 4000, temperature: 1 }
  const endless = endpoint.complete(request, { signal: controller.signal, onNews })
  await expect(endless).rejects.toMatchObject({ name: 'AbortError', code: 'aborted' })
  expect((await ask(endpoint, messages, { maxTokens: 8 })).usage?.replyTokens).toBe(8)
  await expect(endpoint.complete(request, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
})

test('several searches are answered at once, each with its own reply', async () => {
  const endpoint = await opened(talker, { searches: 3 })
  const messages = [await user('Talk.', 'red')]
  const draw = { model: 'tiny', messages, temperature: 1 }
  const controller = new AbortController()
  // Goes on until another has been answered.
  const endless = endpoint.complete({ ...draw, maxTokens: 4000 }, { signal: controller.signal })
  const ended = endless.catch((error: unknown) => error)
  const replies = await Promise.all(
    [1, 2, 3, 4].map((seed) => endpoint.complete({ ...draw, maxTokens: 200, seed }).finally(() => controller.abort())),
  )
  expect(await ended).toMatchObject({ code: 'aborted' })
  expect(new Set(replies.map(({ text }) => text)).size).toBe(4)
  // The first of all read the question for all of them.
  for (const { usage } of replies) expect(usage?.cachedTokens).toBe((usage?.promptTokens ?? 0) - 1)
})

describe('a context that is full ends a search as it does on a server', () => {
  test('before the reply', async () => {
    const endpoint = await opened(tiny, { context: 1024 })
    const long = [await user('word '.repeat(600), 'red')]
    await expect(ask(endpoint, long)).rejects.toMatchObject({ code: 'context-length' })
    expect((await ask(endpoint, [await user('Which digit?', 'red')])).text).not.toBe('')
  })

  test('in the reply', async () => {
    const endpoint = await opened(talker, { context: 1024 })
    const messages = [await user('Talk.', 'red')]
    await expect(ask(endpoint, messages, { maxTokens: 8192 })).rejects.toMatchObject({ code: 'context-length' })
  })
})

describe('what cannot be opened is refused with what to do', () => {
  const open = (files: TinyModel, more: Partial<LocalOptions> = {}) => openLocal({ ...files, ...quick, ...more })

  test('weights that were cut off', async () => {
    const whole = await readFile(tiny.model)
    const model = join(folder, 'cut.gguf')
    await writeFile(model, whole.subarray(0, whole.length - 100_000))
    const refused = open({ ...tiny, model })
    await expect(refused).rejects.toMatchObject({ code: 'model-file-broken', exitCode: 2 })
    await expect(refused).rejects.toThrow(/llama\.cpp.*data is not within the file bounds/s)
  })

  test('files that were taken for each other', async () => {
    const { model, mmproj } = tiny
    await expect(open({ model: mmproj, mmproj })).rejects.toMatchObject({ code: 'model-is-mmproj', exitCode: 2 })
    await expect(open({ model, mmproj: model })).rejects.toMatchObject({ code: 'mmproj-no-eyes', exitCode: 2 })
  })

  test('the vision part of another model', async () => {
    const other = await writeTinyGguf(await mkdtemp(join(folder, 'wide-')), {
      begin: Array.from({ length: 80 }, (_, index) => `piece ${index}`),
    })
    await expect(open({ model: tiny.model, mmproj: other.mmproj })).rejects.toMatchObject({
      code: 'model-file-broken',
      exitCode: 2,
    })
  })

  test('more memory than there is', async () => {
    const huge = await writeTinyGguf(await mkdtemp(join(folder, 'huge-')), searching, 2 ** 31 - 1)
    const refused = open(huge, { context: 2 ** 31 - 1 })
    await expect(refused).rejects.toMatchObject({ code: 'memory-too-small', exitCode: 2 })
    await expect(refused).rejects.toThrow(/needs [\d.]+ GiB of memory .* a smaller --context/)
  })

  test('a machine without llama.cpp', () => {
    const missing = (): never => {
      throw new Error('not found')
    }
    const install = /npm install @fugood\/node-llama-linux-x64@\d+\.\d+\.\d+, or: Install llama\.cpp .*llama-server/
    expect(() => findAddon('linux-x64', missing)).toThrow(
      expect.objectContaining({ code: 'llama-missing', exitCode: 2 }),
    )
    expect(() => findAddon('linux-x64', missing)).toThrow(install)
    expect(() => findAddon('sunos-sparc', missing)).toThrow(/for sunos-sparc.*llama-server/)
    const card = (name: string): string => (name.endsWith('-vulkan') ? '/card.node' : missing())
    expect(findAddon('linux-x64', card)).toEqual({ kind: 'addon', path: '/card.node', slow: true })
    expect(findAddon('darwin-arm64', (name) => name)).toMatchObject({ path: '@fugood/node-llama-darwin-arm64-cuda' })
    expect(findAddon('darwin-arm64', card)).not.toHaveProperty('slow')
  })
})

test('a process that is killed fails what it worked at, and the next request starts another', async () => {
  const endpoint = await opened(talker)
  const request = { model: 'tiny', messages: [await user('Talk.', 'red')], maxTokens: 3000 }
  const killed = endpoint.complete(request, {
    onNews: ({ kind }) => kind === 'text' && lastOf(forked).kill('SIGKILL'),
  })
  await expect(killed).rejects.toMatchObject({ code: 'llama-ended' })
  await expect(killed).rejects.toThrow('memory')
  expect((await endpoint.complete({ ...request, maxTokens: 5 })).usage?.replyTokens).toBe(5)
})

test('it says how it runs, and leaves nothing behind', async () => {
  const own = await mkdtemp(join(folder, 'tmp-'))
  vi.stubEnv('TMPDIR', own)
  const { endpoint, about } = await openLocal({ ...talker, ...quick, context: 4096 })
  vi.unstubAllEnvs()
  expect(about).toMatch(/^Runs here, on .*: context 4,096 of 8,192 tokens, about \d+ views of 200,000 pixels/)
  expect(await readdir(own)).toHaveLength(1)
  await ask(endpoint, [await user('Talk.', 'red')])
  await endpoint.close()
  expect(await readdir(own)).toEqual([])
})
