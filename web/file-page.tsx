/** A page that was opened from a file, with its data inside. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { ReportData, SearchesData } from '../src/page/page-data.ts'
import { shown } from '../src/page/step.ts'
import type { RunData } from '../src/server/api/types.ts'
import { ReportPage } from './report-page.tsx'
import { replaceAddress, RouteContext, useAddress, useRoute } from './route.ts'
import { Details } from './run-page.tsx'
import { SearchView } from './search-view.tsx'
import { storedUrls } from './shown-search.ts'

type FileData = SearchesData | ReportData | RunData

export function FilePage({ data }: { readonly data: FileData }) {
  const route = useAddress()
  return (
    <RouteContext.Provider value={route}>
      <header class="top">
        <p class="brand">
          mini-o3 <span>visual search, turn by turn</span>
        </p>
      </header>
      <main id="main">{pageOf(data)}</main>
    </RouteContext.Provider>
  )
}

function pageOf(data: FileData) {
  if (data.kind === 'searches') return <SearchesPage {...data} />
  if (data.kind === 'report') return <ReportPage {...data} />
  return (
    <section class="run" aria-label={`Run ${data.details.run.name}`}>
      <Details {...data} />
    </section>
  )
}

/** The address is `#/search/2?turn=3` for turn 3 of the second search. */
function SearchesPage({ searches, notes }: SearchesData) {
  const { path, settings } = useRoute()
  const given = {
    at: Math.min(Math.max(0, Number(path[1] ?? 1) - 1 || 0), searches.length - 1),
    turn: Number(settings.get('turn')) || 0,
    compare: settings.has('compare'),
  }
  const [{ at, turn, compare }, show] = useState(given)
  useEffect(() => show(given), [path, settings])
  useEffect(() => {
    replaceAddress(['search', at + 1], { ...(turn && { turn }), ...(compare && { compare: 1 }) })
  }, [at, turn, compare])
  const entries = useMemo(
    () => searches.map((one) => ({ name: one.name, search: one.trajectory, urls: storedUrls(one) })),
    [searches],
  )
  const picture = entries[at]?.search.picture.sha256
  const together = compare && entries.every(({ search }) => search.picture.sha256 === picture)
  return (
    <>
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note} dir="auto">
              {shown(note)}
            </li>
          ))}
        </ul>
      )}
      {picture !== undefined && (
        <SearchView
          key={picture}
          entries={entries}
          at={at}
          onAt={(to) => show({ at: to, turn: 0, compare })}
          turn={turn}
          onTurn={(to) => show({ at, turn: to, compare })}
          compare={together && entries.length > 1}
          onCompare={(to) => show({ at, turn, compare: to })}
        />
      )}
    </>
  )
}
