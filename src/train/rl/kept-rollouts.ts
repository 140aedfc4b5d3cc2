/** `rollouts.jsonl` of a training run: some searches of its steps, for people to look at while it goes on. */
import { z } from 'zod'
import { trajectorySchema } from '../../protocol/trajectory.ts'
import type { Log } from '../../runs/log.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { itemAt } from '../../shared/known.ts'
import type { RolloutGroup } from './rollout.ts'

const rolloutSchema = z.object({
  step: z.int().positive(),
  /** 0 for a search that is masked, and in a group without spread. */
  advantage: z.number(),
  trajectory: trajectorySchema,
})

/** Of a step done again, the last line for a search counts. */
export type RolloutLine = z.infer<typeof rolloutSchema>

export const rolloutLog: Log<RolloutLine> = {
  name: 'rollouts',
  line: rolloutSchema,
  ifLost: 'These searches cannot be looked at; training itself is not affected.',
}

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
