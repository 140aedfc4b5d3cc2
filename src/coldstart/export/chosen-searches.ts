/** Chooses the searches of a run that are exported. */
import { withHandVerdict } from '../../protocol/note.ts'
import { countedReasons, whyNotRight } from '../../protocol/left-out.ts'
import type { LeftOutCounts } from '../../protocol/left-out.ts'
import { answeredPlainly } from '../../protocol/trajectory.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { Settings } from '../../runs/configuration.ts'
import { readLog } from '../../runs/log.ts'
import { readCorrections } from '../../runs/notes.ts'
import { keyOf, searchLog } from '../../runs/searches.ts'

export interface ChoiceRules {
  /** Takes every search that did not fail, not only those with the right answer within their limits. */
  readonly all: boolean
  /** The searches that match the filter, from how they are stored; default: all. */
  readonly matches?: ((search: Trajectory) => boolean) | undefined
  /** Of a collection: the keys of its set, which leaves out some right searches. */
  readonly set?: { has(key: string): boolean } | undefined
  /** Takes only answers in the form that was asked for, from which `mini-o3 sft` learns. */
  readonly learnable?: boolean | undefined
  /** Leaves out verdicts that were corrected by hand; otherwise they decide, and are exported. */
  readonly asJudged?: boolean | undefined
}

export interface ChosenSearches {
  readonly searches: readonly Trajectory[]
  /** Number of searches that match and are left out, by reason. */
  readonly leftOut: LeftOutCounts
  /** Number of searches that match, exported or not, and of all. */
  readonly matched: number
  readonly of: number
}

/** If a search was repeated, the last line counts. */
export async function readChosenSearches(path: string, rules: ChoiceRules): Promise<ChosenSearches> {
  const { matches = () => true, asJudged = false } = rules
  const corrections = await readCorrections(path, asJudged)
  /** `undefined` for those that do not match, the reason for those that do and are left out. */
  const byKey = new Map<string, Trajectory | string | undefined>()
  for await (const trajectory of readLog(path, searchLog)) {
    const search = withHandVerdict(trajectory, corrections.of({ trajectory }))
    byKey.set(nameIn(search), matches(trajectory) ? (whyLeftOut(search, rules) ?? search) : undefined)
  }
  const matching = [...byKey.values()].filter((one) => one !== undefined)
  const searches = matching.filter((one) => typeof one !== 'string')
  const leftOut = countedReasons(matching.filter((one) => typeof one === 'string'))
  return { searches, leftOut, matched: matching.length, of: byKey.size }
}

/** On a server, the searches of every ask are counted from 0. */
function nameIn(search: Trajectory): string {
  return `${search.ask ?? ''} ${keyOf(search)}`
}

function whyLeftOut(search: Trajectory, { all, set, learnable }: ChoiceRules): string | undefined {
  const { end, answer, turns, verdict } = search
  if (all) return end === 'failed' ? 'failed' : turns.length === 0 ? 'no turn' : undefined
  const why = whyNotRight({ end, answer, verdict: verdict?.kind ?? 'unjudged' })
  if (why !== undefined) return why
  if (set && !set.has(keyOf(search))) return 'not in the set of its collection'
  return learnable && answeredPlainly(search) ? 'answered in plain prose' : undefined
}

/** Searches of one run. */
export interface SearchesOfRun {
  readonly path: string
  /** Its stored configuration. */
  readonly settings: Settings
  readonly searches: readonly Trajectory[]
}

/** Searches of several runs that have the same name get other numbers. */
export function withOwnNames<Run extends SearchesOfRun>(runs: readonly Run[]): Run[] {
  const taken = new Set<string>()
  /** By name: the number from which on a further search of that name looks for a free one. */
  const next = new Map<string, number>()
  const named = (search: Trajectory): Trajectory => {
    const key = keyOf(search)
    let own = { ...search, sampleIndex: next.get(key) ?? search.sampleIndex }
    while (taken.has(keyOf(own))) own = { ...own, sampleIndex: own.sampleIndex + 1 }
    taken.add(keyOf(own))
    next.set(key, own.sampleIndex + 1)
    return own
  }
  return runs.map((run) => ({ ...run, searches: run.searches.map(named) }))
}
