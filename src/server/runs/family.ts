/** Forks of stored searches: who departs from whom, and what is needed to fork one. */
import { judgeExact } from '../../judge/exact.ts'
import type { Judge } from '../../judge/judge.ts'
import { judgeNamed } from '../../judge/registry.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { FoundRun } from '../../runs/find-runs.ts'
import { forkCommand, forksName, isParent, runNameOf, searchedRun } from '../../runs/forks.ts'
import { fieldsOf } from '../../shared/fields.ts'
import type { SearchFamily, StoredFork } from '../api/one-search.ts'
import type { RunIndex } from './items.ts'

export interface OpenedRun {
  readonly run: FoundRun
  readonly index: RunIndex
}

/** The name of the run with the forks of a run. */
export function forksNameOf({ name, settings }: FoundRun): string {
  if (settings['command'] === forkCommand) return name
  return name === '.' ? forksName : `${name}/${forksName}`
}

/** The parent of a search, and its forks. `open`: undefined for a run that is not there. */
export async function relativesOf(
  { run, index }: OpenedRun,
  search: Trajectory,
  at: number,
  open: (name: string) => Promise<OpenedRun | undefined>,
): Promise<SearchFamily> {
  const item = index.entries[at]?.kept.item
  const forks = forksNameOf(run)
  const holders = new Map([[run.name, { run, index } satisfies OpenedRun]])
  const others = forks === run.name ? [forks.split('/').slice(0, -1).join('/') || '.'] : [forks]
  for (const name of others) {
    const opened = await open(name)
    if (opened) holders.set(name, opened)
  }
  const rows: StoredFork[] = []
  let parent: SearchFamily['parent']
  for (const [name, holder] of holders) {
    for (const { kept } of holder.index.entries) {
      const one = kept.item
      if (one.problem !== item?.problem) continue
      if (one.parent && isParent(one.parent, runNameOf(run), item) && departsHere(name, one.parent.run)) {
        const { turn } = one.parent
        rows.push({ run: name, index: one.index, turn, policy: one.policy, answer: one.answer, verdict: one.verdict })
      }
      if (search.parent && isParent(search.parent, runNameOf(holder.run), one)) parent = { run: name, index: one.index }
    }
  }
  return { ...(parent && { parent }), forks: rows }

  /** The forks of asks are in the same run, and name none. */
  function departsHere(holder: string, named: string | undefined): boolean {
    return named !== undefined || holder === run.name
  }
}

/** The judge of a run, if it needs no model; otherwise exact match. */
export function judgeOf(run: FoundRun): Judge {
  const name = fieldsOf(searchedRun(run).settings['judge'])?.['name']
  return (typeof name === 'string' ? judgeNamed(name)?.kind.judge : undefined) ?? judgeExact
}
