/** Files of a model from a hub that is played by real servers. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startPlayedHub } from '../../../test/played-hub.ts'
import type { PlayedHub } from '../../../test/played-hub.ts'
import { qwenFiles } from '../../../test/qwen-files.ts'
import { readModelFiles } from './model-files.ts'

const files = qwenFiles()
const stored = Object.fromEntries(
  Object.entries(files).map(([name, value]) => [name, Buffer.from(JSON.stringify(value))]),
)
let cache: string
let hub: PlayedHub

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'model-files-'))
  hub = await startPlayedHub({ 'Qwen/Tiny-VL': { files: { ...stored, 'model.safetensors': Buffer.alloc(5000) } } })
  vi.stubEnv('HF_ENDPOINT', hub.endpoint)
  vi.stubEnv('HF_HUB_CACHE', cache)
  vi.stubEnv('HF_HUB_OFFLINE', '')
  vi.stubEnv('HF_TOKEN', 'hf_right')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub.close()
  await rm(cache, { recursive: true })
})

describe('a hub', () => {
  test('is asked for them once, and for nothing else', async () => {
    expect(await readModelFiles('hub:Qwen/Tiny-VL')).toEqual(files)
    const asked = hub.asked.filter(({ at }) => at === 'hub').map(({ path }) => path)
    expect(asked.toSorted()).toEqual(['api', ...Object.keys(files)].toSorted())
    const before = hub.asked.length
    expect(await readModelFiles('hub:Qwen/Tiny-VL')).toEqual(files)
    expect(hub.asked).toHaveLength(before)
  })

  test.each(['hf_secret\nsecond', 'hf_secret\u0100'])('a token that is none is not shown: %j', async (token) => {
    vi.stubEnv('HF_TOKEN', token)
    const error = (await readModelFiles('hub:Qwen/Tiny-VL').catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ code: 'api-key-bad', exitCode: 2 })
    expect(error.message).toContain('HF_TOKEN')
    expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('hf_secret')
  })

  test('with a file that is far larger than such a file can be: it is not fetched', async () => {
    const listing = {
      sha: 'a'.repeat(40),
      siblings: Object.keys(files).map((rfilename) => ({
        rfilename,
        lfs: { sha256: 'b'.repeat(64), size: 100 * 2 ** 20 },
      })),
    }
    hub.behave(({ path }) => (path === 'api' ? { body: Buffer.from(JSON.stringify(listing)) } : undefined))
    await expect(readModelFiles('hub:Qwen/Tiny-VL')).rejects.toMatchObject({ code: 'model-files', exitCode: 2 })
    expect(hub.asked.map(({ path }) => path)).toEqual(['api'])
  })

  test.each(['hub:../../etc', 'hub:one', 'hub:a/b/c', 'hub:a/..', 'hub:a/b?x'])('%s is no name', async (place) => {
    await expect(readModelFiles(place)).rejects.toMatchObject({ code: 'hub-name-bad', exitCode: 2 })
  })
})
