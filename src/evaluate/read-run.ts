/** Reads a finished evaluation back from its run folder: the report that the command gave. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, UserError } from '../shared/errors.ts'
import type { EvalReport } from './evaluate.ts'
import type { Outcome } from './outcome.ts'
import { readOutcomes } from './stored-outcomes.ts'
import { countCauses, summarise } from './summary.ts'

export interface FinishedEval extends EvalReport {
  /** The names of its problems, sorted: evaluations can be compared where these are the same. */
  readonly problemNames: readonly string[]
  /** In the order of the names. */
  readonly outcomesByProblem: readonly (readonly Outcome[])[]
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
  const owing = outcomesByProblem.filter((outcomes) => outcomes.filter(({ judged }) => judged).length < samples).length
  if (owing > 0) {
    throw new UserError(
      'eval-unfinished',
      `${path} is not finished: ${owing} problems lack some of their ${samples} searches or verdicts. Repeat its command.`,
    )
  }
  return {
    summary: summarise(outcomesByProblem, { samples, maxTurns, seed, run: path }),
    causes: countCauses(outcomesByProblem.flat()),
    problemNames,
    outcomesByProblem,
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
