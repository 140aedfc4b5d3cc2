/** Forks of stored searches: who departs from whom, and what is needed to fork one. */
import { relative } from 'node:path'
import { judgeExact } from '../../judge/exact.ts'
import type { Judge } from '../../judge/judge.ts'
import { judgeNamed } from '../../judge/registry.ts'
import type { NamedJudge } from '../../judge/registry.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { FoundRun } from '../../runs/find-runs.ts'
import { departsFrom, forkCommand, forksFolder, forksName, isParent, searchedRun } from '../../runs/forks.ts'
import type { RunPlace } from '../../runs/forks.ts'
import { fieldsOf } from '../../shared/fields.ts'
import { shellWord } from '../../shared/shell-word.ts'
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
    for (const entry of holder.index.entries) {
      const one = entry.kept.item
      if (one.problem !== item?.problem) continue
      const isFork = one.parent && item && departsFrom(one.parent, holder.run, run) && isParent(one.parent, item)
      if (one.parent && isFork) {
        const { turn, changed } = one.parent
        const { sampleIndex, policy, answer, verdict } = one
        const { startedMs } = (await holder.index.read(entry).catch(() => undefined)) ?? {}
        const began = startedMs !== undefined && { startedMs }
        rows.push({ run: name, index: one.index, sampleIndex, turn, changed, ...began, policy, answer, verdict })
      }
      if (search.parent && departsFrom(search.parent, run, holder.run) && isParent(search.parent, one))
        parent = { run: name, index: one.index }
    }
  }
  return { ...(parent && { parent }), forks: rows }
}

/** The judge of the run that was searched. */
function judgeOfRun(run: RunPlace): NamedJudge | undefined {
  const name = fieldsOf(searchedRun(run).settings['judge'])?.['name']
  return typeof name === 'string' ? judgeNamed(name) : undefined
}

/** The name of the judge of the forks of a run. */
export function forkJudgeName(run: RunPlace): string {
  const { kindName = 'exact', kind } = judgeOfRun(run) ?? {}
  return kind?.judge === undefined ? 'exact' : kindName
}

/**
 * The judge of the forks of a run: that of the run; where that asks a model, exact match, whose verdicts say so and name the command that
 * asks it. Nothing is sent to a model, and paid for, that nobody asked for.
 */
export function judgeOf(run: RunPlace): Judge {
  const named = judgeOfRun(run)
  if (named === undefined) return judgeExact
  if (named.kind.judge !== undefined) return named.kind.judge
  const name = `${named.kindName}:${named.model ?? ''}`
  const forks = relative(process.cwd(), forksFolder(run)) || '.'
  const server = named.kind.modelAt === 'server' ? ' --judge-base-url <url>' : ''
  const again = `mini-o3 judge ${shellWord(forks)} --judge ${shellWord(name)}${server}`
  const note = `by exact match: ${name}, which judged the run, was not asked; to ask it: ${again}`
  return (problem, answer) => {
    const { reason, ...verdict } = judgeExact(problem, answer)
    return { ...verdict, reason: `${reason}, ${note}` }
  }
}
