/** `mini-o3 import`, and `view` of a log, as real child processes. Needs `npm run build`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, writeEval, writeText } from '../../../test/foreign-logs.ts'
import { startProgram, startServer } from '../../../test/run-program.ts'

let folder: string
const sample = (id: string, value: string) => ({
  id,
  epoch: 1,
  input: '1 + 1?',
  target: '2',
  messages: [
    { role: 'user', content: '1 + 1?' },
    { role: 'assistant', content: value === 'C' ? '2' : '3' },
  ],
  scores: { match: { value } },
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mini-o3-import-'))
  await writeEval(join(folder, 'sums.eval'), {
    'header.json': { version: 2, eval: { task: 'sums', model: 'm' } },
    'samples/a_epoch_1.json': sample('a', 'C'),
    'samples/b_epoch_1.json': sample('b', 'I'),
    'samples/c_epoch_1.json': '{',
  })
  await writeText(
    join(folder, 'two', 'one', 'results.jsonl'),
    jsonLines({ example_id: 0, prompt: 'a', completion: 'b', reward: 1 }),
  )
  await writeText(
    join(folder, 'two', 'other', 'results.jsonl'),
    jsonLines({ example_id: 0, prompt: 'a', completion: 'c', reward: 0 }),
  )
  await writeFile(join(folder, 'notes.jsonl'), '{"a":1}\n')
  await writeEval(join(folder, 'nothing.eval'), { 'header.json': { eval: {} } })
})
afterAll(() => rm(folder, { recursive: true }))

const started = (...options: string[]) => startProgram(options, { cwd: folder }).ended

test('a log becomes a run that other commands open, and a repeat finds it', { timeout: 120_000 }, async () => {
  const { code, stdout } = await started('import', 'sums.eval', '--json')
  expect(code).toBe(0)
  const [read] = JSON.parse(stdout).runs
  expect(read).toMatchObject({ from: 'inspect_ai', searches: 2, unread: 1 })
  const again = await started('import', 'sums.eval')
  expect(again.stdout).toContain('2 searches, 1 samples cannot be read (samples/c_epoch_1.json')
  expect(again.stdout).toContain(read.run)
  const site = await started('view', read.run, '--export', 'site')
  expect(site.stdout).toContain('2 searches for 2 problems')
})

test('view serves a log', { timeout: 120_000 }, async () => {
  const server = await startServer(['view', 'sums.eval'], { cwd: folder })
  const name = decodeURIComponent(/run\/([^/]+)$/.exec(server.url)?.[1] ?? '')
  const response = await fetch(`${new URL(server.url).origin}/api/runs/${name}`)
  const { items } = (await response.json()) as { items: unknown[] }
  expect(items).toMatchObject([{ problem: 'sums/a', verdict: 'correct' }, { verdict: 'wrong' }])
  await server.stop()
})

test.each([
  [['import', 'two', '--run', 'x'], 'two has 2 logs, and --run is for one'],
  [['view', 'two'], 'two has several logs, which are now runs. View one of them: runs/import-'],
  [['import', 'notes.jsonl'], 'notes.jsonl is not a supported log. It has to be a log of inspect_ai'],
  [['import', 'nowhere'], 'There is no nowhere'],
  [['import', 'nothing.eval'], 'nothing.eval cannot be shown: it has no samples'],
  [['view', 'notes.jsonl'], 'notes.jsonl is not a run folder'],
])('%s: %s', { timeout: 60_000 }, async (options, message) => {
  const { code, stderr } = await started(...options)
  expect(stderr).toContain(message)
  expect(code).toBe(2)
})
