/**
 * Problems whose results are correlated, so that intervals and tests treat them as one unit: problems that share a picture, and the forms
 * of one question that is asked several times with permuted choices. Pure.
 */
import type { Slices } from '../../benchmark/entry.ts'
import { itemAt } from '../../shared/known.ts'
import type { Outcome } from './outcome.ts'

/** What an interval is computed over. */
export type UnitKind = 'problems' | 'questions' | 'pictures'

interface Linked {
  readonly slices: Slices
  readonly outcomes: readonly Pick<Outcome, 'picture'>[]
}

/**
 * The problems by cluster, in order of appearance; each is a cluster of its own if nothing links it to another. If all of them are linked,
 * as for questions about a single picture, each is on its own too: nothing can be said about other pictures, but about other questions.
 */
export function clustersOf<P extends Linked>(problems: readonly P[]): P[][] {
  const clusters = linked(problems, (problem) => [...questionOf(problem), ...picturesOf(problem)])
  return clusters.length > 1 ? clusters : problems.map((problem) => [problem])
}

/** What clusters join, for the words around an interval. */
export function unitKindOf(problems: readonly Linked[], clusters: number): UnitKind {
  if (clusters === problems.length) return 'problems'
  return linked(problems, questionOf).length === clusters ? 'questions' : 'pictures'
}

/** Joins items that share a link, directly or through others. */
function linked<T>(items: readonly T[], linksOf: (item: T) => readonly string[]): T[][] {
  const leaders = Int32Array.from(items, (_, index) => index)
  const leaderOf = (index: number): number => {
    let at = index
    while (itemAt(leaders, at) !== at) at = leaders[at] = itemAt(leaders, itemAt(leaders, at))
    return at
  }
  const first = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    for (const link of linksOf(item)) {
      const other = leaderOf(first.get(link) ?? index)
      const own = leaderOf(index)
      leaders[Math.max(own, other)] = Math.min(own, other)
      first.set(link, other)
    }
  }
  const clusters = new Map<number, T[]>()
  for (const [index, item] of items.entries()) {
    const leader = leaderOf(index)
    const cluster = clusters.get(leader)
    if (cluster === undefined) clusters.set(leader, [item])
    else cluster.push(item)
  }
  return [...clusters.values()]
}

function questionOf({ slices }: Linked): string[] {
  return slices['question'] === undefined ? [] : [`question ${slices['question']}`]
}

/** Hashes of the pictures; a question about several is linked by each. */
function picturesOf({ outcomes }: Linked): string[] {
  return outcomes[0]?.picture.split(' ') ?? []
}
