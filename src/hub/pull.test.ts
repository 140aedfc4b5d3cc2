/** Pulls from a hub that is played by real servers: broken, busy, hostile, changed, shared and offline. */
import { randomBytes } from 'node:crypto'
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { commitOf, sha256Of, startPlayedHub } from '../../test/played-hub.ts'
import type { HubBehaviour, PlayedHub } from '../../test/played-hub.ts'
import { findLocalModel, planPull, planRemoval, pull, pulledModels, unfinishedPulls } from './local-model.ts'

const token = 'hf_secretSecretSecretSecret0123456789'
const id = 'owner/tiny-GGUF'
const weights = randomBytes(3_000_000)
const projector = randomBytes(200_000)
const files = {
  'README.md': Buffer.from('# tiny\n'),
  'tiny-Q4_K_M.gguf': weights,
  'tiny-Q8_0.gguf': randomBytes(5000),
  'mmproj-tiny-Q8_0.gguf': projector,
  'mmproj-tiny-F16.gguf': randomBytes(4000),
}
const name = `hub:${id}`

let cache: string
let hub: PlayedHub
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'mini-o3-hub-'))
  hub = await startPlayedHub({ [id]: { files, licence: 'apache-2.0' } })
  vi.stubEnv('HF_ENDPOINT', hub.endpoint)
  vi.stubEnv('HF_HUB_CACHE', cache)
  vi.stubEnv('HF_HUB_OFFLINE', '')
  vi.stubEnv('HF_TOKEN', token)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub.close()
  await rm(cache, { recursive: true })
})

const folder = (): string => join(cache, 'models--owner--tiny-GGUF')
const part = (): string => join(folder(), 'blobs', `${sha256Of(weights)}.incomplete`)
const pullIt = async (own = name) => pull(await planPull(own))

/** Each request for the weights at the store, in turn, until the list ends. */
function weightsBehave(...behaviours: readonly HubBehaviour[]): void {
  hub.behave(({ at, path, before }) => (at === 'store' && path === 'tiny-Q4_K_M.gguf' ? behaviours[before] : undefined))
}

async function expectWhole(): Promise<void> {
  const { model, mmproj } = await findLocalModel(name)
  expect((await readFile(model)).equals(weights)).toBe(true)
  expect((await readFile(mmproj)).equals(projector)).toBe(true)
  expect((await readdir(join(folder(), 'blobs'))).toSorted()).toEqual([weights, projector].map(sha256Of).toSorted())
}

const rangesAtStore = (): number[] =>
  hub.asked.filter(({ at, path }) => at === 'store' && path === 'tiny-Q4_K_M.gguf').map(({ from }) => from)

