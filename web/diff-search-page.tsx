/** One problem with its searches from two runs, side by side. */
import { useState } from 'preact/hooks'
import { withHandVerdict } from '../src/protocol/note.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import { itemAt } from '../src/shared/known.ts'
import { ProblemFact } from './facts.tsx'
import { useJson } from './fetch-json.ts'
import { href } from './route.ts'
import { SearchView } from './search-view.tsx'
import { hashesOf, pictureUrls } from './shown-search.ts'
import { entryNotes, useRunNotes } from './use-notes.ts'

interface Props {
  readonly runs: readonly [string, string]
  readonly indexes: readonly [number, number]
}

export function DiffSearchPage({ runs, indexes }: Props) {
  const [place, setPlace] = useState({ at: 0, turn: 0, compare: true })
  const paths = runs.map((run, side) => `api/runs/${encodeURIComponent(run)}/items/${indexes[side]}`)
  const loaded = [useJson<Trajectory>(itemAt(paths, 0)), useJson<Trajectory>(itemAt(paths, 1))]
  const noted = [useRunNotes(runs[0]), useRunNotes(runs[1])]
  const entries = loaded.flatMap(({ value }, side) => {
    if (value === undefined) return []
    const run = noted[side]
    const notes = run && entryNotes(run, itemAt(indexes, side))
    const search = withHandVerdict(value, notes?.note)
    return [{ search, urls: pictureUrls(itemAt(paths, side), hashesOf(value)), name: itemAt(runs, side), notes }]
  })
  const error = loaded.find((one) => one.error !== undefined)?.error
  return (
    <>
      <p class="crumbs">
        <a href={href(['runs'])}>Runs</a> / <a href={href(['diff', ...runs])}>{runs.join(' and ')}</a>
        {runs.map((run, side) => (
          <>
            {' / '}
            <a href={href(['run', run, itemAt(indexes, side)])}>in {run}</a>
          </>
        ))}
      </p>
      <ProblemFact message={error} />
      {entries.length === 2 ? (
        <SearchView entries={entries} {...place} go={(to) => setPlace({ ...place, ...to })} />
      ) : (
        error === undefined && <p role="status">Loading …</p>
      )}
    </>
  )
}
