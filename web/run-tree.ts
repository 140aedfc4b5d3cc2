/** The list of runs as a tree: runs inside the folder of another, such as the stages of a recipe, follow it. Pure. */
import type { RunRow, RunSummary } from '../src/server/api/types.ts'
import type { Sort } from './virtual-table.tsx'
import { sorted } from './sorting.ts'
import type { SortKey } from './sorting.ts'

/** A run with what is known from its logs, if they have been read. */
export interface ListedRun extends RunRow {
  readonly summary: RunSummary | undefined
}

export interface RunNode {
  readonly run: ListedRun
  /** How many runs it is inside of. */
  readonly depth: number
  /** Its name inside the run above it. */
  readonly shortName: string
  /** Number of runs inside it, at any depth. */
  readonly inside: number
}

export interface TreeWish {
  /** Shows a run if its texts contain each of these words; the runs that it is inside of are shown with it. */
  readonly words: string
  readonly state: string
  readonly sort: Sort | undefined
  /** Sort key of the column of `sort`. */
  readonly by: ((run: ListedRun) => SortKey) | undefined
  /** Names of the runs whose inner runs are hidden. */
  readonly closed: ReadonlySet<string>
}

/** Siblings are in the order of `runs`, or of `sort`. */
export function runTree(runs: readonly ListedRun[], { words, state, sort, by, closed }: TreeWish): readonly RunNode[] {
  const names = new Set(runs.map(({ name }) => name))
  const shown = new Set<string>()
  const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean)
  for (const run of runs) {
    const text = textOf(run)
    if ((state !== '' && run.state !== state) || !wanted.every((word) => text.includes(word))) continue
    for (let name: string | undefined = run.name; name !== undefined; name = parentOf(name, names)) shown.add(name)
  }
  const children = new Map<string | undefined, ListedRun[]>()
  for (const run of sort && by ? sorted(runs, by, sort.down) : runs) {
    if (!shown.has(run.name)) continue
    const parent = parentOf(run.name, names)
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [run])
    else siblings.push(run)
  }
  const nodesBelow = (parent: string | undefined, depth: number): RunNode[] =>
    (children.get(parent) ?? []).flatMap((run) => {
      const below = nodesBelow(run.name, depth + 1)
      const shortName = parent === undefined || parent === '.' ? run.name : run.name.slice(parent.length + 1)
      return [{ run, depth, shortName, inside: below.length }, ...(closed.has(run.name) ? [] : below)]
    })
  return nodesBelow(undefined, 0)
}

/** The run whose folder contains this one, if it is listed. */
function parentOf(name: string, names: ReadonlySet<string>): string | undefined {
  for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
    const folder = name.slice(0, end)
    if (names.has(folder)) return folder
  }
  return name !== '.' && names.has('.') ? '.' : undefined
}

function textOf({ name, command, policy, benchmark, data, profile, question, state, summary }: ListedRun): string {
  const own = [name, command, policy, benchmark, data, profile, question, state]
  return [...own, ...(summary?.questions ?? []), ...(summary?.policies ?? [])].join(' ').toLowerCase()
}