describe('a pull', () => {
  test('says what would come, and downloads nothing', async () => {
    const plan = await planPull(name)
    expect(plan).toMatchObject({
      commit: commitOf({ files }),
      licence: 'apache-2.0',
      bytes: 3_200_000,
      bytesLeft: 3_200_000,
    })
    expect(plan.files.map(({ path }) => path)).toEqual(['tiny-Q4_K_M.gguf', 'mmproj-tiny-Q8_0.gguf'])
    expect(await readdir(cache)).toEqual([])
    expect(hub.asked.map(({ path }) => path)).toEqual(['api'])
  })

  test('leaves the layout that all clients of the hub share', async () => {
    const done: number[] = []
    await pull(await planPull(name), { onBytes: (bytes) => done.push(bytes) })
    await expectWhole()
    const commit = commitOf({ files })
    expect(await readFile(join(folder(), 'refs', 'main'), 'utf8')).toBe(commit)
    expect(await readlink(join(folder(), 'snapshots', commit, 'tiny-Q4_K_M.gguf'))).toBe(
      `../../blobs/${sha256Of(weights)}`,
    )
    expect(done.at(-1)).toBe(3_200_000)
    expect(done).toEqual(done.toSorted((a, b) => a - b))
    expect(
      hub.asked.filter(({ at }) => at === 'hub').every(({ authorization }) => authorization === `Bearer ${token}`),
    ).toBe(true)
  })

  test('asks for nothing again that is there', async () => {
    await pullIt()
    const before = hub.asked.length
    const plan = await planPull(name)
    expect(plan.bytesLeft).toBe(0)
    await pull(plan)
    expect(hub.asked.length).toBe(before + 1)
  })

  test('goes on at the byte where an earlier one stopped', async () => {
    await pullIt()
    const at = 1 + Math.floor(Math.random() * (weights.length - 1))
    const blob = join(folder(), 'blobs', sha256Of(weights))
    await writeFile(part(), await readFile(blob))
    await truncate(part(), at)
    await rm(blob)
    const before = rangesAtStore().length
    expect((await planPull(name)).bytesLeft).toBe(weights.length - at)
    await pullIt()
    expect(rangesAtStore().slice(before)).toEqual([at])
    await expectWhole()
  })

  test.each([
    [
      'a connection that breaks again and again, each time further on',
      [{ cutAfter: 999_999 }, { cutAfter: 1 }, { cutAfter: 500_000 }],
    ],
    ['a server that ignores ranges', [{ cutAfter: 1_000_000 }, { ignoresRange: true }]],
    [
      'a busy store that says when to come back',
      [
        { status: 429, headers: { 'retry-after-ms': '5' } },
        { status: 503, headers: { 'retry-after': '0' } },
      ],
    ],
    ['a signed address that has expired', [{ cutAfter: 10 }, { status: 403 }]],
    ['a part that reaches beyond the end', [{ cutAfter: 10 }, { status: 416 }]],
  ] satisfies [string, HubBehaviour[]][])('outlasts %s', async (_, behaviours) => {
    weightsBehave(...behaviours)
    await pullIt()
    await expectWhole()
    expect(rangesAtStore().length).toBeGreaterThanOrEqual(behaviours.length)
  })

  test('gives up on a store that sends nothing more, and keeps the part', async () => {
    const plan = await planPull(name)
    hub.behave(({ at, path, from }) =>
      at === 'store' && path === 'tiny-Q4_K_M.gguf' ? { hangs: true, cutAfter: from === 0 ? 700 : 0 } : undefined,
    )
    const impatient = { ...plan, hub: { ...plan.hub, silenceMs: 500 } }
    await expect(pull(impatient)).rejects.toMatchObject({
      code: 'hub-silent',
      message: expect.stringContaining('5 tries'),
    })
    expect(await unfinishedPulls()).toEqual([{ repository: id, bytes: 700 }])
  })

  test('deletes a file whose hash is wrong, and takes none of it', async () => {
    weightsBehave({ body: randomBytes(weights.length) })
    await expect(pullIt()).rejects.toMatchObject({ code: 'hub-hash' })
    const left = await readdir(join(folder(), 'blobs'))
    expect(left.filter((own) => own.startsWith(sha256Of(weights)))).toEqual([])
    await expect(findLocalModel(name)).rejects.toMatchObject({ code: 'model-not-pulled' })
    await pullIt()
    await expectWhole()
  })

  test('fetches anew where the part on this disk was spoilt', async () => {
    await pullIt()
    await writeFile(part(), randomBytes(1000))
    await rm(join(folder(), 'blobs', sha256Of(weights)))
    await pullIt()
    await expectWhole()
    expect(rangesAtStore()).toEqual([0, 1000, 0])
  })

  test('refuses a file of another length than the hub listed', async () => {
    weightsBehave({ body: weights.subarray(1) })
    await expect(pullIt()).rejects.toMatchObject({ code: 'hub-file-changed' })
  })

  test('follows a file that changed between two tries', async () => {
    weightsBehave({ cutAfter: 1_000_000, hangs: true })
    const stop = new AbortController()
    const stopped = pull(await planPull(name), {
      signal: stop.signal,
      onBytes: (done) => done >= 1_200_000 && stop.abort(),
    })
    await expect(stopped).rejects.toMatchObject({ code: 'aborted', exitCode: 130 })
    expect((await lstat(part())).size).toBe(1_000_000)
    const changed = randomBytes(2_000_000)
    hub.push(id, { files: { ...files, 'tiny-Q4_K_M.gguf': changed } })
    const { model } = await pullIt()
    expect((await readFile(model)).equals(changed)).toBe(true)
    expect(rangesAtStore()).toEqual([0, 0])
  })

  test('of a commit that was superseded leaves what main was', async () => {
    const old = commitOf({ files })
    await pullIt()
    const newer = { ...files, 'tiny-Q4_K_M.gguf': randomBytes(2000) }
    hub.push(id, { files: newer })
    await pullIt()
    expect(await readFile(join(folder(), 'refs', 'main'), 'utf8')).toBe(commitOf({ files: newer }))
    expect((await findLocalModel(`${name}@${old}`)).bytes).toBe(3_200_000)
  })

  test('two at once share one download', async () => {
    const [first, second] = [await planPull(name), await planPull(name)]
    await Promise.all([pull(first), pull(second)])
    await expectWhole()
    expect(rangesAtStore()).toEqual([0])
  })
})

