/** A page opened from a file, with its data embedded. */
import { useLayoutEffect, useMemo } from 'preact/hooks'
import type { ProblemsData, ReportData, SearchesData, SitePlace, TryData } from '../src/page/page-data.ts'
import { shown } from '../src/page/step.ts'
import { withHandVerdict } from '../src/protocol/note.ts'
import type { DiffData, RunData } from '../src/server/api/types.ts'
import { itemAt } from '../src/shared/known.ts'
import { DiffFile } from './diff-page.tsx'
import { ProblemsPage } from './problems-page.tsx'
import { ReportPage } from './report-page.tsx'
import { RouteContext, useAddress } from './route.ts'
import { Details } from './run-page.tsx'
import { SearchView } from './search-view.tsx'
import { hashesOf, storedUrls } from './shown-search.ts'
import { TryPage } from './try-page.tsx'
import { usePlace } from './use-place.ts'

type FileData = SearchesData | ReportData | ProblemsData | RunData | DiffData | TryData

export function FilePage({ data }: { readonly data: FileData }) {
  const route = useAddress()
  // These pages have a first heading of their own.
  const Brand = data.kind === 'report' || data.kind === 'problems' ? 'p' : 'h1'
  return (
    <RouteContext.Provider value={route}>
      <header class="top">
        <Brand class="brand">
          mini-o3 <span>visual search, turn by turn</span>
        </Brand>
      </header>
      <main id="main">
        <Content data={data} path={route.path} />
      </main>
    </RouteContext.Provider>
  )
}

function Content({ data, path }: { readonly data: FileData; readonly path: readonly string[] }) {
  const beside = 'pages' in data ? besideOf(data.pages, path) : undefined
  useLayoutEffect(() => {
    if (beside !== undefined) location.replace(beside)
  }, [beside])
  if (beside !== undefined) return null
  if (data.kind === 'searches') return <SearchesPage {...data} />
  if (data.kind === 'report') return <ReportPage {...data} />
  if (data.kind === 'problems') return <ProblemsPage {...data} />
  if (data.kind === 'try') return <TryPage {...data} />
  if (data.kind === 'diff') return <DiffFile {...data} />
  return (
    <section class="run" aria-label={`Run ${data.details.run.name}`}>
      {data.within && (
        <p class="crumbs">
          <a href={data.within.index}>{data.within.title}</a> / {data.details.run.name}
        </p>
      )}
      <Details {...data} />
    </section>
  )
}

/** The index of a site at `#/before/<n>` or `#/after/<n>` leads to the page before or after that of search `n`. */
function besideOf(pages: RunData['pages'], [way, at]: readonly string[]): string | undefined {
  if (way !== 'before' && way !== 'after') return undefined
  const fileOf = (address = ''): string => address.replace(/#.*/, '')
  const addresses = Object.values(pages)
  // Several searches of a problem share a page.
  const files = [...new Set(addresses.map(fileOf))]
  const from = files.indexOf(fileOf(pages[Number(at)]))
  const to = from < 0 ? undefined : files[from + (way === 'after' ? 1 : -1)]
  return addresses.find((address) => fileOf(address) === to)
}

function SiteLinks({ site: { index, title, at } }: { readonly site: SitePlace }) {
  return (
    <p class="crumbs">
      <a href={index}>{title}</a>
      <span class="around">
        <a href={`${index}#/before/${at}`}>previous</a>
        <a href={`${index}#/after/${at}`}>next</a>
      </span>
    </p>
  )
}

/** A page opened from a file cannot store anything. */
const howToEdit = 'To edit notes: mini-o3 view <run>, or mini-o3 note.'

/** `#/search/2?turn=3` is turn 3 of the second search. */
function SearchesPage({ searches, notes, site }: SearchesData) {
  const last = searches.length - 1
  const [place, go] = usePlace(
    (at) => ({ path: ['search', at + 1] }),
    ({ path }) => Math.max(0, Math.min(last, Number(path[1] ?? 1) - 1 || 0)),
  )
  const entries = useMemo(
    () =>
      searches.map(({ name, trajectory, pictures, note, tokens, again }) => {
        const search = withHandVerdict(trajectory, note)
        const asJudged = search === trajectory ? undefined : (trajectory.verdict?.kind ?? 'unjudged')
        const notes = { id: name, note, asJudged, tags: [], hint: howToEdit }
        return { name, search, urls: storedUrls(trajectory, pictures, tokens), notes, again }
      }),
    [searches],
  )
  const again = entries[place.at]?.again
  return (
    <>
      {site && <SiteLinks site={site} />}
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note} dir="auto">
              {shown(note)}
            </li>
          ))}
        </ul>
      )}
      {again !== undefined && (
        <p class="crumbs">
          <a href={again}>Search this scene again, in the browser</a>
        </p>
      )}
      {entries.length > 0 && (
        <SearchView
          key={hashesOf(itemAt(entries, place.at).search).join()}
          entries={entries}
          {...place}
          go={(to) => go(to.at === undefined ? to : { at: to.at, turn: 0 })}
        />
      )}
    </>
  )
}
