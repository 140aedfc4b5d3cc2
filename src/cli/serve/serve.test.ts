/** `mini-o3 serve` as a real child process. Needs `npm run build`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { AskStarted, Setup } from '../../server/api/types.ts'

const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))

function serve(...options: readonly string[]) {
  const { MINI_O3_TOKEN: _token, ...env } = process.env
  return spawn(process.execPath, [program, 'serve', ...options], { env })
}

test('says where it is in one line of JSON, answers there, and ends with Ctrl-C', async () => {
  const child = serve('--port', '0', '--json')
  const closed = once(child, 'close')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { url } = JSON.parse(line) as { url: string }
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({
    data: [{ id: 'embedded' }, { id: 'search:embedded' }],
  })
  child.kill('SIGINT')
  expect(await closed).toEqual([0, null])
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
  const start = async () => {
    const child = serve('--port', '0', '--json', '--keep', '--runs', folder)
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const stop = async (): Promise<void> => {
      child.kill('SIGINT')
      await once(child, 'close')
    }
    return { url: (JSON.parse(line) as { url: string }).url, stop }
  }
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
  const child = serve('--port', '0', '--json', '--policies', list)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { url } = JSON.parse(line) as { url: string }
  await expect.poll(() => stderr).toMatch(/^chat:away is not available: http:\/\/127\.0\.0\.1:9 cannot be reached/m)
  const { policies } = (await (await fetch(`${url}/api/setup`)).json()) as Setup
  expect(policies).toEqual([
    expect.objectContaining({ name: 'embedded' }),
    expect.objectContaining({ name: 'chat:away', unavailable: expect.stringContaining('cannot be reached') as string }),
  ])
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([0, null])
  await rm(folder, { recursive: true })
})

test.each([
  [['--host', '0.0.0.0'], 'Set MINI_O3_TOKEN'],
  [['--port', '70000'], 'whole number, 0 to 65535'],
  [['--checkpoint', 'no.safetensors'], 'no.safetensors'],
  [['--policy', 'chat:any', '--base-url', 'http://127.0.0.1:9/v1'], '127.0.0.1:9'],
  [['--policies', 'no.yaml'], 'no.yaml cannot be read'],
])('%j ends with exit code 2 and a message', async (options, message) => {
  const child = serve(...options)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  expect(await once(child, 'close')).toEqual([2, null])
  expect(stderr).toContain(message)
})
