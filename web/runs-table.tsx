/** Runs as a tree in a table that sorts and filters; some of them can be chosen, to be compared. */
import { useLayoutEffect, useMemo, useState } from 'preact/hooks'
import type { RunRow } from '../src/server/api/types.ts'
import { href, replaceAddress, sortOf, sortText, useSetting } from './route.ts'
import { runColumns, stateWords } from './run-columns.tsx'
import { runTree } from './run-tree.ts'
import type { ListedRun, RunNode } from './run-tree.ts'
import { useSummaries } from './use-summaries.ts'
import { VirtualTable } from './virtual-table.tsx'
import type { Column } from './virtual-table.tsx'
import { keysOf } from '../src/shared/fields.ts'

interface Props {
  readonly runs: readonly RunRow[]
  readonly chosen: readonly string[]
  readonly choose: (name: string) => void
  /** What is looked for in all runs, for the address. */
  readonly find: string
}

export function RunsTable({ runs, chosen, choose, find }: Props) {
  const [words, setWords] = useSetting((settings) => settings.get('words') ?? '')
  const [state, setState] = useSetting((settings) => settings.get('state') ?? '')
  const [sort, setSort] = useSetting(sortOf)
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const own = {
    ...(find && { find }),
    ...(words && { words }),
    ...(state && { state }),
    ...(sort && { sort: sortText(sort) }),
  }
  useLayoutEffect(() => replaceAddress(['runs'], own), [JSON.stringify(own)])
  const summaries = useSummaries(runs)
  const listed = useMemo(
    () => runs.map((run): ListedRun => ({ ...run, summary: summaries.get(run.name) })),
    [runs, summaries],
  )
  const sortBy = sort && keyOfColumn(sort.name)
  const nodes = useMemo(
    () => runTree(listed, { words, state, sort, by: sortBy, closed }),
    [listed, words, state, sort, closed],
  )
  const turn = (name: string): void =>
    setClosed((before) => new Set(before.has(name) ? [...before].filter((one) => one !== name) : [...before, name]))
  const states = keysOf(stateWords).filter((one) => one !== 'unknown' && runs.some((run) => run.state === one))
  const shownRuns = nodes.reduce((sum, { run, inside }) => sum + 1 + (closed.has(run.name) ? inside : 0), 0)
  return (
    <>
      <div class="filters" role="search" aria-label="Filter the runs">
        <label>
          <span>Words</span>
          <input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        </label>
        {(states.length > 1 || state !== '') && (
          <label>
            <span>State</span>
            <select value={state} onChange={(event) => setState(event.currentTarget.value)}>
              <option value="">all</option>
              {states.map((one) => (
                <option key={one} value={one}>
                  {stateWords[one]}
                </option>
              ))}
            </select>
          </label>
        )}
        <output>
          {shownRuns} of {runs.length} runs
        </output>
      </div>
      {nodes.length === 0 ? (
        <p role="status">No run matches.</p>
      ) : (
        <VirtualTable
          label="Runs"
          columns={columnsOf(listed, { chosen, choose, closed, turn })}
          rows={nodes}
          keyOf={({ run }) => run.name}
          hrefOf={({ run }) => href(['run', run.name])}
          sort={sort}
          onSort={setSort}
          from={`${words} ${state}`}
        />
      )}
    </>
  )
}

interface Handles extends Pick<Props, 'chosen' | 'choose'> {
  readonly closed: ReadonlySet<string>
  /** Opens or closes a run that has others inside. */
  readonly turn: (name: string) => void
}

function columnsOf(runs: readonly ListedRun[], { chosen, choose, closed, turn }: Handles): Column<RunNode>[] {
  const used = runColumns.filter(({ text }) => runs.some((run) => text(run) !== ''))
  return [
    {
      name: 'name',
      title: 'Run',
      by: ({ run }) => run.name,
      hint: ({ run }) => run.name,
      before: ({ run, depth, inside }) => (
        <span class="choose" style={{ paddingLeft: `${depth * 20}px` }}>
          <input
            type="checkbox"
            aria-label={`Compare ${run.name}`}
            disabled={run.state === 'unreadable' || (run.bytes === 0 && !hasCurves(run))}
            checked={chosen.includes(run.name)}
            onChange={() => choose(run.name)}
          />
          {inside > 0 && (
            <button
              type="button"
              class="plain"
              aria-expanded={!closed.has(run.name)}
              aria-label={`Runs inside ${run.name}`}
              onClick={() => turn(run.name)}
            >
              {closed.has(run.name) ? '▸' : '▾'}
            </button>
          )}
        </span>
      ),
      cell: ({ shortName, inside, run }) => (
        <>
          {shortName}
          {closed.has(run.name) && <small> {inside} inside</small>}
        </>
      ),
    },
    ...used.map(({ name, title, text, by = text, cell = text, hint, numbers }): Column<RunNode> => ({
      name,
      title,
      by: ({ run }) => by(run),
      cell: ({ run }) => cell(run),
      ...(hint && { hint: ({ run }) => hint(run) }),
      ...(numbers && { numbers }),
    })),
  ]
}

/** Runs of sft and rl may have curves without a log of searches. */
function hasCurves({ command }: ListedRun): boolean {
  return command === 'sft' || command === 'rl'
}

function keyOfColumn(name: string): ((run: ListedRun) => number | string) | undefined {
  if (name === 'name') return (run) => run.name
  const column = runColumns.find((one) => one.name === name)
  return column && (column.by ?? ((run) => column.text(run)))
}
