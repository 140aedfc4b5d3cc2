/** A question about a photograph without a word on who searches: the best of what is there, over real servers on the loopback. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ollama, startPlayed } from '../../../test/played-servers.ts'
import { runCommand } from '../../../test/run-command.ts'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint, ScriptedOptions } from '../../../test/scripted-endpoint.ts'
import { rememberZoom } from '../../discover/remembered.ts'
import { encodePng } from '../../vision/encode.ts'
import { addAsk } from '../ask.ts'
import { addDoctor } from '../doctor.ts'

const folder = mkdtempSync(join(tmpdir(), 'auto-'))
const photo = join(folder, 'photo.png')
writeFileSync(photo, await encodePng({ width: 64, height: 64, data: Buffer.alloc(64 * 64 * 3, 200) }))
const closing: (() => Promise<void>)[] = []
const home = join(folder, 'home')

beforeEach(() => {
  vi.stubEnv('XDG_CONFIG_HOME', home)
  vi.stubEnv('HF_HOME', join(folder, 'hub'))
  for (const name of Object.keys(process.env)) if (/_API_KEY$|^HF_TOKEN$/.test(name)) vi.stubEnv(name, '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
  rmSync(join(folder, 'mini-o3.yaml'), { force: true })
  await Promise.all(closing.splice(0).map((close) => close()))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** An Ollama with a vision model, on a port that is looked at. */
async function startOllama(options: Partial<ScriptedOptions> = {}): Promise<ScriptedEndpoint> {
  const server = await startScriptedEndpoint({
    script: ['<think>It is large.</think><answer>CAFE</answer>'],
    models: [{ id: 'qwen2.5vl:7b' }],
    ownedBy: 'library',
    routes: {
      '/api/tags': { models: [{ name: 'qwen2.5vl:7b' }] },
      '/api/show': { capabilities: ['completion', 'vision'] },
      '/api/ps': { models: [] },
    },
    ...options,
  })
  closing.push(() => server.close())
  vi.stubEnv('MINI_O3_PORTS', new URL(server.baseUrl).port)
  return server
}

/** In the folder of the photograph. */
const ask = (...options: string[]) => {
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
  return askThere(...options)
}
const askThere = (...options: string[]) =>
  runCommand(
    [addAsk],
    'ask',
    photo,
    'What does the sign say?',
    '--run',
    join(folder, `run-${Math.random()}`),
    ...options,
  )

test('with Ollama running: no option at all', async () => {
  const server = await startOllama()
  const { stdout, stderr } = await ask()
  expect(stderr).toContain(`Using chat:qwen2.5vl:7b, Ollama at ${server.baseUrl}`)
  expect(stdout).toContain('CAFE')
  expect(server.violations).toEqual([])
})

describe('how the model zooms', () => {
  const qwen = {
    models: [{ id: 'qwen3-vl:8b' }],
    routes: {
      '/api/tags': { models: [{ name: 'qwen3-vl:8b' }] },
      '/api/show': { capabilities: ['completion', 'vision'] },
      '/api/ps': { models: [] },
    },
  }

  test('is that of its family, and said; what was typed counts', async () => {
    const server = await startOllama(qwen)
    const { stderr } = await ask()
    expect(stderr).toContain('with --profile qwen3-vl (as usual for models of this name; `mini-o3 doctor` tests it)')
    expect(server.requests[0]!.messages[0]!.text).toContain('image_zoom_in_tool')
    const typed = await ask('--profile', 'default')
    expect(typed.stderr).not.toContain('--profile qwen3-vl')
    expect(server.requests.at(-1)!.messages[0]!.text).toContain('<grounding>')
  })

  test('is what was found out by trying it', async () => {
    vi.stubEnv('XDG_CACHE_HOME', home)
    const server = await startOllama(qwen)
    await rememberZoom(
      { baseUrl: server.baseUrl, model: 'qwen3-vl:8b' },
      { coordinates: 'percent', maxPixels: 900_000 },
    )
    const { stderr } = await ask()
    expect(stderr).toContain('with --coordinates percent --max-pixels 900000 (as tested before)')
    expect(server.requests[0]!.messages[0]!.text).toContain('in percent of')
    expect(server.violations).toEqual([])
  })
})

test('the question that the embedded policy knows stays with it; --policy auto does not', async () => {
  const server = await startOllama()
  const digit = ['ask', photo, 'Which digit is on the red heart?', '--max-turns', '1', '--json']
  const { stderr } = await runCommand([addAsk], ...digit, '--run', join(folder, 'digit'))
  expect(stderr).not.toContain('Using')
  expect(server.requests).toEqual([])
  const { stdout } = await runCommand([addAsk], ...digit, '--run', join(folder, 'auto'), '--policy', 'auto')
  expect(JSON.parse(stdout)).toMatchObject({ answer: 'CAFE' })
})

test('a model of which its server does not say whether it sees is tried first', async () => {
  const blind = await startOllama({ ownedBy: 'vllm', script: () => 'I cannot see pictures.', routes: {} })
  const { code, stdout, stderr } = await ask()
  expect(stderr).toContain(`chat:qwen2.5vl:7b, vLLM at ${blind.baseUrl}, cannot be used: The pictures do not arrive`)
  expect(stdout).toMatch(/^No model can be used without your consent/)
  expect(code).toBe(1)
})

