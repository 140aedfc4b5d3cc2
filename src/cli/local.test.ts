/** `--policy local:`: a model in files answers, is measured and served as one behind a server is; the real llama.cpp runs it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../test/run-command.ts'
import { startServer } from '../../test/run-program.ts'
import { writeTinyGguf } from '../../test/tiny-gguf.ts'
import type { TinyModel } from '../../test/tiny-gguf.ts'
import { dataUrl, encodePng } from '../vision/encode.ts'
import { addAsk } from './ask.ts'
import { addEval } from './eval/eval.ts'

let folder: string
let tiny: TinyModel
let picture: string
let png: Uint8Array

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-local-'))
  tiny = await writeTinyGguf(folder)
  picture = join(folder, 'picture.png')
  png = await encodePng({ width: 120, height: 90, data: new Uint8Array(120 * 90 * 3).map((_, at) => (at * at) >> 7) })
  await writeFile(picture, png)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('ask: thoughts, zooms and an answer; the projector beside the file is found', async () => {
  const run = join(folder, 'ask')
  const words = [
    '--policy',
    `local:${tiny.model}`,
    '--threads',
    '1',
    '--max-turns',
    '6',
    '--temperature',
    '1',
    '--run',
    run,
    '--json',
  ]
  const { stdout, stderr, code } = await runCommand([addAsk], 'ask', picture, 'Which digit?', ...words)
  expect(code).toBe(0)
  expect(stderr).toContain('Runs here, on ')
  expect(stderr).toContain('I look.')
  const { end, answer, turns, usage } = JSON.parse(stdout) as Record<string, unknown>
  expect(['answered', 'over-turn']).toContain(end)
  if (end === 'answered') expect(answer).toMatch(/^\d$/)
  expect(turns).toBeGreaterThan(0)
  expect(usage).toMatchObject({ promptTokens: expect.any(Number) as number, replyTokens: expect.any(Number) as number })
})

test('eval: four samples of each problem, and nothing again when it is repeated', async () => {
  const data = join(folder, 'problems')
  await mkdir(data)
  await writeFile(join(data, 'one.png'), png)
  const rows = [1, 2].map((id) => ({ id: String(id), image: 'one.png', question: `Which digit? (${id})`, answer: '3' }))
  await writeFile(join(data, 'problems.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
  const what = ['--benchmark', 'problems', '--data', data, '--samples', '4', '--concurrency', '3', '--max-turns', '3']
  const who = [
    '--policy',
    `local:${tiny.model}`,
    '--mmproj',
    tiny.mmproj,
    '--context',
    '4096',
    '--threads',
    '1',
    '--temperature',
    '1',
  ]
  const mini = () => runCommand([addEval], 'eval', ...what, ...who, '--run', join(folder, 'eval'), '--json')
  const first = await mini()
  expect(first.code).toBe(0)
  expect(first.stderr).toContain('3 searches at once')
  expect(JSON.parse(first.stdout)).toMatchObject({ failed: 0, refused: 0 })
  expect(JSON.parse((await mini()).stdout)).toEqual(JSON.parse(first.stdout))
})

test('a model in a file judges what another answered, and a run keeps which weights it had', async () => {
  const judge = await writeTinyGguf(await mkdtemp(join(folder, 'judge-')), { begin: ['Score: 1'], 'Score: 1': ['end'] })
  const data = join(folder, 'judged')
  await mkdir(data)
  await writeFile(join(data, 'one.png'), png)
  await writeFile(
    join(data, 'problems.jsonl'),
    JSON.stringify({
      id: '1',
      image: 'one.png',
      question: 'What is it?',
      answer: 'a door',
      choices: ['a door', 'a gate'],
    }),
  )
  const run = join(folder, 'judged-run')
  const words = ['--benchmark', 'problems', '--data', data, '--policy', 'blind', '--samples', '1', '--run', run]
  const { code, stdout } = await runCommand([addEval], 'eval', ...words, '--judge', `local:${judge.model}`, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    unjudged: 0,
    judge: { name: `local:${judge.model}`, checkpoint: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  })
  const elsewhere = ['--judge', 'local:x.gguf', '--judge-base-url', 'http://127.0.0.1:9/v1']
  await expect(runCommand([addEval], 'eval', ...words, ...elsewhere)).rejects.toMatchObject({ code: 'option-unused' })
})

test('serve: a program streams a search by the model', async () => {
  const words = ['serve', '--runs', folder, '--policy', `local:${tiny.model}`, '--threads', '1']
  const { url, stop } = await startServer(words)
  try {
    const { policies } = (await (await fetch(`${url}/api/setup`)).json()) as {
      policies: { name: string; note: string }[]
    }
    expect(policies[0]).toMatchObject({ name: `local:${tiny.model}`, note: expect.stringContaining('GGUF') as string })
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
    const image = { type: 'image_url', image_url: { url: dataUrl(png, 'png') } } as const
    const content = [image, { type: 'text', text: 'Which digit?' } as const]
    const model = `search:local:${tiny.model}`
    let reasoning = ''
    let finish: string | null | undefined
    const request = { model, messages: [{ role: 'user' as const, content }], stream: true as const }
    for await (const { choices } of await client.chat.completions.create(request)) {
      reasoning += (choices[0]?.delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? ''
      finish = choices[0]?.finish_reason ?? finish
    }
    expect(reasoning).toContain('I look.')
    expect(finish).not.toBeUndefined()
  } finally {
    await stop()
  }
})

test.each([
  [['--policy', 'local:none.gguf'], 'none.gguf'],
  [['--policy', 'local:no-such-model'], 'no-such-model'],
  [['--mmproj', 'x.gguf'], 'add --policy local:'],
])('ask with %j is a mistake that names itself', async (words, named) => {
  const asking = runCommand([addAsk], 'ask', picture, 'Which digit?', '--policy', 'embedded', ...words)
  await expect(asking).rejects.toMatchObject({ message: expect.stringContaining(named) as string })
})
