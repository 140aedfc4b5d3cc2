import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { evaluate } from '../evaluate/evaluate.ts'
import { judgeExact } from '../judge/exact.ts'
import type { Policy } from '../policy/policy.ts'
import { buildProbe } from '../probe/dataset.ts'
import { profiles } from '../protocol/profile.ts'
import { TransportError } from '../shared/errors.ts'
import { readEntries, searchRun } from './search-run.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-run-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  process.exitCode = undefined
  await rm(folder, { recursive: true })
})

test('searches that failed are counted, and the exit code says so', async () => {
  const data = join(folder, 'probe')
  await buildProbe({ out: data, train: 0, test: 3, seed: 1, sidePx: 64, pictures: false })
  const policy: Policy = {
    name: 'unreachable',
    open: () => ({
      take: () => Promise.reject(new TransportError('gone', 'The line is dead.')),
      close: () => {},
    }),
  }
  const words = {
    data,
    samples: 2,
    maxTurns: 4,
    concurrency: 2,
    seed: 1,
    run: join(folder, 'run'),
    json: true,
  } as const
  const entries = await readEntries(words)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => Boolean((said[name] += String(text))))
  }
  const plan = { command: 'eval', entries, profile: profiles.embedded, settings: {}, title: 'Searches' } as const
  await searchRun(words, plan, async ({ tell, ...searches }) => {
    const onProgress = (counts: Parameters<typeof tell>[0]): void => tell(counts, '')
    const { summary } = await evaluate({ ...searches, policy, judge: judgeExact, onProgress })
    return { result: summary, text: '' }
  })
  vi.restoreAllMocks()
  expect(process.exitCode).toBe(1)
  expect(said.stderr).toContain('6 of 6 searches failed')
  expect(JSON.parse(said.stdout)).toMatchObject({ problems: 3, failed: 6, ends: { failed: 1 }, run: words.run })
  expect(await readFile(join(words.run, 'trajectories.jsonl'), 'utf8')).toContain('The line is dead.')
})
