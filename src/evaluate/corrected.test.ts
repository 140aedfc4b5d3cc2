/** Verdicts corrected by hand in the figures of an evaluation, each of which says so. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'
import { readChosenSearches } from '../coldstart/export/chosen-searches.ts'
import type { NoteChange } from '../protocol/note.ts'
import { profiles } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { readNotes, takeNote } from '../runs/notes.ts'
import { openRun } from '../runs/run-folder.ts'
import { problemsCsv } from './document/csv.ts'
import { reportCsv, reportMarkdown } from './document/document.ts'
import { evaluate } from './evaluate.ts'
import { compareEvals } from './figures/compare.ts'
import { readLoggedRun } from './logs/logged-run.ts'
import { mergeRuns } from './merge.ts'
import { readEvalRun } from './read-run.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corrected-'))
})
afterEach(() => rm(folder, { recursive: true }))

const settings = { command: 'eval', samples: 1, maxTurns: 8, seed: 1 }
/** Right are the first two of four. */
const searches = [1, 2, 3, 4].map((seed) => storedSearch({ seed, right: seed <= 2 }))

async function runOf(name: string, own: readonly Trajectory[] = searches): Promise<string> {
  await writeRun(join(folder, name), settings, { 'trajectories.jsonl': jsonLines(own) })
  return join(folder, name)
}

async function correct(
  path: string,
  trajectory: Trajectory,
  verdict: NonNullable<NoteChange['verdict']>,
): Promise<void> {
  await takeNote(path, { search: { trajectory }, before: undefined, change: { verdict } })
}

describe('verdicts corrected by hand', () => {
  test('count in the figures, which say how many there are, and can be left out', async () => {
    const path = await runOf('a')
    expect((await readEvalRun(path)).corrected).toBe(0)
    await correct(path, searches[3]!, 'right')
    await correct(path, searches[2]!, 'right')
    await correct(path, searches[0]!, 'wrong')
    // Confirmed, and taken back: neither changes a verdict.
    await correct(path, searches[1]!, 'right')
    await correct(path, searches[2]!, 'as-judged')
    const log = await readFile(join(path, 'trajectories.jsonl'), 'utf8')
    const run = await readEvalRun(path)
    expect(run).toMatchObject({ corrected: 2, summary: { avgAtK: 0.5 } })
    expect(run.solved.map(({ right, corrected }) => [right, corrected])).toEqual([
      [0, 1],
      [1, 0],
      [0, 0],
      [1, 1],
    ])
    const document = { runs: [run] }
    for (const text of [reportMarkdown(document), reportCsv(document)]) {
      expect(text).toContain('2 verdicts corrected by hand')
    }
    expect(problemsCsv(run.solved).split('\n')[0]).toMatch(/,corrected by hand$/)
    const judged = await readEvalRun(path, {}, { asJudged: true })
    expect(judged.corrected).toBe(0)
    expect(judged.solved.map(({ right }) => right)).toEqual([1, 1, 0, 0])
    expect(reportMarkdown({ runs: [judged] })).not.toContain('by hand')
    expect(await readFile(join(path, 'trajectories.jsonl'), 'utf8')).toBe(log)
  })

  test('give a search without a verdict one, and a failed one none', async () => {
    const unjudged = { ...searches[0]!, verdict: { kind: 'unjudged' as const, reason: 'The judge failed.' } }
    const path = await runOf('a', [unjudged, ...searches.slice(1)])
    await expect(readEvalRun(path)).rejects.toMatchObject({ code: 'eval-unfinished' })
    await correct(path, unjudged, 'right')
    expect(await readEvalRun(path)).toMatchObject({ corrected: 1, reasons: [], summary: { avgAtK: 0.5 } })
    await expect(readEvalRun(path, {}, { asJudged: true })).rejects.toMatchObject({ code: 'eval-unfinished' })
  })

  test('count in comparisons, in logs of other programs and in what is exported', async () => {
    const [a, b] = [await runOf('a'), await runOf('b')]
    await correct(b, searches[2]!, 'right')
    await correct(b, searches[0]!, 'wrong')
    const [first, second] = [await readEvalRun(a), await readEvalRun(b)]
    const comparison = compareEvals(first.problems, second.problems, 1)
    expect(comparison.flipped.map(({ before, after }) => [before, after])).toEqual([
      [1, 0],
      [0, 1],
    ])
    const text = reportMarkdown({ runs: [first, second], comparison })
    expect(text).toMatch(/Of .*a 0 verdicts corrected by hand, of .*b 2 verdicts corrected by hand\./)

    const logged = await readLoggedRun(b)
    const verdicts = []
    for await (const { verdict } of logged.read()) verdicts.push(verdict)
    expect(logged.corrected).toBe(2)
    expect(verdicts.slice(0, 2)).toEqual([
      { kind: 'wrong', reason: 'corrected by hand' },
      { kind: 'correct', reason: 'compared' },
    ])

    const exported = async (asJudged: boolean) =>
      (await readChosenSearches(b, { all: false, asJudged })).searches.map(({ problem }) => problem.docId)
    const ids = searches.map(({ problem }) => problem.docId)
    expect(await exported(false)).toEqual([ids[1], ids[2]])
    expect(await exported(true)).toEqual([ids[0], ids[1]])
  })

  test('are joined with their runs, and belong to no other search of that name', async () => {
    const [a, b] = [await runOf('a', searches.slice(0, 2)), await runOf('b', searches.slice(2))]
    await correct(a, searches[1]!, 'wrong')
    await correct(b, searches[2]!, 'right')
    const out = join(folder, 'out')
    for (let times = 0; times < 2; times++) await mergeRuns([a, b], out)
    expect(await readEvalRun(out)).toMatchObject({ corrected: 2, summary: { avgAtK: 0.5 } })
    expect((await readNotes(out)).size).toBe(2)
    // The run was made again, with another policy.
    const again = searches.map(({ problem }, index) => ({
      ...storedSearch({ seed: index + 1, right: true, thought: 'Now here.' }),
      problem,
    }))
    await runOf('out', again)
    expect(await readEvalRun(out)).toMatchObject({ corrected: 0, summary: { avgAtK: 1 } })
  })

  test('that are given while an evaluation runs are in its result', async () => {
    const { verdict: _, ...unjudged } = searches[1]!
    const path = await runOf('a', [
      searches[0]!,
      { ...unjudged, verdict: { kind: 'unjudged', reason: 'Later.' } },
      searches[2]!,
    ])
    const run = await openRun(path, settings)
    const openPicture = () => Promise.reject(new Error('gone'))
    const nothing = () => {
      throw new Error('Nothing is searched.')
    }
    try {
      const report = await evaluate({
        problems: searches.slice(0, 3).map(({ problem }) => ({ problem, openPicture })),
        policy: { name: 'none', open: nothing },
        judge: async () => {
          await correct(path, searches[2]!, 'right')
          return { kind: 'wrong', reason: 'compared' }
        },
        profile: profiles.default,
        run,
        concurrency: 1,
        samples: 1,
        maxTurns: 8,
        seed: 1,
      })
      expect(report).toMatchObject({ corrected: 1, summary: { avgAtK: 2 / 3 } })
    } finally {
      await run.close()
    }
  })
})
