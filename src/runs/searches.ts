/** The logs of searches (one trajectory per line) and of skipped problems, and the key of a search in a run. */
import { z } from 'zod'
import { levels } from '../protocol/problem.ts'
import type { Problem } from '../protocol/problem.ts'
import type { SearchName } from '../protocol/reason-count.ts'
import { ends, failureSchema, trajectorySchema } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { turnTokensSchema } from '../protocol/turn-record.ts'
import { parseJson } from '../shared/json.ts'
import type { Log } from './log.ts'

export const searchLog: Log<Trajectory> = {
  name: 'trajectories',
  line: trajectorySchema,
  ifLost: 'Their searches are run again when the command is repeated.',
}

/** For collections: searches waiting for a verdict. */
export const pendingLog: Log<Trajectory> = {
  name: 'pending',
  line: trajectorySchema,
  ifLost: 'Their searches are run again when the collection is repeated.',
}

const skippedSchema = z
  .strictObject({ dataSource: z.string(), docId: z.string(), width: z.int().positive(), height: z.int().positive() })
  .readonly()
/** A problem skipped by the profile because its picture is too narrow. */
export type SkippedProblem = z.infer<typeof skippedSchema>

/** For evaluations. */
export const skippedLog: Log<SkippedProblem> = {
  name: 'skipped',
  line: skippedSchema,
  ifLost: 'Their problems count as missing until the command is repeated.',
}

/** For collections: the record of a finished search, whether it is kept or not. */
const searchedSchema = z.object({
  dataSource: z.string(),
  docId: z.string(),
  sampleIndex: z.int(),
  level: z.enum(levels).optional(),
  end: z.enum(ends),
  turns: z.int(),
  /** Whether its answer is right. */
  kept: z.boolean(),
  /** The patterns that it shows. */
  labels: z.array(z.string()),
  /** Its position among the planned searches; missing in earlier versions. */
  position: z.int().nonnegative().optional(),
  /** For a search that the server refused. */
  failure: failureSchema.optional(),
})
export type Searched = z.infer<typeof searchedSchema>

export const searchedLog: Log<Searched> = {
  name: 'metrics',
  line: searchedSchema,
  ifLost: 'Searches that were kept are recovered from their trajectories; the others are run again.',
}

const rolloutSchema = z.object({
  step: z.int().positive(),
  /** 0 for a masked search, and in a group without spread. */
  advantage: z.number(),
  trajectory: trajectorySchema,
  /** Of its first turns, as many as there is room for; earlier versions stored none. */
  tokens: z.array(turnTokensSchema).readonly().exactOptional(),
})

/** If a step was repeated, the last line of a search counts. */
export type RolloutLine = z.infer<typeof rolloutSchema>

/** For reinforcement learning: a sample of the searches of each step, for inspection. */
export const rolloutLog: Log<RolloutLine> = {
  name: 'rollouts',
  line: rolloutSchema,
  ifLost: 'These searches cannot be shown; training itself is not affected.',
}

/** A search as stored in a log, with step and advantage if it is from training. */
export type LoggedSearch = Pick<RolloutLine, 'trajectory'> & Partial<RolloutLine>

/** The key of a search in a run. */
export function searchKey(problem: Pick<Problem, 'dataSource' | 'docId'>, sampleIndex: number): string {
  return JSON.stringify([problem.dataSource, problem.docId, sampleIndex])
}

/** What `searchKey` names. */
export function searchNamed(key: string): SearchName {
  const [dataSource, docId, sampleIndex] = keySchema.parse(parseJson(key))
  return { dataSource, docId, sampleIndex }
}

const keySchema = z.tuple([z.string(), z.string(), z.int()])

export function keyOf({ problem, sampleIndex }: Pick<Trajectory, 'problem' | 'sampleIndex'>): string {
  return searchKey(problem, sampleIndex)
}
