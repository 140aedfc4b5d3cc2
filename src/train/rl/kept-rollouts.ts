/** Selects the training searches that are stored for inspection. */
import { rolloutLog } from '../../runs/searches.ts'
import type { RolloutLine } from '../../runs/searches.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { itemAt } from '../../shared/known.ts'
import type { RolloutGroup } from './rollout.ts'

/** Problems of a step whose searches are kept, and steps that are kept of a whole run: more would only fill the disk. */
const problemsKept = 2
const stepsKept = 200

/** Steps are kept evenly over the run's `steps`, the first one always. */
export async function keepRollouts(
  run: RunFolder,
  groups: readonly RolloutGroup[],
  { step, steps }: { readonly step: number; readonly steps: number },
): Promise<void> {
  if ((step - 1) % Math.ceil(steps / stepsKept) !== 0) return
  const kept = groups.slice(0, problemsKept)
  const lines = kept.flatMap(({ rollouts, advantages }) =>
    rollouts.map(({ trajectory }, i): RolloutLine => ({ step, advantage: itemAt(advantages, i), trajectory })),
  )
  await Promise.all(lines.map((line) => run.append(rolloutLog, line)))
}
