/** What is found on the loopback, of servers as they answer and of such that mean harm. */
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  liteLlm,
  llamaServer,
  lmStudio,
  ollama,
  olderLlamaServer,
  startPlayed,
  transformersServe,
  vllm,
} from '../../test/played-servers.ts'
import type { Listening, Played } from '../../test/played-servers.ts'
import { choicesOf } from './choices.ts'
import { findServers } from './find-servers.ts'

const started: Listening[] = []
afterEach(() => Promise.all(started.splice(0).map((server) => server.close())))

async function placesOf(...servers: readonly (Played | RequestListener)[]) {
  const all = await Promise.all(servers.map(startPlayed))
  started.push(...all)
  return all.map(({ port }) => ({ port, path: '/v1' }))
}

describe('each kind is told, and which of its models see', () => {
  test.each<[string, Played, string, readonly string[]]>([
    [
      'Ollama',
      ollama,
      'Ollama',
      ['llama3.2:latest no', 'gemma3:4b yes', 'qwen2.5vl:7b yes', 'qwen3-vl:235b-cloud yes elsewhere'],
    ],
    ['LM Studio', lmStudio, 'LM Studio', ['qwen2-vl-7b-instruct yes', 'llama-3.1-8b no']],
    ['llama.cpp', llamaServer, 'llama.cpp', ['SmolVLM.gguf yes']],
    ['an older llama.cpp', olderLlamaServer, 'llama.cpp', ['SmolVLM.gguf yes']],
    ['vLLM', vllm, 'vLLM', ['Qwen/Qwen2.5-VL-7B-Instruct unknown']],
    ['transformers serve', transformersServe, 'transformers serve', ['HuggingFaceTB/SmolVLM2 unknown']],
    ['LiteLLM', liteLlm, 'LiteLLM', ['gpt-5 unknown elsewhere']],
  ])('%s', async (_, played, title, models) => {
    const [server] = await findServers(await placesOf(played))
    expect(server?.title).toBe(title)
    const told = server?.models.map(({ id, sees, elsewhere }) => [id, sees, elsewhere && 'elsewhere'])
    expect(told?.map((one) => one.filter(Boolean).join(' '))).toEqual(models)
  })

  test('models of LM Studio from 0.4 on, by its later list', async () => {
    const later = {
      '/v1/models': lmStudio['/v1/models']!,
      '/api/v1/models': {
        models: [
          { type: 'llm', key: 'google/gemma-3-4b', capabilities: { vision: true } },
          { type: 'llm', key: 'openai/gpt-oss-20b', capabilities: { vision: false } },
          { type: 'embedding', key: 'nomic' },
        ],
      },
    }
    const [server] = await findServers(await placesOf(later))
    expect(server?.models).toEqual([
      { id: 'google/gemma-3-4b', sees: 'yes' },
      { id: 'openai/gpt-oss-20b', sees: 'no' },
    ])
  })

  test('an Ollama from before capabilities: by its projector or its families', async () => {
    const shown: Readonly<Record<string, object>> = {
      llava: { projector_info: { 'clip.has_vision_encoder': true } },
      bakllava: { details: { families: ['llama', 'clip'] } },
      mistral: { details: { families: ['llama'] } },
    }
    const names = Object.keys(shown)
    const old: Played = {
      '/v1/models': { data: names.map((id) => ({ id, owned_by: 'library' })) },
      '/api/tags': { models: names.map((name) => ({ name })) },
      '/api/show': (body) => shown[(body as { readonly model: string }).model] ?? {},
    }
    const [server] = await findServers(await placesOf(old))
    expect(server?.models.map(({ sees }) => sees)).toEqual(['yes', 'yes', 'unknown'])
  })
})

test('the order in which they are taken: nothing that leaves the machine, servers of one model first, Qwen first', async () => {
  const servers = await findServers(await placesOf(ollama, liteLlm, vllm, lmStudio, llamaServer))
  expect(choicesOf({ servers, local: { models: [] } }).map(({ policy, untried }) => [policy, untried])).toEqual([
    ['chat:SmolVLM.gguf', undefined],
    ['chat:qwen2-vl-7b-instruct', undefined],
    ['chat:qwen2.5vl:7b', undefined],
    ['chat:gemma3:4b', undefined],
    ['chat:Qwen/Qwen2.5-VL-7B-Instruct', true],
  ])
})

describe('whoever listens there', () => {
  const json =
    (text: string, status = 200, headers = {}): RequestListener =>
    (_, response) =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)

  test.each<[string, RequestListener]>([
    ['a page', json('<!doctype html><title>my site</title>')],
    ['a list of nothing', json('{"hello": 1}')],
    ['JSON that nests too deeply', json(`{"data":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)],
    ['an endless body', (_, response) => void response.write('{"data":['.padEnd(3 * 2 ** 20, ' '))],
    ['a fault', json('{}', 500)],
  ])('%s is no server of models', async (_, listener) => {
    expect(await findServers(await placesOf(listener))).toEqual([])
  })

  test('a redirect is not followed', async () => {
    const [other] = await placesOf(vllm)
    const places = await placesOf(json('', 302, { location: `http://127.0.0.1:${other!.port}/v1/models` }))
    expect(await findServers(places)).toEqual([])
    expect(started[0]!.asked).toEqual([])
  })

  test('silence ends at the deadline, and is said', async () => {
    const [server] = await findServers(await placesOf(() => {}), { timeoutMs: 50 })
    expect(server).toMatchObject({ models: [], problem: 'it does not answer within 0.05 s' })
  })

  test('a server that asks for a key is listed as such, and is sent none', async () => {
    const [server] = await findServers(await placesOf(json('{}', 401)))
    expect(server).toMatchObject({ models: [], problem: 'it requires an API key' })
  })

  test('what does not speak HTTP is passed over', async () => {
    const raw = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve))
    const { port } = raw.address() as AddressInfo
    expect(await findServers([{ port, path: '/v1' }])).toEqual([])
    raw.close()
  })

  test('names that no terminal or page should show, and floods of them, are left out', async () => {
    const names = [
      '\u001B[2Jgone',
      'a\u202Eb',
      'x'.repeat(5_000),
      '',
      7,
      ...Array.from({ length: 500 }, (_, n) => `m${n}`),
    ]
    const [server] = await findServers(await placesOf(json(JSON.stringify({ data: names.map((id) => ({ id })) }))))
    expect(server?.models).toHaveLength(95)
    expect(server?.models[0]?.id).toBe('m0')
  })
})
