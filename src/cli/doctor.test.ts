/** `mini-o3 doctor`: what it says of this machine and of servers, and its exit codes. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runCommand } from '../../test/run-command.ts'
import { startScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import type { Asked, ScriptedEndpoint, ScriptedOptions, Step } from '../../test/scripted-endpoint.ts'
import { startTinkerServer } from '../../test/tinker-server.ts'
import { addDoctor } from './doctor.ts'

const servers: ScriptedEndpoint[] = []
beforeEach(() => {})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** What was printed, and the exit code. */
async function doctor(...options: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout } = await runCommand([addDoctor], 'doctor', ...options)
  return { code, text: stdout }
}

async function serve(options: Partial<ScriptedOptions> = {}): Promise<string> {
  const seen: string[] = []
  const script = ({ messages }: Asked): Step => {
    const { text, images } = messages.at(-1)!
    if (text.startsWith('Which colour')) {
      if (!seen.includes(images[0]!.sha256)) seen.push(images[0]!.sha256)
      return ['blue', 'yellow'][seen.indexOf(images[0]!.sha256)]!
    }
    if (text.startsWith('There is one'))
      return '<grounding>{"bbox_2d": [600, 350, 700, 500], "source": "original_image"}</grounding>'
    return text.includes('the first picture') ? 'blue' : text.slice(Math.max(0, text.indexOf('<grounding>')))
  }
  const server = await startScriptedEndpoint({ script, ...options })
  servers.push(server)
  return server.baseUrl
}

test('this machine can search', async () => {
  vi.stubEnv('HF_HOME', join(tmpdir(), 'no-hub'))
  const { code, text } = await doctor('--json')
  expect(code).toBe(0)
  const { usable, findings, command } = JSON.parse(text)
  expect({ usable, command }).toEqual({ usable: true, command: 'mini-o3 demo' })
  expect(findings.map(({ check }: { check: string }) => check)).toEqual([
    'node',
    'machine',
    'embedded policy',
    'run folders',
    'server',
    'local model',
  ])
})

describe('a server', () => {
  test('that is usable: the command to search with it', async () => {
    const baseUrl = await serve({ maxImages: 10, models: [{ id: 'test-vlm', max_model_len: 40_000 }] })
    const { code, text } = await doctor('--base-url', baseUrl)
    expect(code).toBe(0)
    expect(text).toMatch(/^ok +server +\S+ is vLLM\n/)
    expect(text).toMatch(/^ok +context +40000 tokens$/m)
    expect(text).toContain(`--policy chat:test-vlm --base-url ${baseUrl} --max-images 10 --coordinates thousand\n`)
  })

  test('with several models: they are listed', async () => {
    const { code, text } = await doctor('--base-url', await serve({ models: [{ id: 'one' }, { id: 'two' }] }))
    expect(code).toBe(0)
    expect(text).toContain('Models: one, two')
    expect(text).toContain('--model')
  })

  test('without the model: the nearest are named', async () => {
    const { code, text } = await doctor('--base-url', await serve(), '--model', 'test-vml')
    expect(code).toBe(1)
    expect(text).toMatch(/problem +model +there is no "test-vml"\n +Closest names: test-vlm/)
  })

  test('of this program: nothing is asked that it cannot know', async () => {
    const { code, text } = await doctor('--base-url', await serve({ ownedBy: 'mini-o3' }))
    expect(code).toBe(0)
    expect(text).toContain('--profile embedded')
    expect(servers[0]!.requests).toEqual([])
  })

  test('that is not there', async () => {
    const { code, text } = await doctor('--base-url', 'http://127.0.0.1:1/v1', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(text)).toMatchObject({ usable: false, findings: [{ check: 'server', level: 'problem' }] })
  })

  test('with a key: it is named, never printed', async () => {
    vi.stubEnv('MINI_O3_TEST_KEY', 'sk-secret')
    const right = await doctor('--base-url', await serve({ apiKey: 'sk-secret' }), '--api-key-env', 'MINI_O3_TEST_KEY')
    expect(right.code).toBe(0)
    expect(right.text).toContain('--api-key-env MINI_O3_TEST_KEY')
    const wrong = await doctor('--base-url', await serve({ apiKey: 'other' }), '--api-key-env', 'MINI_O3_TEST_KEY')
    expect(wrong.code).toBe(1)
    expect(wrong.text).toContain('rejected the API key')
    expect(wrong.text).not.toContain('sk-secret')
  })
})

test.each([
  [['--model', 'some'], 'add its --base-url'],
  [['--base-url', 'nonsense'], 'is not a valid URL'],
  [['--base-url', 'http://127.0.0.1:1/v1', '--api-key-env', 'MINI_O3_NOT_SET'], 'MINI_O3_NOT_SET'],
])('%j are invalid options', async (options, message) => {
  await expect(doctor(...options)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) })
})

describe('a training server', () => {
  test('its models, what they can do and what they cost; nothing is made there', async () => {
    const otherModels = [
      { model_name: 'Qwen/Qwen3.5-4B', max_context_length: 65_536, trainable: true, sampleable: true },
      { model_name: 'Qwen/Old', max_context_length: 1024, trainable: false },
    ]
    const event = (type: string, price: number): object => ({
      bucket_start: '2026-11-29T01:00:00Z',
      base_model: 'Qwen/Qwen3.5-4B',
      effective_rate_usd_per_million_tokens: price,
      event_info: { type, token_count: 1, cached: false },
    })
    const bill = [event('training', 1.5), event('sampling_prefill', 0.5), event('sampling_sample', 1.2)]
    const folder = join(tmpdir(), 'no-checkpoints')
    const server = await startTinkerServer({ folder, modelName: 'Qwen/Tiny-VL', otherModels, bill, apiKey: 'tml-key' })
    vi.stubEnv('DOCTOR_KEY', 'tml-key')
    const where = ['--engine', `tinker:${server.url}`, '--api-key-env', 'DOCTOR_KEY', '--tinker-server', 'hosted']
    const { code, text } = await doctor(...where)
    expect(code).toBe(0)
    expect(text).toMatch(/^ok +losses +ppo, cispo, gspo$/m)
    expect(text).toMatch(/^ +Qwen\/Tiny-VL +context length not reported$/m)
    expect(text).toMatch(
      /^ +Qwen\/Qwen3\.5-4B +65536 tokens +US dollars per million tokens: read 0\.5, sampled 1\.2, trained 1\.5$/m,
    )
    expect(text).toMatch(/^ +Qwen\/Old +1024 tokens +not trainable$/m)
    expect(text).toContain(
      `--engine tinker:${server.url} --api-key-env DOCTOR_KEY --tinker-server hosted --base-model Qwen/Tiny-VL`,
    )
    expect(text).not.toContain('tml-key')
    expect(server.requests.some((path) => path.startsWith('create'))).toBe(false)
    const { served } = JSON.parse((await doctor(...where, '--json')).text)
    expect(served).toHaveLength(3)
    const twice = await doctor('--engine', `tinker:${server.url}/api/v1`, ...where.slice(2))
    expect([twice.code, twice.text]).toEqual([1, expect.stringContaining('Leave /api/v1 out of the address.')])
    await server.close()
    const gone = await doctor(...where.slice(0, 2))
    expect([gone.code, gone.text]).toEqual([1, expect.stringMatching(/problem +server +No connection to/)])
  })
})
