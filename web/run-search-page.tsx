/** One search of a run, with the other searches of the same problem. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { withHandVerdict } from '../src/protocol/note.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import { itemAt } from '../src/shared/known.ts'
import type { SearchFamily } from '../src/server/api/types.ts'
import { fetchJson, useJson } from './fetch-json.ts'
import type { Loaded } from './fetch-json.ts'
import { ForkList, pageOf, ParentLink } from './fork-links.tsx'
import { currentItems, itemGroup } from './items.ts'
import { ProblemFact } from './facts.tsx'
import { href } from './route.ts'
import { SearchView } from './search-view.tsx'
import { hashesOf, pictureUrls } from './shown-search.ts'
import { entryNotes } from './use-notes.ts'
import { usePlace } from './use-place.ts'
import { useParent } from './use-parent.ts'
import { useRun } from './use-run.ts'

/** Searches of a problem shown together at most. */
const mostTogether = 16

export function RunSearchPage({ name }: { readonly name: string }) {
  const [place, go] = usePlace(
    (at) => ({ path: ['run', name, at] }),
    ({ path }) => Number(path[2]),
  )
  const { at: index, compare } = place
  const { value: details, error: runError, onNotes } = useRun(name)
  const items = details?.items
  const item = items?.[index]
  const current = useMemo(() => currentItems(items ?? []), [items])
  const own = current
    .filter((one) => item !== undefined && itemGroup(one) === itemGroup(item))
    .toSorted((a, b) => a.sampleIndex - b.sampleIndex)
    .map((one) => one.index)
  const group = own.length <= mostTogether ? own : [index]
  // The current search is loaded first.
  const wanted = [index, ...group.filter((at) => at !== index)]
  const { value: known, error } = useSearches(name, details === undefined ? [] : wanted)
  const base = (at: number): string => `api/runs/${encodeURIComponent(name)}/items/${at}`
  const entries = useMemo(
    () =>
      group.flatMap((at) => {
        const search = known?.get(at)
        if (search === undefined) return []
        const { log = '', notes: all } = details ?? {}
        const notes = all && entryNotes({ run: name, log, notes: all, onNotes }, at)
        const entry = {
          at,
          search: withHandVerdict(search, notes?.note),
          urls: pictureUrls(base(at), hashesOf(search)),
          advantage: items?.[at]?.advantage,
          origin: { run: name, index: at },
          notes,
          ...(search.parent && { name: `fork ${search.sampleIndex + 1} at turn ${search.parent.turn}` }),
        }
        return [entry]
      }),
    [known, group.join(), details?.notes],
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
            before
          </button>
          <button
            type="button"
            disabled={items === undefined || index + 1 >= items.length}
            onClick={() => go({ at: index + 1, turn: 0 })}
          >
            after
          </button>
          {group.length > 1 && !compare && (
            <button type="button" onClick={() => go({ compare: true })}>
              all {group.length} side by side
            </button>
          )}
        </span>
      </p>
      {family?.parent && search?.parent && (
        <ParentLink origin={{ ...family.parent, turn: search.parent.turn }} parent={search.parent} />
      )}
      <ForkList
        forks={(family?.forks ?? []).map(({ run, index: at, turn, answer, verdict }) => ({
          href: href(['run', run, at], { compare: 1 }),
          turn,
          outcome: `${answer ?? 'no answer'}${verdict === 'unjudged' ? '' : `, ${verdict}`}`,
        }))}
      />
      <ProblemFact message={runError} />
      <ProblemFact message={error} />
      {shown.length > 0 ? (
        <SearchView
          key={hashesOf(itemAt(shown, chosen).search).join()}
          entries={shown}
          {...place}
          at={chosen}
          price={details?.price}
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

/** Loads searches by index, one after the other, each once. */
function useSearches(name: string, wanted: readonly number[]): Loaded<ReadonlyMap<number, Trajectory>> {
  const [loaded, setLoaded] = useState<Loaded<ReadonlyMap<number, Trajectory>>>({})
  useEffect(() => {
    const gone = new AbortController()
    const load = async (): Promise<void> => {
      for (const at of wanted) {
        if (loaded.value?.has(at)) continue
        const path = `api/runs/${encodeURIComponent(name)}/items/${at}`
        const search = await fetchJson<Trajectory>(path, { signal: gone.signal })
        if (gone.signal.aborted) return
        setLoaded(({ value }) => ({ value: new Map([...(value ?? []), [at, search]]) }))
      }
    }
    load().catch((error: Error) => gone.signal.aborted || setLoaded(({ value }) => ({ value, error: error.message })))
    return () => gone.abort()
  }, [name, wanted.join()])
  return loaded
}
