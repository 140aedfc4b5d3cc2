/** What was asked on this page: its searches as they go on. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { postJson } from './fetch-json.ts'
import { replaceAddress, routeNow } from './route.ts'
import { SearchView } from './search-view.tsx'
import { pictureUrls } from './shown-search.ts'
import { useAsk } from './use-ask.ts'

export function AskedPage({ id }: { readonly id: string }) {
  const { searches, pages, broken, done, error } = useAsk(id)
  const { settings } = routeNow()
  const [at, setAt] = useState(() => Number(settings.get('sample')) || 0)
  const [turn, setTurn] = useState(() => Number(settings.get('turn')) || 0)
  const [compare, setCompare] = useState(() => settings.has('compare'))
  useEffect(() => {
    replaceAddress(['ask', id], { ...(at && { sample: at }), ...(turn && { turn }), ...(compare && { compare: 1 }) })
  }, [id, at, turn, compare])
  const base = `api/asks/${encodeURIComponent(id)}`
  // All searches of an ask look at the same picture.
  const sha256 = searches.find((search) => search !== undefined)?.picture.sha256
  const urls = useMemo(
    () => searches.map((_, sample) => pictureUrls(base, sha256, sample)),
    [base, sha256, searches.length],
  )
  const entries = searches.flatMap((search, sample) => (search ? [{ search, urls: urls[sample]! }] : []))
  const reasons = [...new Set(broken.filter((reason) => reason !== undefined))]
  return (
    <>
      {[...(error ? [error] : []), ...reasons].map((reason) => (
        <p key={reason} class="problem" role="alert">
          {reason} <a href="#/">Ask again</a>
        </p>
      ))}
      {!done && !error && (
        <p class="going" role="status">
          {entries.length === 0 ? 'Waiting for its turn …' : 'Searching …'}{' '}
          <button type="button" onClick={() => void postJson(`${base}/stop`, {}).catch(() => {})}>
            Stop
          </button>
        </p>
      )}
      {pages[at] !== undefined && (
        <p class="crumbs">
          Kept as <a href={pages[at].slice(1)}>part of a run</a>
        </p>
      )}
      {entries.length > 0 && (
        <SearchView
          entries={entries}
          at={Math.min(at, entries.length - 1)}
          onAt={setAt}
          turn={turn}
          onTurn={setTurn}
          compare={compare && entries.length > 1}
          onCompare={setCompare}
        />
      )}
    </>
  )
}
