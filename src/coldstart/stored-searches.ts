/** Reads the stored searches of a collection: kept, pending and finished ones. */
import { answeredPlainly, completed } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { keyOf, pendingLog } from '../runs/searches.ts'
import type { Searched } from '../runs/searches.ts'
import { configurations, readSettings } from '../runs/configuration.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { labelsOf, patternsOf } from './patterns.ts'
import type { SelectionRules } from './selection.ts'

export function remember(trajectory: Trajectory, position: number | undefined): Searched {
  const { problem, sampleIndex, end, turns, verdict, failure } = trajectory
  const { dataSource, docId, level } = problem
  // Searches to learn from must contain a properly formatted answer.
  const kept = verdict?.kind === 'correct' && completed(end) && !answeredPlainly(trajectory)
  const labels = labelsOf(patternsOf(trajectory))
  return { dataSource, docId, sampleIndex, level, end, turns: turns.length, kept, labels, position, failure }
}

/** The searches without a verdict, each once; `done`: keys of those with a verdict. */
export async function* readPending(
  run: Pick<RunFolder, 'read'>,
  done: Iterable<string>,
): AsyncGenerator<Trajectory, void> {
  const seen = new Set(done)
  for await (const trajectory of run.read(pendingLog)) {
    const key = keyOf(trajectory)
    if (!seen.has(key)) yield trajectory
    seen.add(key)
  }
}

/** Reads the rules of the set from the settings of the run. */
export async function readRules(run: Pick<RunFolder, 'path'>): Promise<SelectionRules> {
  return (await readSettings(run.path, configurations.collect.pick({ selection: true }))).selection ?? {}
}