describe('a hub that refuses', () => {
  test.each([
    ['a gated repository without a token', '', 'hub-gated'],
    ['a gated repository with a token of somebody else', token, 'hub-gated'],
  ])('%s', async (_, own, code) => {
    vi.stubEnv('HF_TOKEN', own)
    vi.stubEnv('HF_TOKEN_PATH', join(cache, 'none'))
    hub.push(id, { files, gatedBy: 'hf_another' })
    const failed = pullIt()
    await expect(failed).rejects.toMatchObject({
      code,
      exitCode: 2,
      message: expect.stringContaining(`${hub.endpoint}/${id}`),
    })
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining(token) })
  })

  test('a token from the file that the hub’s clients write opens a gated repository', async () => {
    vi.stubEnv('HF_TOKEN', '')
    vi.stubEnv('HF_TOKEN_PATH', join(cache, 'token'))
    await writeFile(join(cache, 'token'), 'hf_another\n')
    hub.push(id, { files, gatedBy: 'hf_another' })
    await pullIt()
    await expectWhole()
  })

  test.each([
    ['a repository that there is not', 'hub:owner/none', 'hub-not-found'],
    ['a model without the wanted precision', `${name}:Q2_K`, 'gguf-quant'],
    ['a name that is no repository', 'hub:owner/../../x', 'hub-name-bad'],
    ['a revision that leads elsewhere', `${name}@../../x`, 'hub-name-bad'],
    ['a name that nobody knows', 'qwen3-vl-4', 'model-unknown'],
  ])('%s', async (_, own, code) => {
    await expect(planPull(own)).rejects.toMatchObject({ code, exitCode: 2 })
  })

  test.each([
    'https://huggingface.co/Qwen/Qwen3-VL-4B-Instruct-GGUF',
    'https://huggingface.co/Qwen/Qwen3-VL-4B-Instruct-GGUF/tree/main?x=1',
    'http://www.huggingface.co/Qwen/Qwen3-VL-4B-Instruct-GGUF/blob/main/model-Q4_K_M.gguf',
    'hf.co/Qwen/Qwen3-VL-4B-Instruct-GGUF:Q4_K_M',
  ])('%s is the address of a page: its model is named', async (address) => {
    for (const look of [planPull, findLocalModel])
      await expect(look(address)).rejects.toMatchObject({
        code: 'model-address',
        exitCode: 2,
        message: expect.stringMatching(/ hub:Qwen\/Qwen3-VL-4B-Instruct-GGUF$/),
      })
    expect(hub.asked).toEqual([])
  })

  test.each([
    ['photo.jpg', 'model-not-gguf'],
    ['./a/model.safetensors', 'model-not-gguf'],
    ['qwen3-vl-4b', 'mmproj-unused'],
    [name, 'mmproj-unused'],
  ])('a projector beside %s', async (own, code) => {
    await expect(findLocalModel(own, 'mmproj.gguf')).rejects.toMatchObject({ code, exitCode: 2 })
  })

  test('a busy hub is asked again, and that is told', async () => {
    hub.behave(({ path, before }) =>
      path === 'api' && before < 2 ? { status: 503, headers: { 'retry-after-ms': '5' } } : undefined,
    )
    let retries = 0
    expect((await planPull(name, { onRetry: () => retries++ })).bytes).toBe(3_200_000)
    expect(retries).toBe(2)
  })

  test('offline asks nothing, and finds what is there', async () => {
    await pullIt()
    const before = hub.asked.length
    vi.stubEnv('HF_HUB_OFFLINE', '1')
    await expect(planPull(name)).rejects.toMatchObject({ code: 'hub-offline', exitCode: 2 })
    await expectWhole()
    await expect(findLocalModel('qwen3-vl-4b')).rejects.toMatchObject({
      code: 'model-not-pulled',
      message: expect.stringMatching(/HF_HUB_OFFLINE .*is set.* Unset it and run: mini-o3 models pull qwen3-vl-4b$/),
    })
    expect(hub.asked.length).toBe(before)
  })

  test.each([
    '../outside.gguf',
    'a/../../outside.gguf',
    '/etc/outside.gguf',
    'a\\..\\outside.gguf',
    'C:outside.gguf',
    'nul.gguf',
  ])('a listing with %s is refused whole', async (path) => {
    hub.push(id, { files: { ...files, [path]: randomBytes(2000) } })
    await expect(planPull(name)).rejects.toMatchObject({ code: 'hub-path-unsafe', exitCode: 2 })
  })

  test.each([
    ['names another hash', Buffer.from('{"sha": "main", "siblings": []}')],
    ['is not JSON', Buffer.from('<html>')],
    [
      'states no hash',
      Buffer.from(JSON.stringify({ sha: 'a'.repeat(40), siblings: [{ rfilename: 'x.gguf', size: 1 }] })),
    ],
  ])('a listing that %s is not taken', async (_, body) => {
    hub.behave(({ path }) => (path === 'api' ? { body } : undefined))
    await expect(planPull(name)).rejects.toMatchObject({ code: 'hub-listing' })
  })

  test('a disk that has no room is seen before anything is downloaded', async () => {
    const huge = {
      sha: 'a'.repeat(40),
      siblings: ['x-Q4_K_M.gguf', 'mmproj-x.gguf'].map((rfilename) => ({
        rfilename,
        lfs: { sha256: 'b'.repeat(64), size: 2 ** 52 },
      })),
    }
    hub.behave(({ path }) => (path === 'api' ? { body: Buffer.from(JSON.stringify(huge)) } : undefined))
    await expect(planPull(name)).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(/TB.*are free.*HF_HOME/),
    })
  })

  test.each(['file:///etc/passwd', 'ftp://127.0.0.1/x', 'http://user:secret@127.0.0.1/x'])(
    'a redirect to %s is not followed',
    async (location) => {
      hub.behave(({ path }) => (path === 'tiny-Q4_K_M.gguf' ? { location } : undefined))
      await expect(pullIt()).rejects.toMatchObject({ code: 'hub-redirect-bad', exitCode: 2 })
    },
  )

  test('redirects in a circle end', async () => {
    hub.behave(({ path }) =>
      path === 'api' ? { location: `${hub.endpoint}/api/models/${id}/revision/main?blobs=true` } : undefined,
    )
    await expect(planPull(name)).rejects.toMatchObject({ code: 'hub-redirects' })
  })
})

describe('models of the cache', () => {
  test('are listed by the name that opens them, with what broke off', async () => {
    await pullIt()
    await pullIt(`${name}:Q8_0`)
    // What others keep there is none of ours.
    for (const other of ['copy of tiny', 'models--gpt2', 'models--owner--tiny-GGUF copy', 'models--owner--a--b'])
      await mkdir(join(cache, other))
    const models = await pulledModels()
    expect(models.map((own) => own.name)).toEqual([`${name}:Q4_K_M`, `${name}:Q8_0`])
    for (const own of models) expect((await findLocalModel(own.name)).model).toBe(own.model)
    expect(await unfinishedPulls()).toEqual([])
  })

  test('go one by one: a projector stays as long as another model needs it', async () => {
    await pullIt()
    await pullIt(`${name}:Q8_0`)
    const first = await planRemoval(`${name}:Q8_0`)
    expect(first.paths).toEqual(['tiny-Q8_0.gguf'])
    await first.remove()
    await expectWhole()
    await (await planRemoval(name)).remove()
    expect(await readdir(cache)).toEqual(['.locks'])
    await expect(planRemoval(name)).rejects.toMatchObject({ code: 'model-not-pulled', exitCode: 2 })
  })
})
