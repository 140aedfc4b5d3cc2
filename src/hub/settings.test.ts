import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hubSettings, hubToken } from './settings.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'mini-o3-settings-'))))
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

test.each([
  [{}, join(homedir(), '.cache', 'huggingface', 'hub')],
  [{ XDG_CACHE_HOME: '/x' }, join('/x', 'huggingface', 'hub')],
  [{ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }, join('/h', 'hub')],
  [{ HF_HOME: '~/h' }, join(homedir(), 'h', 'hub')],
  [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
  [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/new' }, '/new'],
  [{ HF_HOME: '' }, join(homedir(), '.cache', 'huggingface', 'hub')],
])('the cache with %j is %s', (env, cache) => {
  expect(hubSettings(env).cache).toBe(cache)
})

test.each([
  [{}, false],
  [{ HF_HUB_OFFLINE: '0' }, false],
  [{ HF_HUB_OFFLINE: '1' }, true],
  [{ HF_HUB_OFFLINE: 'yes' }, true],
  [{ TRANSFORMERS_OFFLINE: 'TRUE' }, true],
])('%j: offline is %s', (env, offline) => {
  expect(hubSettings(env).offline).toBe(offline)
})

test('another hub may lie below a path; one with a password or a query is refused without repeating it', () => {
  expect(hubSettings({ HF_ENDPOINT: 'https://mirror.example/hf/' }).endpoint.href).toBe('https://mirror.example/hf')
  for (const address of ['mirror', 'ftp://mirror', 'https://me:secret@mirror', 'https://mirror/?key=secret']) {
    expect(() => hubSettings({ HF_ENDPOINT: address })).toThrow(
      expect.objectContaining({ code: 'hub-address-bad', message: expect.not.stringContaining('secret') }),
    )
  }
})

test('the token is that of the environment, else that of the file, and none where that is wanted', async () => {
  await writeFile(join(folder, 'token'), 'hf_file\n')
  vi.stubEnv('HF_TOKEN', 'hf_own')
  const env = { HF_HOME: folder }
  expect(await hubToken({ ...env, HF_TOKEN: 'hf_own' })).toBe('hf_own')
  expect(await hubToken(env)).toBe('hf_file')
  expect(await hubToken({ ...env, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeUndefined()
  expect(await hubToken({ HF_HOME: join(folder, 'none') })).toBeUndefined()
  await writeFile(join(folder, 'token'), 'hf_file\r\nx-header: 1')
  await expect(hubToken(env)).rejects.toMatchObject({
    code: 'api-key-bad',
    message: expect.not.stringContaining('hf_file'),
  })
})
