/** Files of a model from a hub on the loopback. */
import { mkdtemp, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { qwenFiles } from '../../../test/qwen-files.ts'
import { readModelFiles } from './model-files.ts'

const files = qwenFiles()
const closing: (() => Promise<unknown>)[] = []
let cache: string

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'model-files-'))
  vi.stubEnv('XDG_CACHE_HOME', cache)
  vi.stubEnv('HF_TOKEN', undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closing.splice(0)) await close()
})

async function hub(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  vi.stubEnv('HF_ENDPOINT', url)
  return url
}

const fileOf = ({ url }: IncomingMessage): string => JSON.stringify(files[url!.split('/').at(-1) as keyof typeof files])

describe('a hub', () => {
  test('is given the token, and whom it sends us to is not', async () => {
    const seen: (string | undefined)[] = []
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers.authorization)
      response.end(fileOf(request))
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => elsewhere.close(resolve)))
    const { port } = elsewhere.address() as AddressInfo
    const asked: (string | undefined)[] = []
    await hub((request, response) => {
      asked.push(request.headers.authorization)
      response.writeHead(302, { location: `http://127.0.0.1:${port}${request.url}` }).end()
    })
    vi.stubEnv('HF_TOKEN', 'hf_right')
    expect(await readModelFiles('hub:Qwen/Tiny-VL')).toEqual(files)
    expect(asked).toEqual(['Bearer hf_right', 'Bearer hf_right', 'Bearer hf_right'])
    expect(seen).toEqual([undefined, undefined, undefined])
    const kept = join(cache, 'mini-o3', 'models', 'Qwen', 'Tiny-VL', 'tokenizer.json')
    expect(JSON.parse(await readFile(kept, 'utf8'))).toEqual(files['tokenizer.json'])
  })

  test.each(['hf_secret\nsecond', 'hf_secret\u0100'])('a token that is none is not shown: %j', async (token) => {
    await hub((request, response) => response.end(fileOf(request)))
    vi.stubEnv('HF_TOKEN', token)
    const error = (await readModelFiles('hub:Qwen/Tiny-VL').catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ code: 'api-key-bad', exitCode: 2 })
    expect(error.message).toContain('HF_TOKEN')
    expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('hf_secret')
  })

  test('that sends more than such a file can be is not listened to for longer, and nothing is kept', async () => {
    let sent = 0
    await hub((_, response) => {
      const more = (): void => {
        while (!response.destroyed && sent < 400 * 2 ** 20) {
          sent += 2 ** 20
          if (!response.write(Buffer.alloc(2 ** 20, 32))) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    await expect(readModelFiles('hub:Qwen/Tiny-VL')).rejects.toMatchObject({ code: 'model-files', exitCode: 2 })
    expect(sent).toBeLessThan(300 * 2 ** 20)
    await expect(readFile(join(cache, 'mini-o3', 'models', 'Qwen', 'Tiny-VL', 'tokenizer.json'))).rejects.toThrow(
      /ENOENT/,
    )
  })

  test.each(['hub:../../etc', 'hub:one', 'hub:a/b/c', 'hub:a/..', 'hub:a/b?x'])('%s is no name', async (place) => {
    await expect(readModelFiles(place)).rejects.toMatchObject({ code: 'model-files' })
  })
})
