/** The logs of a training run (a line per step, a line per checkpoint), and the file names of checkpoints and of the trained policy. */
import { z } from 'zod'
import { levels } from '../protocol/problem.ts'
import { readJsonl } from '../shared/jsonl.ts'
import { logFile, readLog } from './log.ts'
import type { Log } from './log.ts'
import type { RunFolder } from './run-folder.ts'
import { rolloutLog } from './searches.ts'

/** In the order in which a run passes through them. */
const stages = ['look', 'sft', 'rl'] as const
export type Stage = (typeof stages)[number]

const stepSchema = z.looseObject({ stage: z.enum(stages), step: z.int().positive() })
/** A step of a stage with its metrics. */
export type StepLine = z.infer<typeof stepSchema>

export const stepLog: Log<StepLine> = {
  name: 'metrics',
  line: stepSchema,
  ifLost: 'These steps are missing from the curves; training itself is not affected.',
}

/** Logs a finished step, and when it ended. */
export function logStep(run: RunFolder, step: StepLine): Promise<void> {
  return run.append(stepLog, { ...step, endedMs: Date.now() })
}

/** A plain file name, so that a log cannot point outside the run folder. */
const checkpointName = /^checkpoint-(?:look|sft|rl)-\d+\.(?:safetensors|json)$/

export function isCheckpointFile(name: string): boolean {
  return checkpointName.test(name)
}

export function checkpointFile(stage: Stage, step: number, suffix: string): string {
  return `checkpoint-${stage}-${step}${suffix}`
}

/** A sort key that grows with stage and step. */
export function orderOfCheckpoint(file: string): number {
  const [, stage, step] = file.split(/[-.]/)
  return orderOf({ stage: stages.find((name) => name === stage) ?? 'look', step: Number(step) })
}

function orderOf({ stage, step }: Pick<StepLine, 'stage' | 'step'>): number {
  return stages.indexOf(stage) * 1e12 + step
}

const checkpointSchema = z.object({
  stage: z.enum(stages),
  step: z.int().positive(),
  /** Inside the run folder. */
  file: z.string().refine(isCheckpointFile, 'is not a checkpoint name'),
})
export type CheckpointLine = z.infer<typeof checkpointSchema>

export const checkpointLog: Log<CheckpointLine> = {
  name: 'checkpoints',
  line: checkpointSchema,
  ifLost: 'Training resumes from a checkpoint whose line is readable; later steps are repeated.',
}

const groupScoreSchema = z.object({
  level: z.enum(levels),
  /** Its place among the problems of its level. */
  index: z.int().nonnegative(),
  /** How many of its searches were right. */
  right: z.int().nonnegative(),
  searches: z.int().positive(),
})
export type GroupScore = Readonly<z.infer<typeof groupScoreSchema>>

const solvedSchema = z.object({ step: z.int().positive(), problems: z.array(groupScoreSchema).readonly() })

/** Of reinforcement learning under a curriculum: what each problem that a step searched came to. */
export const solvedLog: Log<z.infer<typeof solvedSchema>> = {
  name: 'solved',
  line: solvedSchema,
  ifLost: 'The curriculum continues without the outcomes of these steps, and may draw other problems.',
}

/** The file of the trained policy; `suffix`: that of the engine's checkpoints. */
export function policyFile(suffix = '.safetensors'): string {
  return `policy${suffix}`
}

export interface TrainedStage {
  readonly name: Stage
  /** In step order. */
  readonly steps: readonly StepLine[]
}

/** In the order in which they started. If a step was logged twice, as earlier versions did after a kill, the last line counts. */
export async function readStages(folder: string, onBadLine: 'warn' | 'ignore' = 'warn'): Promise<TrainedStage[]> {
  const lines = onBadLine === 'warn' ? readLog(folder, stepLog) : readJsonl(logFile(folder, stepLog), stepSchema)
  const byStage = new Map<Stage, Map<number, StepLine>>()
  for await (const line of lines) {
    const steps = byStage.get(line.stage) ?? new Map<number, StepLine>()
    byStage.set(line.stage, steps.set(line.step, line))
  }
  return [...byStage].map(([name, steps]) => ({ name, steps: [...steps.values()].toSorted((a, b) => a.step - b.step) }))
}

/** The steps of one stage. */
export async function readSteps({ path }: Pick<RunFolder, 'path'>, stage: Stage): Promise<readonly StepLine[]> {
  return (await readStages(path)).find(({ name }) => name === stage)?.steps ?? []
}

/** Removes log lines of steps after a checkpoint (of all steps without one), since these steps are repeated. */
export async function forgetStepsBehind(run: RunFolder, checkpoint: CheckpointLine | undefined): Promise<void> {
  const last = checkpoint === undefined ? 0 : orderOf(checkpoint)
  await run.remove(stepLog, (line) => orderOf(line) > last)
  const isBehind = ({ step }: Pick<StepLine, 'step'>): boolean => orderOf({ stage: 'rl', step }) > last
  await run.remove(rolloutLog, isBehind)
  await run.remove(solvedLog, isBehind)
}
