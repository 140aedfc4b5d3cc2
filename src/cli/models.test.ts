/** `mini-o3 models` as real processes: at no terminal, at a terminal, two at once, killed and stopped. Needs `npm run build`. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256Of, startPlayedHub } from '../../test/played-hub.ts'
import type { PlayedHub } from '../../test/played-hub.ts'
import { program, startProgram } from '../../test/run-program.ts'

const id = 'owner/tiny-GGUF'
const weights = randomBytes(4_000_000)
const files = { 'tiny-Q4_K_M.gguf': weights, 'mmproj-tiny-F16.gguf': randomBytes(3000) }
const picture = fileURLToPath(new URL('../../photographs/black-canyon.jpg', import.meta.url))
const secret = 'hf_secretSecretSecretSecret0123456789'

let cache: string
let hub: PlayedHub
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'mini-o3-models-'))
  hub = await startPlayedHub({ [id]: { files, licence: 'apache-2.0' } })
})
afterEach(async () => {
  await hub.close()
  await rm(cache, { recursive: true })
})

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_TOKEN: secret, HF_HUB_OFFLINE: '' }
}

function start(...words: readonly string[]) {
  const { child, ended } = startProgram(['models', ...words], { env: environment() })
  const kept = ended.then(({ code, signal, stdout, stderr }) => {
    expect(stdout + stderr).not.toContain(secret)
    return { code, signal, stdout, stderr }
  })
  return { child, ended: kept }
}

/** On a terminal of its own, as `script` gives one. */
function startAtTerminal(...words: readonly string[]) {
  const command = [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ')
  const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], { env: environment(), cwd: cache })
  let seen = ''
  child.stdout.on('data', (data: Buffer) => (seen += data.toString()))
  const ended = once(child, 'close').then(([code]: (number | string | null)[]) => code)
  return {
    terminal: {
      seen: () => seen,
      type: (text: string) => void child.stdin.write(text),
      async asked(text: string): Promise<void> {
        while (!seen.includes(text) && child.exitCode === null) await setTimeout(20)
        expect(seen).toContain(text)
      },
    },
    ended,
  }
}

const run = (...words: readonly string[]) => start(...words).ended
const blobFolder = () => join(cache, 'models--owner--tiny-GGUF', 'blobs')
const part = () => join(blobFolder(), `${sha256Of(weights)}.incomplete`)

/** The store stops sending in the middle of the weights until it is told to go on. */
function stalled(): { goOn(): void } {
  let going = false
  hub.behave(({ at, path }) =>
    !going && at === 'store' && path.startsWith('tiny') ? { hangs: true, cutAfter: 1_000_000 } : undefined,
  )
  return { goOn: () => void (going = true) }
}

async function untilPart(): Promise<void> {
  const bytes = (): Promise<number> =>
    stat(part()).then(
      ({ size }) => size,
      () => 0,
    )
  while ((await bytes()) === 0) await setTimeout(20)
}

describe('at no terminal', () => {
  test('a pull without --yes downloads nothing, and says what would come and the line that goes on', async () => {
    const { code, stdout, stderr } = await run('pull', `hub:${id}`)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`owner/tiny-GGUF, commit`)
    expect(stderr).toContain('tiny-Q4_K_M.gguf, 4.0 MB')
    expect(stderr).toContain('licence: apache-2.0')
    expect(stderr).toContain(cache)
    expect(stderr).toContain(`mini-o3 models pull hub:${id} --yes`)
    expect(await readdir(cache)).toEqual([])
    expect(hub.asked.map(({ path }) => path)).toEqual(['api'])
  })

  test('a command that is mistyped is told with the nearest, and downloads nothing', async () => {
    const { code, stderr } = await run('pul', `hub:${id}`)
    expect([code, hub.asked]).toEqual([2, []])
    expect(stderr).toContain('There is no command "pul" of models. Closest names: pull')
  })

  test('pulled, listed and removed', async () => {
    const pulled = await run('pull', `hub:${id}`, '--yes', '--json')
    expect(pulled.code).toBe(0)
    const { model } = JSON.parse(pulled.stdout) as { model: string }
    expect((await readFile(model)).equals(weights)).toBe(true)
    const listed = JSON.parse((await run('--json')).stdout) as { pulled: unknown[]; known: unknown[] }
    expect(listed.pulled).toEqual([expect.objectContaining({ name: `hub:${id}:Q4_K_M`, bytes: 4_003_000 })])
    expect((await run('list')).stdout).toMatch(
      new RegExp(`hub:${id}:Q4_K_M +4.0 MB[^]*qwen3-vl-4b +3.0 GB[^]*They run in the llama.cpp`),
    )
    const refused = await run('remove', `hub:${id}`)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('--yes')
    expect((await run('remove', `hub:${id}`, '--yes')).code).toBe(0)
    expect(await readdir(cache)).toEqual(['.locks'])
  })
})

describe.runIf(existsSync('/usr/bin/script'))('at a terminal', () => {
  test.each([
    ['yes', 'y\n', 0, true],
    ['no', 'n\n', 0, false],
    ['nothing', '\n', 0, false],
    ['the end of the input', '\u0004', 0, false],
    ['Ctrl-C', '\u0003', 130, false],
  ] as const)('%s is an answer', async (_, answer, code, pulled) => {
    const { terminal, ended } = startAtTerminal('models', 'pull', `hub:${id}`)
    await terminal.asked('Download 4.0 MB? [y/N]')
    terminal.type(answer)
    expect(await ended).toBe(code)
    expect(terminal.seen()).toContain('licence: apache-2.0')
    const there = await readdir(cache)
    expect(there.includes('models--owner--tiny-GGUF')).toBe(pulled)
  })

  test('a question for a model that is not there offers it', async () => {
    const { terminal, ended } = startAtTerminal('ask', picture, 'What?', '--policy', `local:hub:${id}`)
    await terminal.asked('Download 4.0 MB? [y/N]')
    terminal.type('n\n')
    expect(await ended).toBe(2)
    expect(terminal.seen()).toContain(`mini-o3 models pull hub:${id}`)
    expect(await readdir(cache)).toEqual([])
  })
})

test('Ctrl-C keeps the part, and the next pull goes on from it', async () => {
  const { goOn } = stalled()
  const { child, ended } = start('pull', `hub:${id}`, '--yes')
  await untilPart()
  child.kill('SIGINT')
  const { code, stderr } = await ended
  expect(code).toBe(130)
  expect(stderr).toContain('repeat the command to resume')
  expect((await run('list')).stdout).toContain('unfinished download')
  goOn()
  expect((await run('pull', `hub:${id}`, '--yes')).code).toBe(0)
  expect(hub.asked.filter(({ at, path }) => at === 'store' && path.startsWith('tiny')).at(-1)?.from).toBeGreaterThan(0)
})

test('of two at once one downloads; it is killed, and the other goes on from its part', async () => {
  const { goOn } = stalled()
  const first = start('pull', `hub:${id}`, '--yes')
  await untilPart()
  const second = start('pull', `hub:${id}`, '--yes', '--json')
  // It has asked for the list, and waits for the first from then on.
  while (hub.asked.filter(({ path }) => path === 'api').length < 2) await setTimeout(20)
  goOn()
  first.child.kill('SIGKILL')
  await first.ended
  const { code, stdout } = await second.ended
  expect(code).toBe(0)
  const { model } = JSON.parse(stdout) as { model: string }
  expect((await readFile(model)).equals(weights)).toBe(true)
  expect(await readdir(blobFolder())).toHaveLength(2)
})
