/** One run: scores, curves and a filterable list of searches, updated live. */
import { useLayoutEffect, useMemo, useState } from 'preact/hooks'
import { filterText } from '../src/protocol/filter/clauses.ts'
import type { FilterContext } from '../src/protocol/filter/fields.ts'
import { thoughtWords } from '../src/protocol/filter/matcher.ts'
import type { RunData, RunDetails, RunFigures, RunState } from '../src/server/api/types.ts'
import { Facts, ProblemFact } from './facts.tsx'
import type { Fact } from './facts.tsx'
import { ItemFilters } from './item-filters.tsx'
import { itemFilter } from './item-filter.ts'
import { digest, pickRows } from './item-pass.ts'
import { itemSortKey } from './item-columns.tsx'
import { ItemsTable } from './items-table.tsx'
import { JobAxis } from './job-axis.tsx'
import { MakeSet } from './make-set.tsx'
import { href, replaceAddress, sortOf, sortText, useRoute, useSetting } from './route.ts'
import { RunCharts } from './run-charts.tsx'
import { useSliced } from './slices.ts'
import { useFigures, useRun } from './use-run.ts'
import { useThoughts } from './use-thoughts.ts'
import type { Thoughts } from './use-thoughts.ts'
import { isPart } from '../src/shared/job.ts'
import { counted, percent } from '../src/shared/numbers.ts'

export function RunPage({ name }: { readonly name: string }) {
  const { value: details, error } = useRun(name)
  return (
    <section class="run" aria-label={`Run ${name}`}>
      <p class="crumbs">
        <a href={href(['runs'])}>Runs</a> / {name}
      </p>
      <ProblemFact message={error} />
      {details === undefined ? error === undefined && <p role="status">Loading …</p> : <LiveRun details={details} />}
    </section>
  )
}

function LiveRun({ details }: { readonly details: RunDetails }) {
  const { value: figures, error } = useFigures(details)
  return (
    <>
      <ProblemFact message={error} />
      <Details details={details} figures={figures} />
    </>
  )
}

interface DetailsProps {
  readonly details: RunDetails
  readonly figures: RunFigures | undefined
  /** For a run opened from a file: links to the pages of its searches, by index. */
  readonly pages?: RunData['pages'] | undefined
  readonly only?: RunData['only'] | undefined
}

export function Details({ details, figures, pages, only }: DetailsProps) {
  const { run, settings, items, unreadable } = details
  const isPartly = run.progress !== undefined && isPart(run.progress)
  return (
    <>
      <h2>
        {run.name} <small>{run.command}</small> {run.live && <span class="live-mark">running</span>}
      </h2>
      {only && (
        <p>
          Only {details.total} of {counted(only.of, 'search', 'searches')}: <code>{only.where}</code>. Scores and
          reasons are of these.
        </p>
      )}
      {pages === undefined && <JobAxis run={run} />}
      {figures && <Facts facts={headOf(figures, isPartly)} />}
      {figures?.scores && isPartly && (
        <p class="note">Searches with few turns end first, so the score so far may be far from the final one.</p>
      )}
      {unreadable > 0 && (
        <p class="problem">
          {unreadable === 1 ? 'One line of the log is not a search' : `${unreadable} lines of the log are not searches`}{' '}
          of this version; {unreadable === 1 ? 'it is' : 'they are'} left out.
        </p>
      )}
      <ProblemFact message={notesProblem(details)} />
      {figures && figures.charts.length > 0 && (
        <RunCharts
          base={`api/runs/${encodeURIComponent(run.name)}/charts`}
          charts={figures.charts}
          version={`${details.total}-${run.changedMs}`}
        />
      )}
      {figures && figures.reasons.length > 0 && <Reasons run={run.name} reasons={figures.reasons} pages={pages} />}
      <details class="settings">
        <summary>Settings</summary>
        <pre>{JSON.stringify(settings, null, 2)}</pre>
      </details>
      {items.length > 0 ? (
        <Searches details={details} pages={pages} only={only} />
      ) : (
        <p role="status">{noSearches(details)}</p>
      )}
    </>
  )
}

interface ReasonsProps extends Pick<RunFigures, 'reasons'>, Pick<DetailsProps, 'pages'> {
  readonly run: string
}

