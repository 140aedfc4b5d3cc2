/** A disk that is full while a file comes. */
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { commitOf, sha256Of, startPlayedHub } from '../../test/played-hub.ts'
import type { PlayedHub } from '../../test/played-hub.ts'
import { downloadFile } from './download.ts'
import { repositoryOf } from './repository.ts'
import { hubSettings } from './settings.ts'

const bytes = Buffer.alloc(50_000, 'x')
const files = { 'weights.gguf': bytes }

let hub: PlayedHub
beforeEach(async () => void (hub = await startPlayedHub({ 'owner/name': { files } })))
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub.close()
})

test.runIf(existsSync('/dev/full'))('a write that fails ends the download at once, and says what to do', async () => {
  vi.stubEnv('HF_TOKEN', 'hf_any')
  const options = {
    hub: hubSettings({ HF_ENDPOINT: hub.endpoint }),
    repository: repositoryOf('models', 'owner/name'),
    commit: commitOf({ files }),
    onBytes: () => {},
  }
  const file = { path: 'weights.gguf', bytes: bytes.length, hash: sha256Of(bytes) }
  await expect(downloadFile(file, '/dev/full', options)).rejects.toMatchObject({
    code: 'ENOSPC',
    exitCode: 1,
    message: expect.stringMatching(/Free some space on that disk.*kept: repeat the command/),
  })
  expect(hub.asked.filter(({ at }) => at === 'store')).toHaveLength(1)
})
