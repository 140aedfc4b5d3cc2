/** The searches of one question, live. */
import { useMemo, useState } from 'preact/hooks'
import { postJson } from './fetch-json.ts'
import { keepDraft, readDraft } from './form-draft.ts'
import { SearchView } from './search-view.tsx'
import { hashesOf, pictureUrls } from './shown-search.ts'
import type { ShownSearch } from './shown-search.ts'
import { useAsk } from './use-ask.ts'
import { usePlace } from './use-place.ts'
import { useSecondsSince } from './use-seconds.ts'
import { itemAt } from '../src/shared/known.ts'

export function AskedPage({ id }: { readonly id: string }) {
  const { searches, pages, broken, done, error } = useAsk(id)
  const [place, go] = usePlace(
    (at) => ({ path: ['ask', id], ...(at > 0 && { settings: { sample: at } }) }),
    ({ settings }) => Number(settings.get('sample')) || 0,
  )
  const kept = pages[place.at]
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
  const entries = searches.flatMap((search, sample) => (search ? [{ search, urls: itemAt(urls, sample) }] : []))
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
          {entries.length === 0 ? 'Waiting for its turn' : 'Searching'} … {seconds} s{' '}
          <button type="button" onClick={() => void postJson(`${base}/stop`, {}).catch(() => {})}>
            Stop
          </button>
        </p>
      )}
      {done && entries.length > 0 && (
        <p class="again">
          <a href="#/" onClick={() => another(itemAt(entries, 0).search)}>
            Another question about this picture
          </a>
        </p>
      )}
      {kept !== undefined && (
        <p class="crumbs">
          Kept as <a href={kept.slice(1)}>part of a run</a>
        </p>
      )}
      {entries.length > 0 && (
        <SearchView entries={entries} {...place} at={Math.min(place.at, entries.length - 1)} go={go} />
      )}
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
