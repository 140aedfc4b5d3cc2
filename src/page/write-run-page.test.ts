/** Which searches of a run are on its page. */
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { dataIn } from '../../test/page-file.ts'
import { jsonLines, storedSearch } from '../../test/stored-searches.ts'
import { makeScene } from '../probe/scene.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { profiles } from '../protocol/profile.ts'
import { openRun } from '../runs/run-folder.ts'
import type { SearchesData } from './page-data.ts'
import { writeRunPage } from './write-run-page.ts'

const picture = scenePicture(makeScene(1, 'easy', 4), 512)

/** The titles of the searches on the page of a run with these lines. */
async function shown(...lines: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'run-page-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const run = await openRun(join(folder, 'run'), {})
  onTestFinished(() => run.close())
  for (const text of lines) await appendFile(run.file('trajectories.jsonl'), text)
  const options = { title: 'Run', profile: profiles.embedded, openPictures: async () => ({ picture }) }
  const page = await writeRunPage(run, options)
  if (page === undefined) return []
  return dataIn<SearchesData>(await readFile(page, 'utf8')).searches.map(({ trajectory }) => {
    return `${trajectory.problem.level} ${trajectory.verdict?.kind}`
  })
}

const easy = storedSearch({ seed: 1, right: true })
const unjudged = { ...easy, verdict: { kind: 'unjudged', reason: 'the judge is away' } } as const
const hard = { ...easy, problem: { ...easy.problem, docId: 'other', level: 'hard' } } as const
const wrong = { ...storedSearch({ seed: 2, right: false }) }

test('one right and one wrong search of each level, with their last verdict', async () => {
  expect(await shown(jsonLines([unjudged, easy, hard, wrong, { ...wrong, sampleIndex: 1 }]))).toEqual([
    'easy correct',
    'easy wrong',
    'hard correct',
  ])
})

test('a long run is not read to its end, and what may have been judged later is not shown', async () => {
  const other = { ...unjudged, sampleIndex: 1 }
  const many = jsonLines([wrong]).repeat(20_000)
  expect(await shown(jsonLines([other]), many, jsonLines([hard]))).toEqual(['easy wrong'])
  expect(await shown(jsonLines([other]).repeat(20_001), jsonLines([hard]), many)).toEqual(['hard correct'])
})
