/** `mini-o3 serve` with a model behind a server: OpenAI's own client gains visual search, and nobody learns the key. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startServer } from '../../../test/run-program.ts'
import type { StartedServer } from '../../../test/run-program.ts'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { Setup } from '../../server/api/types.ts'
import { dataUrl, encodePng } from '../../vision/encode.ts'

const key = 'sk-never-to-be-seen'
const token = 'let-me-in-if-you-please'
const zoom = (box: string, source: string): string =>
  `<think>Closer, into ${source}.</think><grounding>{"bbox_2d": [${box}], "source": "${source}"}</grounding>`
const script = {
  sign: [
    zoom('0, 0, 0.5, 0.5', 'original_image'),
    zoom('0.2, 0.5, 0.6, 0.8', 'observation_1'),
    '<answer>CAFE</answer>',
  ],
  down: [{ status: 401, body: { error: { message: `Incorrect API key provided: ${key}.` } } }],
}

let endpoint: ScriptedEndpoint
let server: StartedServer
let client: OpenAI
let folder: string
let url: string
let picture: string
/** All that anybody gets to see: what the server sends and prints. */
const seen: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-chat-'))
  endpoint = await startScriptedEndpoint({
    script,
    apiKey: key,
    models: [{ id: 'test-vlm' }, { id: 'other-vlm' }],
  })
  const listed = join(folder, 'policies.yaml')
  const entry = { policy: 'chat:other-vlm', 'base-url': endpoint.baseUrl, 'api-key-env': 'VLM_KEY' }
  await writeFile(listed, JSON.stringify([entry]))
  const options = ['--policy', 'chat:test-vlm', '--base-url', endpoint.baseUrl, '--api-key-env', 'VLM_KEY']
  options.push('--policies', listed)
  server = await startServer(['serve', '--keep', '--runs', folder, ...options], {
    env: { VLM_KEY: key, MINI_O3_TOKEN: token },
  })
  ;({ url } = server)
  const tapped: typeof fetch = async (asked, options) => {
    const response = await fetch(asked, options)
    seen.push(JSON.stringify([...response.headers]), await response.clone().text())
    return response
  }
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0, fetch: tapped })
  const data = new Uint8Array(900 * 600 * 3).map((_, i) => (i * i) >> 8)
  picture = dataUrl(await encodePng({ width: 900, height: 600, data }), 'png')
})
afterAll(async () => {
  await server.stop()
  await endpoint.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => void seen.push(''))

const asking = (text: string): OpenAI.Chat.ChatCompletionCreateParamsNonStreaming => ({
  model: 'search:chat:test-vlm',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: picture } },
        { type: 'text', text },
      ],
    },
  ],
})
const get = async (path: string): Promise<Response> => {
  const response = await fetch(path, { headers: { authorization: `Bearer ${token}` } })
  seen.push(await response.clone().text())
  return response
}

test('the models are listed beside the embedded ones', async () => {
  const models = await client.models.list()
  expect(models.data.map(({ id }) => id)).toEqual([
    'embedded',
    'search:embedded',
    'search:chat:test-vlm',
    'search:chat:other-vlm',
  ])
})

test('a completion is a whole search by the model; its links are the page and the trajectory', async () => {
  const found = await client.chat.completions.create(asking('What does the sign say?'))
  expect(found.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'CAFE' } })
  const { mini_o3: extra } = found as unknown as { mini_o3: Record<string, string> }
  expect(extra).toMatchObject({ end: 'answered', turns: 3 })
  // The model was shown the picture, and then each crop.
  expect(endpoint.violations).toEqual([])
  expect(endpoint.requests.at(-1)!.messages.flatMap(({ images }) => images)).toHaveLength(3)
  expect(found.usage!.prompt_tokens).toBeGreaterThan(0)
  const trajectory = (await (await get(extra['trajectory']!)).json()) as Trajectory
  expect(trajectory).toMatchObject({ policy: 'chat:test-vlm', answer: 'CAFE' })
  expect(trajectory.observations.map(({ boxInOriginalPx }) => boxInOriginalPx)).toEqual([
    [0, 0, 900, 600],
    [0, 0, 450, 300],
    [90, 150, 270, 240],
  ])
  expect(extra['page']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/run\/served%2F[^/]+\/0$/)
})

test('streamed, its thoughts are reasoning', async () => {
  const pieces: string[] = []
  let content = ''
  for await (const chunk of await client.chat.completions.create({ ...asking('And the sign now?'), stream: true })) {
    const delta = chunk.choices[0]?.delta as { content?: string; reasoning_content?: string }
    if (delta.reasoning_content) pieces.push(delta.reasoning_content)
    content += delta.content ?? ''
  }
  expect(content).toBe('CAFE')
  expect(pieces.join('').trim().split('\n\n')).toEqual([
    'Turn 1. Closer, into original_image. Zooms into [0, 0, 0.5, 0.5] of original_image.',
    'Turn 2. Closer, into observation_1. Zooms into [0.2, 0.5, 0.6, 0.8] of observation_1.',
    'Turn 3. Answers.',
  ])
  // As the model wrote them, not turn by turn.
  expect(pieces.length).toBeGreaterThan(5)
})

test('what the model refuses is told without the key', async () => {
  const error = await client.chat.completions.create(asking('Is it down?')).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(OpenAI.APIError)
  expect((error as Error).message).toContain('VLM_KEY')
})

test('neither key nor token is in anything that was sent, printed or kept', async () => {
  const setup = (await (await get(`${url}/api/setup`)).json()) as Setup
  expect(setup.policies.map(({ name }) => name)).toEqual(['chat:test-vlm', 'chat:other-vlm', 'embedded'])
  await get(`${url}/`)
  await get(`${url}/api/runs`)
  const [run] = await readdir(join(folder, 'served'))
  for (const file of ['config.json', 'trajectories.jsonl']) {
    seen.push(await readFile(join(folder, 'served', run!, file), 'utf8'))
  }
  const all = [...seen, server.said.stdout, server.said.stderr].join('\n')
  expect(all).toContain('CAFE')
  for (const secret of [key, token]) expect(all).not.toContain(secret)
})
