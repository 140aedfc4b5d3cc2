/** Chooses the searches of a run that are exported. */
import { withHandVerdict } from '../../protocol/note.ts'
import { completed } from '../../protocol/trajectory.ts'
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
  /** Leaves out verdicts that were corrected by hand; otherwise they decide, and are exported. */
  readonly asJudged?: boolean | undefined
}

export interface ChosenSearches {
  readonly searches: readonly Trajectory[]
  /** Number of searches that match, exported or not, and of all. */
  readonly matched: number
  readonly of: number
}

/** If a search was repeated, the last line counts. */
export async function readChosenSearches(
  path: string,
  { all, matches = () => true, asJudged = false }: ChoiceRules,
): Promise<ChosenSearches> {
  const corrections = await readCorrections(path, asJudged)
  /** `undefined` for those that do not match, false for those that do and are not exported. */
  const byKey = new Map<string, Trajectory | false | undefined>()
  for await (const trajectory of readLog(path, searchLog)) {
    const search = withHandVerdict(trajectory, corrections.of({ trajectory }))
    byKey.set(nameIn(search), matches(trajectory) ? isWanted(search, all) && search : undefined)
  }
  const matching = [...byKey.values()].filter((one) => one !== undefined)
  return { searches: matching.filter((one) => one !== false), matched: matching.length, of: byKey.size }
}

/** On a server, the searches of every ask are counted from 0. */
function nameIn(search: Trajectory): string {
  return `${search.ask ?? ''} ${keyOf(search)}`
}

function isWanted({ end, turns, verdict }: Trajectory, all: boolean): boolean {
  return all ? end !== 'failed' && turns.length > 0 : verdict?.kind === 'correct' && completed(end)
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
  const named = (search: Trajectory): Trajectory => {
    let own = search
    while (taken.has(keyOf(own))) own = { ...own, sampleIndex: own.sampleIndex + 1 }
    taken.add(keyOf(own))
    return own
  }
  return runs.map((run) => ({ ...run, searches: run.searches.map(named) }))
}
