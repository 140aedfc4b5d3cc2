/** One search of a run, with the other searches of the same problem. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { withHandVerdict } from '../src/protocol/note.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import { itemAt } from '../src/shared/known.ts'
import type { SearchFamily, SearchGroup } from '../src/server/api/one-search.ts'
import type { ItemRow } from '../src/server/api/types.ts'
import { fetchAnswer, useJson } from './fetch-json.ts'
import type { Loaded } from './fetch-json.ts'
import { ForkList, pageOf, ParentLink } from './fork-links.tsx'
import { ProblemFact } from './facts.tsx'
import { href } from './route.ts'
import { SearchView } from './search-view.tsx'
import { hashesOf, pictureUrls } from './shown-search.ts'
import { entryNotes, useRunNotes } from './use-notes.ts'
import { usePlace } from './use-place.ts'
import { useParent } from './use-parent.ts'

export function RunSearchPage({ name }: { readonly name: string }) {
  const [place, go] = usePlace(
    (at) => ({ path: ['run', name, at] }),
    ({ path }) => Number(path[2]),
  )
  const { at: index, compare } = place
  const { group, total, price, error: runError } = useGroup(name, index)
  const noted = useRunNotes(name)
  const item = group.find((one) => one.index === index)
  // The current search is loaded first.
  const wanted = [index, ...group.map((one) => one.index).filter((at) => at !== index)]
  const { value: known, error } = useSearches(name, wanted)
  const base = (at: number): string => `api/runs/${encodeURIComponent(name)}/items/${at}`
  const entries = useMemo(
    () =>
      (item === undefined ? [{ index, advantage: undefined }] : group).flatMap(({ index: at, advantage }) => {
        const search = known?.get(at)
        if (search === undefined) return []
        const notes = noted && entryNotes(noted, at)
        const entry = {
          at,
          search: withHandVerdict(search, notes?.note),
          urls: pictureUrls(base(at), hashesOf(search)),
          advantage,
          origin: { run: name, index: at },
          notes,
          ...(search.parent && { name: `fork ${search.sampleIndex + 1} at turn ${search.parent.turn}` }),
        }
        return [entry]
      }),
    [known, group, index, noted],
  )
  const { value: family } = useJson<SearchFamily>(`${base(index)}/family`)
  const parent = useParent(family?.parent)
  const all = wanted.every((at) => known?.has(at))
  const loaded = all ? entries : entries.filter(({ at }) => at === index)
  // A fork stands beside the search that it departs from.
  const shown = parent && loaded.length > 0 ? [{ ...parent, at: undefined }, ...loaded] : loaded
  const search = known?.get(index)
  const chosen = Math.max(
    0,
    shown.findIndex(({ at }) => at === index),
  )
  return (
    <>
      <p class="crumbs">
        <a href={href(['runs'])}>Runs</a> / <a href={href(['run', name])}>{name}</a> / search {index + 1}
        {item?.ask !== undefined && `, ask ${item.ask} of ${item.policy}`}
        <span class="around">
          <button type="button" disabled={index === 0} onClick={() => go({ at: index - 1, turn: 0 })}>
            previous
          </button>
          <button type="button" disabled={index + 1 >= total} onClick={() => go({ at: index + 1, turn: 0 })}>
            next
          </button>
          {group.length > 1 && !compare && (
            <button type="button" onClick={() => go({ compare: true })}>
              all {group.length} side by side
            </button>
          )}
        </span>
      </p>
      {family && search?.parent && (
        <ParentLink origin={family.parent && { ...family.parent, turn: search.parent.turn }} parent={search.parent} />
      )}
      <ForkList
        forks={(family?.forks ?? []).map(({ run, index: at, sampleIndex, answer, verdict, ...row }) => ({
          ...row,
          href: href(['run', run, at], { compare: 1 }),
          number: sampleIndex + 1,
          outcome: `${answer ?? 'no answer'}${verdict === 'unjudged' ? '' : `, ${verdict}`}`,
        }))}
      />
      <ProblemFact message={error ?? runError} />
      {shown.length > 0 ? (
        <SearchView
          key={hashesOf(itemAt(shown, chosen).search).join()}
          entries={shown}
          {...place}
          at={chosen}
          price={price}
          go={({ at, ...to }) => {
            const next = at === undefined ? index : itemAt(shown, at).at
            if (next === undefined && family?.parent) location.hash = pageOf(family.parent)
            else go(at === undefined ? to : { at: next ?? index, turn: 0 })
          }}
        />
      ) : (
        runError === undefined && error === undefined && <p role="status">Loading …</p>
      )}
    </>
  )
}

const refreshMs = 10_000

/** The searches of the same problem. While those of another index are loaded, those of the last one that has it. */
function useGroup(name: string, index: number) {
  const path = `api/runs/${encodeURIComponent(name)}/items/${index}/group`
  const { value, error } = useJson<SearchGroup>(path, refreshMs)
  const last = useRef<SearchGroup>({ total: 0, items: [] })
  if (value !== undefined) last.current = value
  const { total, items, price } = last.current
  const has = items.some((one) => one.index === index)
  return { total, group: has ? items : none, price, error }
}

const none: readonly ItemRow[] = []

/** Loads searches by index, one after the other, each once. */
function useSearches(name: string, wanted: readonly number[]): Loaded<ReadonlyMap<number, Trajectory>> {
  const [loaded, setLoaded] = useState<Loaded<ReadonlyMap<number, Trajectory>>>({})
  useEffect(() => {
    const gone = new AbortController()
    const fail = (error: string): void => setLoaded(({ value }) => ({ value, error }))
    const load = async (): Promise<void> => {
      for (const at of wanted) {
        if (loaded.value?.has(at)) continue
        const path = `api/runs/${encodeURIComponent(name)}/items/${at}`
        const search = await fetchAnswer<Trajectory>(path, gone.signal, fail)
        if (gone.signal.aborted) return
        setLoaded(({ value }) => ({ value: new Map([...(value ?? []), [at, search]]) }))
      }
    }
    // What could not be loaded before is not wanted any more.
    setLoaded((before) => (before.error === undefined ? before : { value: before.value }))
    load().catch((error: Error) => gone.signal.aborted || fail(error.message))
    return () => gone.abort()
  }, [name, wanted.join()])
  return loaded
}
