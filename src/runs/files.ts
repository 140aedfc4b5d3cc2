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

/** Which engine trained a run, and which settings it ignored. `server` and `baseModel`: of one elsewhere; earlier versions wrote these alone. */
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

/** The page that shows the searches of a run, or some of them. */
export const searchesPage = 'searches.html'

/** All of them: what a run may hold before any work is done. */
export const runFileNames: readonly string[] = [problemList, pricesFile, engineFile].map(({ name }) => name)
