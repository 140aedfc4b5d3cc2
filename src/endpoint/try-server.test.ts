/** What the doctor finds out about servers of different habits, from real requests to them. */
import { afterEach, expect, test } from 'vitest'
import { startScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import type { Asked, ScriptedEndpoint, ScriptedOptions, Step } from '../../test/scripted-endpoint.ts'
import { openEndpoint } from './open-endpoint.ts'
import { tryServer } from './try-server.ts'
import type { Tries } from './try-server.ts'

let server: ScriptedEndpoint
afterEach(() => server.close())

/** Sees colours, copies lines, and writes what its seed says. */
function model(): (asked: Asked) => Step {
  const seen = new Map<string, string>()
  return ({ messages, body }) => {
    const { text, images } = messages[0]!
    if (text.startsWith('Which colour')) {
      const { sha256 } = images[0]!
      seen.set(sha256, seen.get(sha256) ?? ['Blue.', 'It is yellow'][seen.size]!)
      return seen.get(sha256)!
    }
    if (text.startsWith('Copy this line')) return text.slice(text.indexOf('<grounding>'))
    return text.includes('random letters') ? `letters ${String(body.seed)}` : 'ok'
  }
}

async function tried(options: Partial<ScriptedOptions> = {}): Promise<Tries> {
  server = await startScriptedEndpoint({ script: model(), ...options })
  const endpoint = await openEndpoint({ baseUrl: server.baseUrl, maxTries: 2, backoffMs: 1 })
  try {
    return await tryServer({ endpoint, model: 'test-vlm', onRequest: () => {} })
  } finally {
    endpoint.close()
  }
}

const about = ({ findings }: Tries, check: string) => findings.find((one) => one.check === check)

test('a server that does everything', async () => {
  const tries = await tried()
  expect(tries.findings.map(({ level }) => level)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
  expect(about(tries, 'stop strings')?.text).toBe('kept')
  expect(about(tries, 'pictures a prompt')?.text).toBe('64 or more')
  expect(tries.imageCap).toBeUndefined()
  expect(server.violations).toEqual([])
})

test.each([2, 5, 12, 31])('a cap of %d pictures is found, and the flag named', async (maxImages) => {
  const tries = await tried({ maxImages })
  expect(tries.imageCap).toBe(maxImages)
  expect(about(tries, 'pictures a prompt')).toMatchObject({ level: 'note', text: String(maxImages) })
  expect(about(tries, 'pictures a prompt')?.fix).toContain(`--limit-mm-per-prompt '{"image": 32}'`)
})

test('one picture a prompt is too few', async () => {
  expect(about(await tried({ maxImages: 1 }), 'pictures a prompt')?.level).toBe('problem')
})

test.each([
  [{ stop: 'strip', ownedBy: 'sglang' }, 'ok', 'stripped'],
  [{ stop: 'ignore', ownedBy: 'who' }, 'note', 'overlooked'],
  [{ reject: ['stop'], ownedBy: 'who' }, 'note', 'refused'],
] as const)('stop strings with %j', async (quirks, level, text) => {
  expect(about(await tried(quirks), 'stop strings')).toMatchObject({ level, text: expect.stringContaining(text) })
})

test.each([
  ['refused', { reject: ['seed'] }],
  ['takes none', { ownedBy: 'google' }],
] as const)('a seed that is %s', async (text, quirks) => {
  expect(about(await tried(quirks), 'seed')).toMatchObject({ level: 'note', text: expect.stringContaining(text) })
})

test('sampling that no seed decides', async () => {
  const seeded = model()
  let calls = 0
  const script = (asked: Asked): Step =>
    asked.messages[0]!.text.includes('random letters') ? `letters ${calls++}` : seeded(asked)
  expect(about(await tried({ script }), 'seed')).toMatchObject({ level: 'note', text: expect.stringContaining('two') })
})

test('thinking in a field of its own', async () => {
  const plain = model()
  const script = (asked: Asked): Step => ({ text: String(plain(asked)), reasoning: 'is it yellow or blue?' })
  const tries = await tried({ script })
  expect(about(tries, 'thinking')).toMatchObject({ level: 'note', text: expect.stringContaining('of its own') })
  expect(about(tries, 'pictures')?.level).toBe('ok')
})

test('a model that sees nothing is not tried any further', async () => {
  const tries = await tried({ script: () => 'I cannot see a picture.' })
  expect(about(tries, 'pictures')).toMatchObject({ level: 'problem', text: expect.stringContaining('cannot see') })
  expect(server.requests.length).toBe(2)
})

test('a model that refuses pictures', async () => {
  const script = () => ({ status: 400, body: { error: { message: 'this is not a multimodal model' } } })
  expect(about(await tried({ script }), 'pictures')).toMatchObject({
    level: 'problem',
    text: expect.stringContaining('not a multimodal model'),
  })
})