/** Why searches have no answer that counts, each with a search to look at. */
function Reasons({ run, reasons, pages }: ReasonsProps) {
  return (
    <div class="table reasons">
      <table aria-label="What went wrong">
        <thead>
          <tr>
            <th scope="col">What went wrong</th>
            <th scope="col" class="number">
              Searches
            </th>
            <th scope="col">Example</th>
          </tr>
        </thead>
        <tbody>
          {reasons.map(({ text, count, index }) => {
            const address = pages ? pages[index] : href(['run', run, index])
            return (
              <tr key={text}>
                <td>{text}</td>
                <td class="number">{count}</td>
                <td>{address !== undefined && <a href={address}>open</a>}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

/** What is wrong with the notes of a run. */
function notesProblem({ notes }: RunDetails): string | undefined {
  const { lost = 0, unreadable = 0 } = notes ?? {}
  const texts = [
    lost > 0 && `${counted(lost, 'note is', 'notes are')} about searches that the run no longer contains.`,
    unreadable > 0 && `${counted(unreadable, 'line', 'lines')} of its notes cannot be read.`,
  ]
  return texts.filter(Boolean).join(' ') || undefined
}

const endedEarly: ReadonlySet<RunState> = new Set(['interrupted', 'failed'])

function noSearches({ run }: RunDetails): string {
  return run.live
    ? 'No searches yet; they appear here as they end.'
    : `This run has no searches.${endedEarly.has(run.state) ? ' It ended before the first one: repeat its command to resume.' : ''}`
}

/** A part of the searches is no sample of all of them, so that its score has neither K nor an interval. */
function headOf({ scores, latest }: RunFigures, isPartly: boolean): Fact[] {
  if (scores === null) return [...latest]
  const { problems, searches, samples, avgAtK, low, high, passAtK, meanTurns, corrected } = scores
  const average = { title: `Avg@${samples}, %`, text: percent(avgAtK), more: `${percent(low)}–${percent(high)}` }
  const soFar = {
    title: 'Right so far, %',
    text: percent(avgAtK),
    more: `of ${counted(searches, 'search', 'searches')}`,
  }
  return [
    isPartly ? soFar : average,
    ...(samples > 1 && !isPartly ? [{ title: `Pass@${samples}, %`, text: percent(passAtK) }] : []),
    { title: 'Problems', text: problems },
    { title: 'Mean turns', text: meanTurns.toFixed(1) },
    ...(corrected > 0 ? [{ title: 'Verdicts corrected by hand', text: corrected }] : []),
    ...latest,
  ]
}

/** Of a page that only has some searches, what they match, too. */
function bothText(only: string | undefined, where: string): string {
  if (only === undefined || only === '') return where
  return where === '' ? only : `(${only}) and (${where})`
}

function Searches({ details, pages, only }: Pick<DetailsProps, 'details' | 'pages' | 'only'>) {
  const { run } = details
  const route = useRoute()
  const [filter, setFilter] = useState(() => itemFilter(route.settings.get('where') ?? ''))
  const [sort, setSort] = useSetting(sortOf)
  const [whole, setWhole] = useSetting((settings) => settings.get('rows') === 'problems')
  // See `usePlace`.
  useLayoutEffect(() => {
    setFilter((before) => {
      const text = route.settings.get('where') ?? ''
      return text === before.text ? before : itemFilter(text)
    })
  }, [route])
  const own = {
    ...(filter.text !== '' && { where: filter.text }),
    ...(sort && { sort: sortText(sort) }),
    ...(whole && { rows: 'problems' }),
  }
  const from = JSON.stringify({ where: filterText(filter.node), whole })
  useLayoutEffect(() => replaceAddress(['run', run.name], own), [run.name, JSON.stringify(own)])
  const words = useMemo(() => thoughtWords(filter.node), [filter.node])
  const thoughts = useThoughts(details, words, pages === undefined)
  const context = useMemo((): FilterContext => {
    const { benchmark } = details.settings
    return {
      // As on the command line, which does not know the folder of the runs.
      run: run.name.slice(run.name.lastIndexOf('/') + 1),
      benchmark: typeof benchmark === 'string' ? benchmark : undefined,
      inThoughts: ({ index }, one) => thoughts.has(index, one),
    }
  }, [run.name, thoughts.has])
  const known = useSliced(() => digest(details.items, context), run.name, details.items)
  const order = { by: sort && itemSortKey(sort.name, whole), down: sort?.down === true }
  const asked = useMemo(() => ({ known, context }), [known, context])
  const picked = useSliced(
    () => pickRows(known, { filter, context, whole, ...order }),
    JSON.stringify([run.name, from, sort ?? null, known === undefined]),
    asked,
  )
  if (known === undefined || picked === undefined) return <p role="status">Loading …</p>
  const { rows } = picked
  const groups = known.fields.has('ask') ? 'ask' : 'problem'
  const all = picked.whole ? known.groups : known.items.length
  return (
    <>
      <ItemFilters digest={known} bins={picked.bins} filter={filter} onFilter={setFilter} context={context} />
      <ThoughtsFact words={words} thoughts={thoughts} served={pages === undefined} />
      <div class="over-table">
        {known.groups < known.items.length && (
          <label>
            <input type="checkbox" checked={whole} onChange={() => setWhole(!whole)} /> one row per {groups}
          </label>
        )}
        {rows.length > 0 ? (
          <span class="by-keys">
            <kbd>↑</kbd> <kbd>↓</kbd> choose a row, <kbd>Enter</kbd> opens it
          </span>
        ) : (
          <span role="status">No search matches the filter. Change or clear it.</span>
        )}
        <output>
          {details.read !== undefined && `${percent(details.read, 0)} % of the log is read: `}
          {rows.length} of {all} {picked.whole ? `${groups}s` : 'searches'}
        </output>
      </div>
      {run.command !== 'rl' && run.command !== 'sft' && (
        <MakeSet
          run={run.name}
          where={bothText(only?.where, filterText(filter.node))}
          items={picked.passing}
          served={pages === undefined}
        />
      )}
      <ItemsTable
        run={run.name}
        pages={pages}
        rows={rows}
        fields={known.fields}
        whole={picked.whole}
        sort={sort}
        onSort={setSort}
        from={from}
      />
    </>
  )
}

interface ThoughtsFactProps {
  readonly words: readonly string[]
  readonly thoughts: Thoughts
  readonly served: boolean
}

/** Says where the words of the filter were not looked for (yet). */
function ThoughtsFact({ words, thoughts, served }: ThoughtsFactProps) {
  if (words.length === 0) return null
  if (!served) return <p class="soft">Thoughts are not searched here: this file only has those of single searches.</p>
  if (thoughts.error !== undefined)
    return <ProblemFact message={`The thoughts cannot be searched: ${thoughts.error}`} />
  return thoughts.waiting > 0 ? <p role="status">Searching the thoughts …</p> : null
}
