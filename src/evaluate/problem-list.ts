/** `problems.json` of an evaluation: which problems it is about and what results are grouped by, in the order of the data. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Slices } from '../benchmark/entry.ts'
import type { Problem } from '../protocol/problem.ts'
import { errorCodeOf, UserError } from '../shared/errors.ts'
import { replaceFile } from '../shared/replace-file.ts'

const listSchema = z.array(
  z.object({ dataSource: z.string(), docId: z.string(), slices: z.record(z.string(), z.string()) }),
)

export interface ListedProblem extends Pick<Problem, 'dataSource' | 'docId'> {
  readonly slices: Slices
}

export const problemListFile = 'problems.json'

/** Of the whole set, also in the run of a shard. */
export async function writeProblemList(runPath: string, problems: readonly ListedProblem[]): Promise<void> {
  const rows = problems.map(({ dataSource, docId, slices }) => JSON.stringify({ dataSource, docId, slices }))
  await replaceFile(join(runPath, problemListFile), `[\n${rows.join(',\n')}\n]\n`)
}

/** undefined: the run is older than such lists. */
export async function readProblemList(runPath: string): Promise<ListedProblem[] | undefined> {
  const path = join(runPath, problemListFile)
  try {
    return listSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    if (errorCodeOf(cause) === 'ENOENT') return undefined
    throw new UserError('problem-list-broken', `${path} is no list of problems. Repeat the command of its run.`, {
      cause,
    })
  }
}
