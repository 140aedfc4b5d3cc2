/** `mini-o3 serve` as a real child process. Needs `npm run build`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import { startProgram, startServer } from '../../../test/run-program.ts'
import type { AskStarted, Setup } from '../../server/api/types.ts'

const withoutToken = { env: { MINI_O3_TOKEN: undefined } }

test('says where it is in one line of JSON, answers there, and ends with Ctrl-C', async () => {
  const { url, stop } = await startServer(['serve'], withoutToken)
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({
    data: [{ id: 'embedded' }, { id: 'search:embedded' }],
  })
  expect(await stop()).toMatchObject({ code: 0, signal: null })
  await expect(fetch(`${url}/v1/models`)).rejects.toThrow('fetch failed')
})

test('npm start is the page, and Ctrl-C ends it', async () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const options = ['start', '--silent', '--ignore-scripts', '--', '--port', '0', '--json']
  const { MINI_O3_TOKEN: _token, ...env } = process.env
  const npm = spawn('npm', options, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  const closed = once(npm, 'close')
  const [line] = (await once(createInterface({ input: npm.stdout }), 'line')) as [string]
  const { url } = JSON.parse(line) as { url: string }
  expect(await (await fetch(url)).text()).toContain('<title>mini-o3')
  // As a terminal does it: to npm and all that it started.
  process.kill(-npm.pid!, 'SIGINT')
  await closed
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})

test('--keep: what was searched is there when the server has gone and come again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'serve-'))
  const start = () => startServer(['serve', '--keep', '--runs', folder], withoutToken)
  try {
    const first = await start()
    const { scenes } = (await (await fetch(`${first.url}/api/setup`)).json()) as Setup
    const { id: picture, question } = scenes[0]!
    const asked = { picture, question, policy: 'embedded', maxTurns: 3, samples: 1 }
    const response = await fetch(`${first.url}/api/asks`, { method: 'POST', body: JSON.stringify(asked) })
    const { id } = (await response.json()) as AskStarted
    const news = await (await fetch(`${first.url}/api/asks/${id}/events`)).text()
    const [, name] = /"page":"\/#\/run\/(served%2F[^"/]+)\/0"/.exec(news)!
    await first.stop()
    const second = await start()
    const kept = await (await fetch(`${second.url}/api/runs/${name}/items/0`)).json()
    expect(kept).toMatchObject({ problem: { question }, maxTurns: 3 })
    expect((await fetch(`${second.url}/api/runs/${name}/items/0/region?side=64`)).status).toBe(200)
    await second.stop()
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('an entry of --policies whose server is away is said and shown as such; the others can be asked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'serve-'))
  const list = join(folder, 'policies.yaml')
  await writeFile(list, '- { policy: "chat:away", base-url: "http://127.0.0.1:9/v1" }\n')
  const { said, url, stop } = await startServer(['serve', '--policies', list], withoutToken)
  await expect
    .poll(() => said.stderr)
    .toMatch(/^chat:away is not available: http:\/\/127\.0\.0\.1:9 cannot be reached/m)
  const { policies } = (await (await fetch(`${url}/api/setup`)).json()) as Setup
  expect(policies).toEqual([
    expect.objectContaining({ name: 'embedded' }),
    expect.objectContaining({ name: 'chat:away', unavailable: expect.stringContaining('cannot be reached') as string }),
  ])
  expect(await stop()).toMatchObject({ code: 0, signal: null })
  await rm(folder, { recursive: true })
})

test.each([
  [['--host', '0.0.0.0'], 'Set MINI_O3_TOKEN'],
  [['--port', '70000'], 'whole number, 0 to 65535'],
  [['--checkpoint', 'no.safetensors'], 'no.safetensors'],
  [['--policy', 'chat:any', '--base-url', 'http://127.0.0.1:9/v1'], '127.0.0.1:9'],
  [['--policies', 'no.yaml'], 'no.yaml cannot be read'],
  [['--profile', 'official', '--tools', 'rotate'], 'has no tools beside its zoom'],
])('%j ends with exit code 2 and a message', async (options, message) => {
  const { code, stderr } = await startProgram(['serve', ...options], withoutToken).ended
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
})

test('its options apply to a model that is connected on the page', async () => {
  const colours: string[] = []
  const model = await startScriptedEndpoint({
    script: ({ messages }) => {
      const { text, images } = messages.at(-1)!
      if (!text.includes('Which colour')) return text.includes('first picture') ? 'blue' : '<answer>a</answer>'
      const { sha256 } = images[0]!
      if (!colours.includes(sha256)) colours.push(sha256)
      return colours[0] === sha256 ? 'blue' : 'yellow'
    },
  })
  const options = ['--tools', 'rotate,flip', '--profile', 'default', '--max-pixels', '500000', '--reply-tokens', '321']
  const { url, stop } = await startServer(['serve', ...options], withoutToken)
  try {
    const post = async (path: string, body: object): Promise<Response> =>
      fetch(`${url}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })
    await post('/api/models', { baseUrl: model.baseUrl, model: 'test-vlm' })
    await expect
      .poll(async () => (await fetch(`${url}/api/models`)).json(), { timeout: 60_000 })
      .toMatchObject([{ state: 'connected' }])
    const { scenes } = (await (await fetch(`${url}/api/setup`)).json()) as Setup
    const asked = { picture: scenes[0]!.id, question: 'What is it?', policy: 'chat:test-vlm', maxTurns: 2, samples: 1 }
    const { id } = (await (await post('/api/asks', asked)).json()) as AskStarted
    await (await fetch(`${url}/api/asks/${id}/events`)).text()
    const { messages, body } = model.requests.at(-1)!
    expect(messages[0]!.text).toContain('rotate')
    const { width, height } = messages[1]!.images[0]!
    expect(width * height).toBeLessThanOrEqual(500_000)
    expect(body['max_completion_tokens'] ?? body['max_tokens']).toBe(321)
  } finally {
    await stop()
    await model.close()
  }
}, 120_000)
