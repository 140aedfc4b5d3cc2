/** The JSON files that runs keep beside their configuration, see `RunFile`. */
import { z } from 'zod'
import type { RunFile } from './run-file.ts'

const listedProblem = z.object({
  dataSource: z.string(),
  docId: z.string(),
  /** What results are grouped by. */
  slices: z.record(z.string(), z.string()).readonly(),
})

/** A problem of an evaluation. */
export type ListedProblem = Readonly<z.infer<typeof listedProblem>>

/** The problems of an evaluation in the order of the data, also in the run of a shard; runs of earlier versions have none. */
export const problemList: RunFile<readonly ListedProblem[]> = {
  name: 'problems.json',
  schema: z.array(listedProblem).readonly(),
  fix: 'Repeat the command of its run.',
}

const amount = z.number().nonnegative()
const price = z.strictObject({ sent: amount, cached: amount, written: amount }).readonly()

/** Of models by name. They decide nothing, so they are no part of the configuration and may be given later. */
export const pricesFile: RunFile<Readonly<Record<string, z.infer<typeof price>>>> = {
  name: 'prices.json',
  schema: z.record(z.string(), price),
  fix: 'Delete it, and give the prices again with --price.',
}

/** Which training server worked on a run, and which settings it ignored. */
export const engineFile: RunFile<{ server: string; baseModel: string; deviations: readonly string[] }> = {
  name: 'engine.json',
  schema: z.object({ server: z.string(), baseModel: z.string(), deviations: z.array(z.string()).readonly() }),
  fix: 'Repeat the command of its run.',
}

/** All of them: what a run may hold before any work is done. */
export const runFileNames: readonly string[] = [problemList, pricesFile, engineFile].map(({ name }) => name)
