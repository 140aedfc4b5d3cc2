/** One run: its scores and curves, and its searches with filters. */
import { useState } from 'preact/hooks'
import type { ChartRow, ItemRow, RunDetails, Scores } from '../src/server/api-types.ts'
import { endWords } from '../src/page/step.ts'
import { ItemsTable } from './items-table.tsx'
import { href } from './route.ts'
import { useRun } from './use-run.ts'

export function RunPage({ name }: { readonly name: string }) {
  const { value: details, error } = useRun(name)
  return (
    <section class="run" aria-label={`Run ${name}`}>
      <p class="crumbs">
        <a href={href(['runs'])}>Runs</a> / {name}
      </p>
      {error !== undefined && (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
      {details === undefined ? error === undefined && <p role="status">Loading …</p> : <Details details={details} />}
    </section>
  )
}

function Details({ details }: { readonly details: RunDetails }) {
  const { run, settings, items, scores, charts, unreadable } = details
  const [filter, setFilter] = useState<Filter>({})
  const shown = items.filter((item) => matches(item, filter))
  return (
    <>
      <h2>
        {run.name} <small>{run.command}</small> {run.live && <span class="live-mark">running</span>}
      </h2>
      {scores && <ScoresLine scores={scores} />}
      {unreadable > 0 && <p class="problem">{unreadable} lines of the log are no searches of this version.</p>}
      {charts.length > 0 && (
        <div class="charts">
          {charts.map((chart) => (
            <ChartFigure key={chart.id} run={run.name} chart={chart} version={`${details.total}-${run.changedMs}`} />
          ))}
        </div>
      )}
      <details class="settings">
        <summary>Settings</summary>
        <pre>{JSON.stringify(settings, null, 2)}</pre>
      </details>
      {items.length > 0 && (
        <>
          <Filters items={items} filter={filter} onFilter={setFilter} shown={shown.length} />
          <ItemsTable key={JSON.stringify(filter)} run={run.name} items={shown} />
        </>
      )}
    </>
  )
}

function ScoresLine({ scores }: { readonly scores: Scores }) {
  const percent = (share: number): string => (share * 100).toFixed(1)
  const { problems, samples, avgAtK, low, high, meanTurns } = scores
  return (
    <dl class="scores">
      <div>
        <dt>Avg@{samples}</dt>
        <dd>
          {percent(avgAtK)}
          <small>
            {' '}
            {percent(low)}–{percent(high)}
          </small>
        </dd>
      </div>
      <div>
        <dt>Problems</dt>
        <dd>{problems}</dd>
      </div>
      <div>
        <dt>Mean turns</dt>
        <dd>{meanTurns.toFixed(1)}</dd>
      </div>
    </dl>
  )
}

function ChartFigure({
  run,
  chart,
  version,
}: {
  readonly run: string
  readonly chart: ChartRow
  readonly version: string
}) {
  const path = `api/runs/${encodeURIComponent(run)}/charts/${encodeURIComponent(chart.id)}`
  return (
    <figure>
      <img
        src={`${path}?v=${encodeURIComponent(version)}`}
        width={720}
        height={446}
        loading="lazy"
        alt={chart.summary}
      />
    </figure>
  )
}

interface Filter {
  readonly level?: string
  readonly verdict?: string
  readonly end?: string
  readonly words?: string
}

function matches(item: ItemRow, { level, verdict, end, words }: Filter): boolean {
  if ((level && item.level !== level) || (verdict && item.verdict !== verdict) || (end && item.end !== end))
    return false
  if (!words) return true
  return `${item.problem} ${item.question} ${item.answer ?? ''}`.toLowerCase().includes(words.toLowerCase())
}

interface FiltersProps {
  readonly items: readonly ItemRow[]
  readonly filter: Filter
  readonly shown: number
  readonly onFilter: (filter: Filter) => void
}

function Filters({ items, filter, shown, onFilter }: FiltersProps) {
  const choices = [
    ['level', 'Level', (item: ItemRow) => item.level],
    ['verdict', 'Verdict', (item: ItemRow) => item.verdict],
    ['end', 'End', (item: ItemRow) => item.end],
  ] as const
  return (
    <div class="filters" role="search" aria-label="Filter the searches">
      {choices.map(([name, title, of]) => {
        const values = [...new Set(items.map(of))].filter((value) => value !== undefined).toSorted()
        if (values.length < 2 && !filter[name]) return null
        return (
          <label key={name}>
            <span>{title}</span>
            <select
              value={filter[name] ?? ''}
              onChange={(event) => onFilter({ ...filter, [name]: event.currentTarget.value || undefined })}
            >
              <option value="">all</option>
              {values.map((value) => (
                <option key={value} value={value}>
                  {name === 'end' ? endWords[value as keyof typeof endWords] : value}
                </option>
              ))}
            </select>
          </label>
        )
      })}
      <label>
        <span>Words</span>
        <input
          type="search"
          value={filter.words ?? ''}
          onInput={(event) => onFilter({ ...filter, words: event.currentTarget.value })}
        />
      </label>
      <output>
        {shown} of {items.length} searches
      </output>
    </div>
  )
}
