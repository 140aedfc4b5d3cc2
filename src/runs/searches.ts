/** The logs of whole searches, one trajectory a line, and of the problems that are not searched; what names a search in a run. */
import { z } from 'zod'
import { levels } from '../protocol/problem.ts'
import type { Problem } from '../protocol/problem.ts'
import { ends, failureSchema, trajectorySchema } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import type { Log } from './log.ts'

export const searchLog: Log<Trajectory> = {
  name: 'trajectories',
  line: trajectorySchema,
  ifLost: 'A command that can be repeated does their searches again.',
}

/** Of a collection: searches that wait for a verdict. */
export const pendingLog: Log<Trajectory> = {
  name: 'pending',
  line: trajectorySchema,
  ifLost: 'Their searches are done again when the collection is repeated.',
}

const skippedSchema = z
  .strictObject({ dataSource: z.string(), docId: z.string(), width: z.int().positive(), height: z.int().positive() })
  .readonly()
/** A problem whose picture, of this size, is too narrow for a profile that skips such. */
export type SkippedProblem = z.infer<typeof skippedSchema>

/** Of an evaluation. */
export const skippedLog: Log<SkippedProblem> = {
  name: 'skipped',
  line: skippedSchema,
  ifLost: 'Their problems count as missing until the command is repeated.',
}

/** Of a collection: what is remembered of a finished search, whether it is kept or not. */
const searchedSchema = z.object({
  dataSource: z.string(),
  docId: z.string(),
  sampleIndex: z.int(),
  level: z.enum(levels).optional(),
  end: z.enum(ends),
  turns: z.int(),
  /** Its answer is right. */
  kept: z.boolean(),
  /** Names of the patterns that it shows. */
  labels: z.array(z.string()),
  /** Its place among the searches that are wanted; earlier versions did not write it. */
  position: z.int().nonnegative().optional(),
  /** Of a search that the server refused. */
  failure: failureSchema.optional(),
})
export type Searched = z.infer<typeof searchedSchema>

export const searchedLog: Log<Searched> = {
  name: 'metrics',
  line: searchedSchema,
  ifLost: 'What is still known of their searches is taken from those that were kept; the others are done again.',
}

const rolloutSchema = z.object({
  step: z.int().positive(),
  /** 0 for a search that is masked, and in a group without spread. */
  advantage: z.number(),
  trajectory: trajectorySchema,
})

/** Of a step done again, the last line for a search counts. */
export type RolloutLine = z.infer<typeof rolloutSchema>

/** Of reinforcement learning: some searches of its steps, for people to look at while it goes on. */
export const rolloutLog: Log<RolloutLine> = {
  name: 'rollouts',
  line: rolloutSchema,
  ifLost: 'These searches cannot be looked at; training itself is not affected.',
}

/** A search as a log holds it; with its step and advantage where it is one of training. */
export type LoggedSearch = Pick<RolloutLine, 'trajectory'> & Partial<RolloutLine>

/** Names one search in a run. */
export function searchKey(problem: Pick<Problem, 'dataSource' | 'docId'>, sampleIndex: number): string {
  return JSON.stringify([problem.dataSource, problem.docId, sampleIndex])
}

export function keyOf({ problem, sampleIndex }: Pick<Trajectory, 'problem' | 'sampleIndex'>): string {
  return searchKey(problem, sampleIndex)
}
