/** Finding a server: its kind, its models and context, its key, and what is said when something is wrong with them. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { startScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint, ScriptedOptions } from '../../test/scripted-endpoint.ts'
import { encodeMessage } from './exchange/encode-message.ts'
import type { Endpoint } from './endpoint.ts'
import { openEndpoint } from './open-endpoint.ts'
import { kindOf } from './server-kinds.ts'

const secret = 'sk-do-not-tell-anyone'
const servers: ScriptedEndpoint[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function serve(options: Partial<ScriptedOptions> = {}): Promise<string> {
  const server = await startScriptedEndpoint({ script: ['hello'], ...options })
  servers.push(server)
  return server.baseUrl
}

async function opened(baseUrl: string, more: object = {}): Promise<Endpoint> {
  const endpoint = await openEndpoint({ baseUrl, maxTries: 2, backoffMs: 1, ...more })
  endpoint.close()
  return endpoint
}

async function failure(work: Promise<unknown>): Promise<Error & { code: string }> {
  return work.then(
    () => expect.fail('it did not fail'),
    (error: Error & { code: string }) => error,
  )
}

describe('kinds', () => {
  test.each([
    ['http://10.0.0.1:8000/v1', 'vllm', 'vllm'],
    ['http://10.0.0.1:30000/v1', 'sglang', 'sglang'],
    ['http://10.0.0.1:8080/v1', 'llamacpp', 'llamacpp'],
    ['http://10.0.0.1:9/v1', 'library', 'ollama'],
    ['http://10.0.0.1:11434/v1', 'me', 'ollama'],
    ['https://api.openai.com/v1', 'system', 'openai'],
    ['https://mine.openai.azure.com/openai/v1', '', 'openai'],
    ['https://generativelanguage.googleapis.com/v1beta/openai', 'google', 'gemini'],
    ['http://10.0.0.1:8420/v1', 'mini-o3', 'mini-o3'],
    ['http://10.0.0.1:4000/v1', 'openai', 'generic'],
    ['http://10.0.0.1:4000/v1', 'constructor', 'generic'],
  ])('%s with models of %s is %s', (url, owner, name) => {
    expect(kindOf({ url: new URL(url), ownedBy: [owner] }).name).toBe(name)
  })

  test('a given kind stands', async () => {
    expect((await opened(await serve(), { kind: 'sglang' })).kind.name).toBe('sglang')
  })
})

describe('context length', () => {
  test('vLLM lists it', async () => {
    const baseUrl = await serve({ models: [{ id: 'a', max_model_len: 4096 }, { id: 'b' }] })
    expect((await opened(baseUrl)).models).toEqual([{ id: 'a', contextLength: 4096 }, { id: 'b' }])
  })

  test('llama.cpp says it in its properties, Ollama for what is loaded', async () => {
    const props = await serve({
      ownedBy: 'llamacpp',
      routes: { '/props': { default_generation_settings: { n_ctx: 8192 } } },
    })
    expect((await opened(props)).models).toEqual([{ id: 'test-vlm', contextLength: 8192 }])
    const ps = await serve({
      ownedBy: 'library',
      models: [{ id: 'loaded' }, { id: 'other' }],
      routes: { '/api/ps': { models: [{ name: 'loaded', context_length: 4096 }] } },
    })
    expect((await opened(ps)).models).toEqual([{ id: 'loaded', contextLength: 4096 }, { id: 'other' }])
  })

  test.each([
    ['LiteLLM', { max_input_tokens: 128_000 }, 128_000],
    ["LiteLLM's model information", { model_info: { max_input_tokens: 64_000 } }, 64_000],
    ["llama.cpp's list", { meta: { n_ctx: 4_096, n_ctx_train: 32_768 } }, 4_096],
    ["llama.cpp's router", { meta: { n_ctx: 0 } }, undefined],
    ['LM Studio', { loaded_context_length: 4_096, max_context_length: 32_768 }, 4_096],
    ['figures that are none', { max_model_len: 4_096.5, context_length: -1, n_ctx: '8192' }, undefined],
  ])('%s', async (_, fields, contextLength) => {
    const data = [{ id: 'a', object: 'model', owned_by: 'someone', ...fields }]
    const endpoint = await opened(await serve({ routes: { '/v1/models': { data } } }))
    expect(endpoint.models).toEqual([{ id: 'a', ...(contextLength !== undefined && { contextLength }) }])
  })
})

describe('names', () => {
  test.each([
    ['vllm', 'models/x'],
    ['google', 'x'],
  ])('of %s: models/x is listed as %s', async (ownedBy, id) => {
    const data = [{ id: 'models/x', owned_by: ownedBy }]
    const endpoint = await opened(await serve({ routes: { '/v1/models': { data } } }))
    expect(endpoint.models).toEqual([{ id }])
  })
})

describe('addresses', () => {
  test('/v1 may be forgotten, /chat/completions be too much', async () => {
    const baseUrl = await serve()
    expect((await opened(baseUrl.replace('/v1', ''))).baseUrl).toBe(baseUrl)
    expect((await opened(`${baseUrl}/chat/completions`)).baseUrl).toBe(baseUrl)
    expect((await opened(`${baseUrl}/`)).baseUrl).toBe(baseUrl)
  })

  test.each([
    ['nonsense', 'base-url-bad'],
    ['ftp://host/v1', 'base-url-bad'],
    [`http://me:${secret}@127.0.0.1/v1`, 'base-url-secret'],
    [`http://127.0.0.1/v1?key=${secret}`, 'base-url-secret'],
    ['http://127.0.0.1:1/v1', 'endpoint-unreachable'],
    ['http://no-such-host.invalid/v1', 'endpoint-unreachable'],
  ])('%s ends with exit code 2', async (baseUrl, code) => {
    const error = await failure(openEndpoint({ baseUrl, backoffMs: 1 }))
    expect(error).toMatchObject({ code, exitCode: 2 })
    expect(error.message).not.toContain(secret)
  })

  test('https where the server speaks plain HTTP says so', async () => {
    const error = await failure(openEndpoint({ baseUrl: (await serve()).replace('http:', 'https:'), backoffMs: 1 }))
    expect(error).toMatchObject({ code: 'endpoint-unreachable', exitCode: 2 })
    expect(error.message).toContain('start the base URL with http://')
  })

  test('http where the server speaks TLS says so', async () => {
    const web = createServer((_, response) => {
      response.writeHead(400).end('<h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port')
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => web.once('listening', resolve))
    const baseUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/v1`
    const error = await failure(openEndpoint({ baseUrl }))
    expect(error).toMatchObject({ code: 'endpoint-moved', exitCode: 2 })
    expect(error.message).toContain(baseUrl.replace('http:', 'https:'))
    web.closeAllConnections()
    web.close()
  })

  test('something else that speaks HTTP', async () => {
    const web = createServer((_, response) => response.end('<html>Welcome</html>')).listen(0, '127.0.0.1')
    await new Promise((resolve) => web.once('listening', resolve))
    const baseUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/v1`
    const error = await failure(openEndpoint({ baseUrl }))
    expect(error).toMatchObject({ code: 'no-chat-endpoint', exitCode: 2 })
    expect(error.message).toContain('/models is a web page: "Welcome"')
    web.closeAllConnections()
    web.close()
  })
})

test('a server that answers every other path with its own page is found below /v1', async () => {
  const web = createServer(({ url }, response) =>
    response.end(url === '/v1/models' ? '{"data":[{"id":"m","owned_by":"me"}]}' : '<html>Chat</html>'),
  ).listen(0, '127.0.0.1')
  await new Promise((resolve) => web.once('listening', resolve))
  const { port } = web.address() as AddressInfo
  expect((await opened(`http://127.0.0.1:${port}`)).baseUrl).toBe(`http://127.0.0.1:${port}/v1`)
  web.closeAllConnections()
  web.close()
})

describe('keys', () => {
  test('a variable that is not set is named', async () => {
    const baseUrl = await serve()
    for (const value of [undefined, '', '  ']) {
      vi.stubEnv('MINI_O3_TEST_KEY', value)
      const error = await failure(openEndpoint({ baseUrl, apiKeyEnv: 'MINI_O3_TEST_KEY' }))
      expect(error).toMatchObject({ code: 'api-key-missing', exitCode: 2 })
      expect(error.message).toContain('MINI_O3_TEST_KEY')
    }
  })

  test.each(['sk-proj-abcdefgh12345678', 'hf_abcDEF123456', 'ABCD1234EFGH5678', '0123456789abcdef', 'my key'])(
    'what looks like a key in place of its name is not repeated: %s',
    async (apiKeyEnv) => {
      const error = await failure(openEndpoint({ baseUrl: await serve(), apiKeyEnv }))
      expect(error).toMatchObject({
        code: 'api-key-bad',
        exitCode: 2,
        message: expect.stringContaining('--api-key-env MY_KEY'),
      })
      expect(`${error.message} ${error.stack}`).not.toContain(apiKeyEnv)
    },
  )

  test('a server that wants one says how to give it', async () => {
    const error = await failure(openEndpoint({ baseUrl: await serve({ apiKey: secret }) }))
    expect(error).toMatchObject({ code: 'api-key-refused', exitCode: 2 })
    expect(error.message).toContain('--api-key-env')
  })

  test('a wrong one is never repeated, though the server does', async () => {
    vi.stubEnv('MINI_O3_TEST_KEY', secret)
    const baseUrl = await serve({ apiKey: 'another' })
    const error = await failure(openEndpoint({ baseUrl, apiKeyEnv: 'MINI_O3_TEST_KEY' }))
    expect(error).toMatchObject({ code: 'api-key-refused' })
    expect(error.message).toContain('MINI_O3_TEST_KEY')
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(secret)
  })

  test.each([400, 401, 403, 429, 500])('nor in an error with status %d', async (status) => {
    vi.stubEnv('MINI_O3_TEST_KEY', `${secret}\n`)
    const script = () => ({ status, body: { error: { message: `Bearer ${secret} is no good` } } })
    const baseUrl = await serve({ apiKey: secret, script })
    const endpoint = await opened(baseUrl, { apiKeyEnv: 'MINI_O3_TEST_KEY' })
    const messages = [encodeMessage({ role: 'user', content: 'Hello?' })]
    const error = await failure(endpoint.complete({ model: 'test-vlm', messages }))
    expect(error.message).toContain('is no good')
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${JSON.stringify(endpoint)}`).not.toContain(secret)
  })

  test('one that could end a header is refused', async () => {
    vi.stubEnv('MINI_O3_TEST_KEY', `${secret}\r\nX-More: 1`)
    const error = await failure(openEndpoint({ baseUrl: await serve(), apiKeyEnv: 'MINI_O3_TEST_KEY' }))
    expect(error).toMatchObject({ code: 'api-key-bad' })
    expect(error.message).not.toContain(secret)
  })
})