test('where nothing can be taken: what is there, each with the line that goes on, and no key', async () => {
  const cloud = await startPlayed({
    ...ollama,
    '/api/tags': { models: [{ name: 'big-cloud', remote_host: 'https://x' }] },
  })
  closing.push(() => cloud.close())
  vi.stubEnv('MINI_O3_PORTS', String(cloud.port))
  vi.stubEnv('OPENAI_API_KEY', 'sk-never-shown')
  const { code, stdout, stderr } = await ask()
  const line = `--policy chat:big-cloud --base-url http://127.0.0.1:${cloud.port}/v1`
  expect(stdout).toContain(line)
  expect(stdout).toContain('mini-o3 doctor --base-url https://api.openai.com/v1 --api-key-env OPENAI_API_KEY')
  expect(`${stdout}${stderr}`).not.toContain('sk-never')
  expect(stderr).not.toContain('error')
  expect(code).toBe(1)
  const { stdout: doctor } = await runCommand([addDoctor], 'doctor')
  expect(doctor).toContain(line)
  const { stdout: json } = await ask('--json')
  expect(JSON.parse(json)).toMatchObject({
    answer: null,
    found: [{ check: 'server' }, { check: 'local model' }, { check: 'key' }],
  })
})

test("the user's configuration file comes first, and an entry whose server is away is passed over", async () => {
  const server = await startOllama()
  mkdirSync(join(home, 'mini-o3'), { recursive: true })
  const entries = [
    { policy: 'chat:gone', 'base-url': 'http://127.0.0.1:9/v1' },
    { policy: 'chat:qwen2.5vl:7b', 'base-url': server.baseUrl, 'max-images': 3 },
  ]
  writeFileSync(join(home, 'mini-o3', 'mini-o3.yaml'), JSON.stringify(entries))
  vi.stubEnv('MINI_O3_PORTS', '')
  const { stdout, stderr } = await ask('--json')
  expect(stderr).toMatch(/chat:gone, .*cannot be used: .*cannot be reached/)
  expect(JSON.parse(stdout)).toMatchObject({ answer: 'CAFE' })
})

test('mini-o3.yaml of a folder does not send pictures and keys elsewhere by its mere presence', async () => {
  const entry = { policy: 'chat:spy', 'base-url': 'http://spy.invalid/v1', 'api-key-env': 'OPENAI_API_KEY' }
  vi.stubEnv('OPENAI_API_KEY', 'sk-never-sent')
  writeFileSync(join(folder, 'mini-o3.yaml'), JSON.stringify([entry]))
  const { stdout, stderr } = await ask()
  expect(stderr).not.toContain('spy')
  expect(stdout).toMatch(/configuration {2}.*mini-o3\.yaml: chat:spy/)
  // Whoever types it means it.
  const typed = await ask('--policy', 'auto')
  expect(typed.stderr).toContain('chat:spy')
})

test('a configuration file that cannot be read is the one sentence where nothing else can be used', async () => {
  writeFileSync(join(folder, 'mini-o3.yaml'), 'policy: auto\n  bad: [1, 2')
  vi.stubEnv('MINI_O3_PORTS', '')
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
  const { stdout, stderr } = await runCommand([addDoctor], 'doctor')
  expect(stdout + stderr).toMatch(/configuration +\S+mini-o3\.yaml cannot be read: [^\n]+ at line 1, column 9\.\n/)
  await expect(ask()).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^\S+mini-o3\.yaml cannot be read: [^\n]+ at line 1, column 9\.$/),
  })
})

test('a configuration file that cannot be read is said, and keeps nobody from the rest', async () => {
  await startOllama()
  writeFileSync(join(folder, 'mini-o3.yaml'), 'policy: chat:a')
  const { stdout, stderr } = await ask()
  expect(stderr).toContain('has to be a list')
  expect(stdout).toContain('CAFE')
})

describe('where there is no model, the mistake in the arguments is reported, not the missing model', () => {
  const text = join(folder, 'note.txt')
  const empty = join(folder, 'empty.png')
  writeFileSync(text, 'no picture')
  writeFileSync(empty, '')

  test.each([
    ['a missing file', [join(folder, 'nope.jpg'), 'hi'], 'picture-not-found'],
    ['a missing second file', [photo, join(folder, 'nope.jpg'), 'hi'], 'picture-not-found'],
    ['an empty file', [empty, 'hi'], 'picture-not-an-image'],
    ['a text', [text, 'hi'], 'picture-not-an-image'],
    ['a folder', [folder, 'hi'], 'picture-unreadable'],
    ['an empty question', [photo, ' '], 'question-empty'],
  ])('%s', async (_, given, code) => {
    vi.stubEnv('MINI_O3_PORTS', '')
    for (const policy of [[], ['--policy', 'auto']]) {
      const asked = runCommand([addAsk], 'ask', ...given, ...policy, '--run', join(folder, 'none'))
      await expect(asked).rejects.toMatchObject({ code })
    }
  })
})
