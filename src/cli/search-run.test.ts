import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvalProgress } from '../evaluate/evaluate.ts'
import { judgeExact } from '../judge/exact.ts'
import type { Policy } from '../policy/policy.ts'
import { buildProbe } from '../probe/dataset.ts'
import { profiles } from '../protocol/profile.ts'
import { TransportError } from '../shared/errors.ts'
import { readEntries, searchRun } from './search-run.ts'
import { dataIn } from '../../test/page-file.ts'
import type { SearchesData } from '../page/page-data.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-run-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

test('searches that failed are counted, and their reasons told when they begin, at the end, in the result and on the page', async () => {
  const data = join(folder, 'probe')
  await buildProbe({ out: data, train: 0, test: 3, seed: 1, sidePx: 64, pictures: false })
  const policy: Policy = {
    name: 'unreachable',
    open: () => ({
      take: () => Promise.reject(new TransportError('gone', 'The line is dead.')),
      close: () => {},
    }),
  }
  const options = {
    data,
    samples: 2,
    maxTurns: 4,
    concurrency: 2,
    seed: 1,
    run: join(folder, 'run'),
    json: true,
  } as const
  const entries = await readEntries(options)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => Boolean((said[name] += String(text))))
  }
  const plan = { command: 'eval', entries, profile: profiles.embedded, settings: {}, title: 'Searches' } as const
  const incomplete = await searchRun(options, plan, async ({ tell, ...searches }) => {
    const onProgress = (counts: EvalProgress): void => tell(counts, '', counts.newest)
    const { summary, reasons, skipped } = await evaluate({ ...searches, policy, judge: judgeExact, onProgress })
    return { result: summary, text: '', reasons, skipped }
  })
  vi.restoreAllMocks()
  expect(incomplete).toMatchObject({ exitCode: 1 })
  expect(incomplete?.message.split('\n')).toEqual([
    'No search reached an answer or a limit, so the figures say nothing about the policy.',
    '6 of 6 searches failed. Repeat the command to try them again.',
    expect.stringMatching(/^ {2}6 x failed \(gone\): The line is dead\. \[such as .*easy.*, sample [01]\]$/),
  ])
  // Told once, when it began.
  expect(said.stderr.match(/The line is dead/g)).toHaveLength(1)
  expect(JSON.parse(said.stdout)).toMatchObject({ problems: 3, failed: 6, ends: { failed: 1 }, run: options.run })
  const search = { docId: entries[0]!.problem.docId, sampleIndex: 0 }
  expect(JSON.parse(said.stdout).reasons).toMatchObject([
    { kind: 'failed', code: 'gone', message: 'The line is dead.', count: 6, search },
  ])
  const { notes } = dataIn<SearchesData>(await readFile(join(options.run, 'searches.html'), 'utf8'))
  expect(notes).toEqual([expect.stringMatching(/^6 x failed \(gone\): The line is dead\. \[such as /)])
  expect(await readFile(join(options.run, 'trajectories.jsonl'), 'utf8')).toContain('The line is dead.')
})
