/** The JSON files of runs besides the configuration, see `RunFile`. */
import { z } from 'zod'
import { progressFile } from './progress.ts'
import type { RunFile } from './run-file.ts'

const listedProblem = z.object({
  dataSource: z.string(),
  docId: z.string(),
  /** Groups for partial results. */
  slices: z.record(z.string(), z.string()).readonly(),
})

/** A problem of an evaluation. */
export type ListedProblem = Readonly<z.infer<typeof listedProblem>>

/** All problems of an evaluation in data order, even in the run of a shard; runs of earlier versions have none. */
export const problemList: RunFile<readonly ListedProblem[]> = {
  name: 'problems.json',
  schema: z.array(listedProblem).readonly(),
  fix: 'Repeat the command of its run.',
}

const amount = z.number().nonnegative()
const price = z.strictObject({ sent: amount, cached: amount, written: amount }).readonly()

/** Prices by model name. They do not affect the results, so they are not part of the configuration and may be given later. */
export const pricesFile: RunFile<Readonly<Record<string, z.infer<typeof price>>>> = {
  name: 'prices.json',
  schema: z.record(z.string(), price),
  fix: 'Delete it and set the prices again with --price.',
}

/** The engine that trained a run, and the settings it ignored. `server` and `baseModel` only for a remote engine; earlier versions wrote only these. */
const engineSchema = z.object({
  engine: z.string().optional(),
  server: z.string().optional(),
  baseModel: z.string().optional(),
  deviations: z.array(z.string()).readonly(),
})

export const engineFile: RunFile<z.infer<typeof engineSchema>> = {
  name: 'engine.json',
  schema: engineSchema,
  fix: 'Repeat the command of its run.',
}

/** The page with the searches of a run, or a sample of them. */
export const searchesPage = 'searches.html'

/** The files that a run may have before any work is done. */
export const runFileNames: readonly string[] = [problemList, pricesFile, engineFile, progressFile].map(
  ({ name }) => name,
)
