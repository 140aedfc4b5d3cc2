/** What the searches that a run holds came to. */
import { trajectorySchema } from '../protocol/trajectory.ts'
import { MiniO3Error } from '../shared/errors.ts'
import { readJsonl } from '../shared/jsonl.ts'
import { outcomeOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'

/** What a `trajectories.jsonl` holds, by key. Failed searches are owed again, so they are not among them. */
export async function readOutcomes(file: string): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  for await (const line of readJsonl(file)) {
    const { success, data, error } = trajectorySchema.safeParse(line)
    if (!success) {
      throw new MiniO3Error(
        'trajectory-unreadable',
        `A line in ${file} is no trajectory of this version. Name another folder with --run.`,
        { cause: error },
      )
    }
    const outcome = outcomeOf(data)
    if (outcome.end !== 'failed') outcomes.set(outcome.key, outcome)
  }
  return outcomes
}
