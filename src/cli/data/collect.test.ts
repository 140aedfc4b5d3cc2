/** `mini-o3 collect` with a model behind a server, as real child processes, also killed. Needs `npm run build`. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProgram } from '../../../test/run-program.ts'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { Asked, ScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import { readCollected } from '../../coldstart/collect.ts'
import { hashSeed, random } from '../../shared/random.ts'
import { untimed } from '../../../test/untimed.ts'

const exemplarTurns = [
  '<think>I look.</think><grounding>{"bbox_2d": [0.1, 0.1, 0.4, 0.4], "source": "original_image"}</grounding>',
  '<think>I see it.</think><answer>yes</answer>',
]

let folder: string
let server: ScriptedEndpoint
/** Called when a request has come. */
let onAsked = (): void => {}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mini-o3-collect-'))
  const grey = { create: { width: 300, height: 200, channels: 3, background: '#888' } } as const
  await mkdir(join(folder, 'exemplars', 'own'), { recursive: true })
  await sharp(grey)
    .jpeg()
    .toFile(join(folder, 'exemplars', 'own', 'grey.jpg'))
  await sharp(grey).jpeg().toFile(join(folder, 'grey.jpg'))
  const exemplar = { way: 'own', question: 'Is it grey?', answer: 'yes', picture: 'grey.jpg', turns: exemplarTurns }
  await writeFile(join(folder, 'exemplars', 'own', 'exemplar.json'), JSON.stringify(exemplar))
  const rows = Array.from({ length: 40 }, (_, i) => ({
    images: ['grey.jpg'],
    problem: `<image>\nIs it grey at place ${i}?`,
    solution: 'yes',
    data_source: 'grey',
    doc_id: String(i),
  }))
  await writeFile(join(folder, 'rows.json'), JSON.stringify(rows))
  server = await startScriptedEndpoint({ script, exemplarReplies: () => exemplarTurns.length, delayMs: 5 })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

/** Depends on nothing but the request: guesses, wrong answers, repetitions, and searches of up to five turns. */
function script({ turn, messages, body }: Asked): string {
  onAsked()
  const question = messages.find(({ text }) => text.includes('at place'))!.text
  const rng = random(question, String(body['seed']), turn)
  const length = 1 + (hashSeed(question, String(body['seed'])) % 5)
  if (turn >= length) return `<think>It looks so.</think><answer>${rng.chance(0.7) ? 'yes' : 'no'}</answer>`
  const at = rng.int(2) / 10
  const box = [at, at, at + 0.5, at + 0.5].join(', ')
  return `<think>I look at a place.</think><grounding>{"bbox_2d": [${box}], "source": "original_image"}</grounding>`
}

const searching = ['--policy', 'chat:test-vlm', '--exemplars', 'exemplars', '--shots', '1']

const start = (...options: readonly string[]) => startProgram(['collect', ...options], { cwd: folder })

/** The set of a run, less what the clock decides. */
async function setOf(name: string): Promise<unknown[]> {
  const set = await readCollected({ path: join(folder, name) })
  return set.map(untimed)
}

test('killed at any moment and resumed, it has the same set as undisturbed', async () => {
  const options = ['--problems', 'rows.json', ...searching, '--base-url', server.baseUrl, '--samples', '3']
  const wanted = [...options, '--target', '45', '--seed', '7', '--concurrency', '5', '--json']
  const whole = await start(...wanted, '--run', 'whole').ended
  expect([whole.code, whole.stderr]).toEqual([0, expect.not.stringContaining('error')])
  const result = JSON.parse(whole.stdout)
  expect(result).toMatchObject({ kept: 45, target: 45, failed: 0, unjudged: 0 })
  expect(result.right).toBeGreaterThan(45)
  expect(result.searches).toBeLessThan(120)
  const set = await setOf('whole')
  expect(set).toHaveLength(45)
  const guesses = (set as { turns: unknown[] }[]).filter(({ turns }) => turns.length === 1).length
  expect(guesses).toBeGreaterThan(0)
  expect(guesses).toBeLessThanOrEqual(4)

  const rng = random('kills')
  for (const after of [3, 60, 40]) {
    const { child, ended } = start(...wanted, '--run', 'killed')
    let left = after + rng.int(10)
    onAsked = () => void (--left === 0 && setTimeout(() => child.kill('SIGKILL'), rng.int(4)))
    expect((await ended).signal).toBe('SIGKILL')
  }
  onAsked = () => {}
  const resumed = await start(...wanted, '--run', 'killed').ended
  expect(resumed.code).toBe(0)
  expect(JSON.parse(resumed.stdout)).toMatchObject({ kept: 45 })
  expect(JSON.stringify(await setOf('killed'))).toBe(JSON.stringify(set))
  // Nothing that was finished is done again.
  const searches = server.requests.length
  expect((await start(...wanted, '--run', 'killed').ended).code).toBe(0)
  expect(server.requests.length).toBe(searches)
  expect(server.violations).toEqual([])
})

test('shows how searches ended, what they cost and which ways they went', async () => {
  const options = ['--data', 'rows.json', ...searching, '--base-url', server.baseUrl, '--limit', '8']
  const { code, stdout } = await start(...options, '--max-turns', '2', '--run', 'shown').ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/\d+ of 8 searches kept/)
  for (const row of ['trial-and-error', 'goal-maintenance', 'back-tracks', 'returns to the original']) {
    expect(stdout).toContain(row)
  }
  expect(stdout).toMatch(/\d+ requests, [\d.]+M \+ [\d.]+M tokens/)
  const config = await readFile(join(folder, 'shown', 'config.json'), 'utf8')
  expect(JSON.parse(config)).toMatchObject({ shots: 1, selection: { maxSingleTurn: 0.1, maxDuplicates: 0.1 } })
})

describe('options', () => {
  const here = (): string => server.baseUrl
  test.each([
    ['no server', ['--policy', 'chat:test-vlm'], 'needs --base-url'],
    ['no exemplars', ['--policy', 'chat:test-vlm', '--base-url', here, '--exemplars', 'none'], 'Check --exemplars'],
    ['too many shots', [...searching, '--base-url', here, '--shots', '2'], 'Lower --shots'],
    ['exemplars for the scripted teacher', ['--exemplars', 'exemplars'], 'add --policy chat:<model>'],
  ] as const)(
    '%s: exit code 2, a message, and nothing written',
    async (_, options, message) => {
      const before = await readdir(folder)
      const said = options.map((word) => (typeof word === 'function' ? word() : word))
      const { code, stdout, stderr } = await start('--data', 'rows.json', ...said).ended
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain(message)
      expect(stderr).not.toMatch(/\n\s+at /)
      expect(await readdir(folder)).toEqual(before)
    },
    60_000,
  )
})
