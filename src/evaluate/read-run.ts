/** Reads an evaluation back from its run folder: what each search came to, and the report that the command gave. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { trajectorySchema } from '../protocol/trajectory.ts'
import { MiniO3Error, messageOf, UserError } from '../shared/errors.ts'
import { readJsonl } from '../shared/jsonl.ts'
import type { EvalReport } from './evaluate.ts'
import { outcomeOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { countCauses, summarise } from './summary.ts'

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

export interface FinishedEval extends EvalReport {
  /** The names of its problems, sorted: evaluations can be compared where these are the same. */
  readonly problemNames: readonly string[]
}

const configSchema = z.object({ samples: z.int().positive(), maxTurns: z.int().positive(), seed: z.int() })

/**
 * The report of the finished evaluation in the folder `path`. Throws UserError: `eval-not-found` for a folder without
 * one, `eval-unfinished` when a problem lacks some of its searches.
 */
export async function readEvalRun(path: string): Promise<FinishedEval> {
  const { samples, maxTurns, seed } = await readConfig(path)
  const byProblem = new Map<string, Outcome[]>()
  for (const outcome of (await readOutcomes(join(path, 'trajectories.jsonl'))).values()) {
    const [dataSource, docId] = JSON.parse(outcome.key) as [string, string]
    const name = `${dataSource}/${docId}`
    byProblem.set(name, [...(byProblem.get(name) ?? []), outcome])
  }
  if (byProblem.size === 0) throw new UserError('eval-not-found', `${path} holds no searches. Name the run of an eval.`)
  const problemNames = [...byProblem.keys()].toSorted()
  const outcomesByProblem = problemNames.map((name) => byProblem.get(name)!)
  const owing = outcomesByProblem.filter((outcomes) => outcomes.length < samples).length
  if (owing > 0) {
    throw new UserError(
      'eval-unfinished',
      `${path} is not finished: ${owing} problems lack some of their ${samples} searches. Repeat its command.`,
    )
  }
  return {
    summary: summarise(outcomesByProblem, { samples, maxTurns, seed, run: path }),
    causes: countCauses(outcomesByProblem.flat()),
    problemNames,
  }
}

async function readConfig(path: string): Promise<z.infer<typeof configSchema>> {
  try {
    return configSchema.parse(JSON.parse(await readFile(join(path, 'config.json'), 'utf8')))
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'its config.json is not one of an eval' : messageOf(cause)
    throw new UserError('eval-not-found', `${path} holds no evaluation: ${why}. Name the run of an eval.`, { cause })
  }
}
