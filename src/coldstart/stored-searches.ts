/** What a collection has on disk: kept searches, those that wait for a verdict, and a line for every finished one. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { levels } from '../protocol/problem.ts'
import { ends, trajectorySchema } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { searchKey } from '../search/owed-samples.ts'
import { MiniO3Error } from '../shared/errors.ts'
import { parseJson } from '../shared/json.ts'
import type { RunFolder } from '../shared/run-folder.ts'
import { labelsOf, patternNames, patternsOf } from './patterns.ts'
import { selectionRulesSchema } from './selection.ts'
import type { SelectionRules } from './selection.ts'

export type ReadableRun = Pick<RunFolder, 'read' | 'file'>

/** What is remembered of a finished search. */
const searchedSchema = z.object({
  dataSource: z.string(),
  docId: z.string(),
  sampleIndex: z.int(),
  level: z.enum(levels).optional(),
  end: z.enum(ends),
  turns: z.int(),
  /** Its answer is right. */
  kept: z.boolean(),
  labels: z.array(z.enum(patternNames)),
  /** Its place among the searches that are wanted; earlier versions did not write it. */
  position: z.int().nonnegative().optional(),
})
export type Searched = z.infer<typeof searchedSchema>

export function remember(trajectory: Trajectory, position: number | undefined): Searched {
  const { problem, sampleIndex, end, turns, verdict } = trajectory
  const { dataSource, docId, level } = problem
  const kept = verdict?.kind === 'correct'
  const labels = labelsOf(patternsOf(trajectory))
  return { dataSource, docId, sampleIndex, level, end, turns: turns.length, kept, labels, position }
}

export function keyOf({ problem, sampleIndex }: Pick<Trajectory, 'problem' | 'sampleIndex'>): string {
  return searchKey(problem, sampleIndex)
}

export async function* readSearched(run: ReadableRun): AsyncGenerator<Searched, void> {
  for await (const line of run.read('metrics')) yield parsed(searchedSchema, line, run.file('metrics.jsonl'))
}

/** Searches with the right answer. */
export async function* readKept(run: ReadableRun): AsyncGenerator<Trajectory, void> {
  for await (const line of run.read('trajectories')) {
    yield parsed(trajectorySchema, line, run.file('trajectories.jsonl'))
  }
}

/** The searches that wait for a verdict, each once; `done` are the keys of those that have one. */
export async function* readPending(run: ReadableRun, done: Iterable<string>): AsyncGenerator<Trajectory, void> {
  const seen = new Set(done)
  for await (const line of run.read('pending')) {
    const trajectory = parsed(trajectorySchema, line, run.file('pending.jsonl'))
    const key = keyOf(trajectory)
    if (!seen.has(key)) yield trajectory
    seen.add(key)
  }
}

const configSchema = z.object({ selection: selectionRulesSchema.optional() })

/** The rules of the set are settings of the run: `selection` in its `config.json`. */
export async function readRules(run: ReadableRun): Promise<SelectionRules> {
  const file = run.file('config.json')
  const config: unknown = parseJson(await readFile(file, 'utf8'))
  return parsed(configSchema, config, file).selection ?? {}
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const { data, error } = schema.safeParse(value)
  if (data !== undefined) return data
  throw new MiniO3Error(
    'collection-unreadable',
    `${file} holds something that this version does not write. Name another folder with --run.`,
    { cause: error },
  )
}
