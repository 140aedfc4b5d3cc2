/** The searches of one question, live. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { AskFork } from '../src/server/api/fork-types.ts'
import { postJson, useJson } from './fetch-json.ts'
import { ForkList, pageOf, ParentLink } from './fork-links.tsx'
import { keepDraft, readDraft } from './form-draft.ts'
import { SearchView } from './search-view.tsx'
import { hashesOf, pictureUrls } from './shown-search.ts'
import type { SearchEntry, ShownSearch } from './shown-search.ts'
import { useAsk } from './use-ask.ts'
import { href } from './route.ts'
import { usePlace } from './use-place.ts'
import type { Go } from './use-place.ts'
import { useParent } from './use-parent.ts'
import { useSecondsSince } from './use-seconds.ts'
import { itemAt } from '../src/shared/known.ts'

export function AskedPage({ id }: { readonly id: string }) {
  const { number, searches, pages, broken, origin, done, error } = useAsk(id)
  const [place, go] = usePlace(
    (at) => ({ path: ['ask', id], ...(at > 0 && { settings: { sample: at } }) }),
    ({ settings }) => Number(settings.get('sample')) || 0,
  )
  // Several asks are often open in several tabs.
  useEffect(() => {
    if (number !== undefined) document.title = `${origin ? 'Fork of ask' : 'Ask'} ${number} - mini-o3`
  })
  const [openedMs] = useState(() => performance.now())
  const seconds = useSecondsSince(done ? undefined : openedMs) ?? 0
  const base = `api/asks/${encodeURIComponent(id)}`
  // All searches of an ask share their pictures.
  const known = searches.find((search) => search !== undefined)
  const hashes = known ? hashesOf(known) : []
  const urls = useMemo(
    () => searches.map((_, sample) => pictureUrls(base, hashes, sample)),
    [base, hashes.join(), searches.length],
  )
  const parent = useParent(origin)
  const { value: forks } = useJson<AskFork[]>(`${base}/forks`)
  const own = searches.flatMap((search, sample) => {
    if (!search) return []
    const named = origin && { name: `fork at turn ${origin.turn}` }
    return [{ search, urls: itemAt(urls, sample), origin: { ask: id, sample }, ...named }]
  })
  // A fork stands beside the search that it departs from.
  const entries: readonly SearchEntry[] = own.length > 0 && parent ? [parent, ...own] : own
  const first = entries.length - own.length
  const at = first + Math.max(0, Math.min(place.at, own.length - 1))
  const kept = pages[own[at - first]?.origin.sample ?? -1]
  const goTo: Go = ({ at: to, ...rest }) => {
    if (to !== undefined && to < first && origin) location.hash = pageOf(origin)
    else go({ ...rest, ...(to !== undefined && { at: to - first }) })
  }
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
          {entries.length === 0 ? 'In the queue' : 'Searching'} … {seconds} s{' '}
          <button type="button" onClick={() => void postJson(`${base}/stop`, {}).catch(() => {})}>
            Stop
          </button>
        </p>
      )}
      <ParentLink origin={origin} parent={origin && known?.parent} />
      <ForkList
        forks={(forks ?? []).map(({ id: fork, ...row }, index) => ({
          ...row,
          href: href(['ask', fork], { compare: 1 }),
          number: index + 1,
        }))}
      />
      {done && own.length > 0 && (
        <p class="again">
          <a href="#/" onClick={() => another(itemAt(own, 0).search)}>
            Another question about this picture
          </a>
        </p>
      )}
      {(number !== undefined || kept !== undefined) && (
        <p class="crumbs">
          {number === undefined ? 'Fork' : `${origin ? 'Fork of ask' : 'Ask'} ${number}`}
          {kept !== undefined && (
            <>
              , kept as <a href={kept.slice(1)}>part of a run</a>
            </>
          )}
        </p>
      )}
      {entries.length > 0 && <SearchView entries={entries} {...place} at={at} go={goTo} />}
    </>
  )
}

/** Fills the form with the picture and policy of this search; a scene that is already selected stays selected. */
function another({ picture, furtherPictures = [], problem }: ShownSearch): void {
  const draft = readDraft()
  const same = draft.question === problem.question && draft.picture !== undefined
  const row = ({ sha256, width, height }: ShownSearch['picture']) => ({ id: sha256, width, height })
  const pictures = { picture: row(picture), furtherPictures: furtherPictures.map(row) }
  keepDraft({ ...(!same && pictures), question: '' })
}
