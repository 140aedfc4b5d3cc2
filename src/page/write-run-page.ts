/** The page of a run with many searches: for every level one right and one wrong search. */
import type { Pictured } from '../protocol/originals.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { searchesPage } from '../runs/files.ts'
import { readNotes } from '../runs/notes.ts'
import { keyOf, searchLog } from '../runs/searches.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import type { Picture } from '../vision/picture.ts'
import { writePage } from './write-page.ts'
import type { SearchToShow } from './write-page.ts'

const mostSearches = 8

/** Searches read for the page, if there is one to show among them: reading a million would take minutes. */
const mostRead = 20_000

export interface RunPageOptions {
  readonly title: string
  readonly profile: Profile
  /** Notes about the run, one line each. */
  readonly notes?: readonly string[]
  readonly openPictures: (problem: Problem) => Promise<Pictured<Picture>>
}

/** Writes the page into the run and returns its path; undefined if the run has nothing to show. */
export async function writeRunPage(run: RunFolder, options: RunPageOptions): Promise<string | undefined> {
  const written = await readNotes(run.path)
  const picked = await pick(run.read(searchLog))
  const { title, notes = [] } = options
  if (picked.length === 0 && notes.length === 0) return undefined
  const searches: SearchToShow[] = []
  for (const trajectory of picked) {
    const { problem } = trajectory
    const pictures = await options.openPictures(problem)
    const note = written.of({ trajectory })
    const title = problem.level ?? problem.docId
    searches.push({ title, trajectory, ...pictures, profile: options.profile, ...(note && { note }) })
  }
  const page = run.file(searchesPage)
  await writePage(page, title, searches, { notes })
  return page
}

/**
 * The first search of each level and verdict; if a search was judged again, its last verdict counts. Of a longer run, among the first
 * searches with a verdict, since the others may have been judged later.
 */
async function pick(searches: AsyncIterable<Trajectory>): Promise<Trajectory[]> {
  const picked = new Map<string, Trajectory>()
  let read = 0
  for await (const search of searches) {
    if (++read > mostRead) {
      const judged = [...picked].filter(([, { verdict }]) => verdict?.kind !== 'unjudged')
      if (judged.length > 0) return inOrder(judged)
    }
    if (search.end === 'failed') continue
    for (const [key, before] of picked) if (keyOf(before) === keyOf(search)) picked.delete(key)
    const key = `${search.problem.level ?? search.problem.docId} ${search.verdict?.kind}`
    if (picked.size < mostSearches && !picked.has(key)) picked.set(key, search)
  }
  return inOrder([...picked])
}

function inOrder(picked: readonly (readonly [string, Trajectory])[]): Trajectory[] {
  return picked.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, search]) => search)
}
