/** What servers on the loopback answer to those who look for them, for tests: each path of a server with its JSON, over real HTTP. */
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** By path, as the server's own documentation or source has it; a function is given the request's body. */
export type Played = Readonly<Record<string, object | ((body: unknown) => object)>>

export const ollama: Played = {
  '/v1/models': {
    object: 'list',
    data: [
      { id: 'llama3.2:latest', object: 'model', owned_by: 'library' },
      { id: 'gemma3:4b', object: 'model', owned_by: 'library' },
      { id: 'qwen2.5vl:7b', object: 'model', owned_by: 'library' },
      { id: 'qwen3-vl:235b-cloud', object: 'model', owned_by: 'library' },
    ],
  },
  '/api/tags': {
    models: [
      { name: 'llama3.2:latest', model: 'llama3.2:latest' },
      { name: 'gemma3:4b', model: 'gemma3:4b' },
      { name: 'qwen2.5vl:7b', model: 'qwen2.5vl:7b' },
      { name: 'qwen3-vl:235b-cloud', remote_host: 'https://ollama.com:443', remote_model: 'qwen3-vl:235b' },
    ],
  },
  '/api/show': (body) => {
    const { model } = body as { readonly model: string }
    return { capabilities: model.startsWith('llama') ? ['completion', 'tools'] : ['completion', 'vision'] }
  },
}

export const lmStudio: Played = {
  '/v1/models': {
    object: 'list',
    data: [
      { id: 'qwen2-vl-7b-instruct', object: 'model', owned_by: 'organization_owner' },
      { id: 'llama-3.1-8b', object: 'model', owned_by: 'organization_owner' },
    ],
  },
  '/api/v0/models': {
    object: 'list',
    data: [
      { id: 'qwen2-vl-7b-instruct', object: 'model', type: 'vlm', state: 'not-loaded' },
      { id: 'llama-3.1-8b', object: 'model', type: 'llm', state: 'loaded' },
      { id: 'nomic-embed', object: 'model', type: 'embeddings', state: 'not-loaded' },
    ],
  },
}

export const llamaServer: Played = {
  '/v1/models': {
    object: 'list',
    data: [
      {
        id: 'SmolVLM.gguf',
        owned_by: 'llamacpp',
        architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
      },
    ],
  },
}

/** Before it listed what goes in. */
export const olderLlamaServer: Played = {
  '/v1/models': { object: 'list', data: [{ id: 'SmolVLM.gguf', owned_by: 'llamacpp' }] },
  '/props': { modalities: { vision: true, audio: false } },
}

export const vllm: Played = {
  '/v1/models': {
    object: 'list',
    data: [{ id: 'Qwen/Qwen2.5-VL-7B-Instruct', owned_by: 'vllm', max_model_len: 32_768 }],
  },
}

export const transformersServe: Played = {
  '/v1/models': {
    object: 'list',
    data: [{ id: 'HuggingFaceTB/SmolVLM2', owned_by: 'HuggingFaceTB', object: 'model' }],
  },
  '/openapi.json': { info: { title: 'FastAPI' }, paths: { '/v1/responses': {}, '/load_model': {}, '/health': {} } },
}

export const liteLlm: Played = {
  '/v1/models': { object: 'list', data: [{ id: 'gpt-5', owned_by: 'openai', object: 'model' }] },
  '/openapi.json': { info: { title: 'LiteLLM API' }, paths: {} },
}

export interface Listening {
  readonly port: number
  /** Paths that were asked for, in their order. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

/** Answers what is played, and 404 elsewhere; a function answers by itself. */
export async function startPlayed(played: Played | RequestListener): Promise<Listening> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    if (typeof played === 'function') {
      played(request, response)
      return
    }
    const answer = Object.hasOwn(played, path) ? played[path] : undefined
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    request.on('end', () => {
      const body = typeof answer === 'function' ? (answer as (body: unknown) => object)(JSON.parse(text)) : answer
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body ?? { error: 'not found' }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
