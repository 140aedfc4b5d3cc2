/**
 * What a training run keeps to go on from: a checkpoint is a file of its own, logged once it is whole, so that a kill
 * at any moment leaves one whose step is known.
 */
import { readdir } from 'node:fs/promises'
import { z } from 'zod'
import type { Engine } from '../engine/engine.ts'
import { errorCodeOf, messageOf, UserError } from '../shared/errors.ts'
import type { Log } from '../runs/log.ts'
import type { RunFolder } from '../runs/run-folder.ts'

const stages = ['look', 'sft', 'rl'] as const
export type Stage = (typeof stages)[number]

/** A plain name: what a log says never leads out of the run's folder. */
const checkpointName = /^checkpoint-(?:look|sft|rl)-\d+\.(?:safetensors|json)$/

const checkpointSchema = z.object({
  stage: z.enum(stages),
  step: z.int().positive(),
  /** Inside the run folder. */
  file: z.string().regex(checkpointName, 'is not the name of a checkpoint'),
})

export type CheckpointLine = z.infer<typeof checkpointSchema>

const checkpointLog: Log<CheckpointLine> = {
  name: 'checkpoints',
  line: checkpointSchema,
  ifLost: 'Training goes on from a checkpoint whose line can be read; the steps behind it are done again.',
}

const metricsSchema = z.looseObject({ stage: z.enum(stages), step: z.int().positive() })

export const metricsLog: Log<z.infer<typeof metricsSchema>> = {
  name: 'metrics',
  line: metricsSchema,
  ifLost: 'Their steps are missing from the curves; training itself is not affected.',
}

/** The file, inside the run folder, with which training of the small policy in this process ends. */
export const policyFile = 'policy.safetensors'

/** The same for any engine. */
export function policyFileOf({ checkpointSuffix }: Engine): string {
  return `policy${checkpointSuffix}`
}

/** Checkpoints that stay on disk. */
const kept = 2

/** Saves the engine after `step` and discards all checkpoints but the one before. The log is not read: each save would cost its length. */
export async function keepCheckpoint(engine: Engine, run: RunFolder, stage: Stage, step: number): Promise<void> {
  const file = `checkpoint-${stage}-${step}${engine.checkpointSuffix}`
  await engine.save(run.file(file))
  await run.append(checkpointLog, { stage, step, file })
  const others = (await checkpointFiles(run))
    .filter((name) => name !== file)
    .toSorted((a, b) => orderOf(a) - orderOf(b))
  const before = others.findLast((name) => orderOf(name) < orderOf(file))
  // What lies ahead is of steps that were lost with their line, or broken, and are done again.
  for (const name of others) if (name !== before) await engine.discard(run.file(name))
}

async function checkpointFiles(run: RunFolder): Promise<string[]> {
  return (await readdir(run.path)).filter((name) => checkpointName.test(name))
}

/** Later stages and steps are greater. */
function orderOf(file: string): number {
  const [, stage, step] = file.split(/[-.]/)
  return stages.indexOf(stage as Stage) * 1e12 + Number(step)
}

/**
 * Loads the newest checkpoint that is whole, and returns its line; `undefined` at the start of a run. `onSkipped` is told of
 * one that cannot be used. Once one is loaded, a file that a kill left without its line is discarded. Throws `UserError` when no checkpoint can be used.
 */
export async function loadCheckpoint(
  engine: Engine,
  run: RunFolder,
  onSkipped: (why: string) => void = warnOfCheckpoint,
): Promise<CheckpointLine | undefined> {
  const newest = await newestCheckpoints(run)
  const broken: string[] = []
  for (const line of newest) {
    try {
      await engine.load(run.file(line.file))
      const logged = new Set(newest.map(({ file }) => file))
      for (const name of await checkpointFiles(run)) if (!logged.has(name)) await engine.discard(run.file(name))
      for (const why of broken) onSkipped(`${why} Training goes on from step ${line.step} of ${line.stage} instead.`)
      return line
    } catch (error) {
      if (!['checkpoint-broken', 'checkpoint-missing'].includes(errorCodeOf(error))) throw error
      broken.push(messageOf(error))
    }
  }
  if (broken.length === 0) return undefined
  throw new UserError(
    'checkpoints-unusable',
    `None of the checkpoints of ${run.path} can be used: ${broken.join(' ')} Name another folder with --run to begin anew.`,
  )
}

function warnOfCheckpoint(why: string): void {
  process.emitWarning(why, { type: 'MiniO3Warning', code: 'checkpoint-skipped' })
}

/** Those that stay on disk, the newest first. */
async function newestCheckpoints(run: RunFolder): Promise<CheckpointLine[]> {
  const byFile = new Map<string, CheckpointLine>()
  for await (const line of run.read(checkpointLog)) {
    byFile.delete(line.file)
    byFile.set(line.file, line)
  }
  return [...byFile.values()].slice(-kept).toReversed()
}

/**
 * The metrics of a stage, one for each step in order. Steps after the last checkpoint are done again when a run that
 * was killed goes on, and their lines come twice: the last one counts.
 */
export async function metricsOf(run: RunFolder, stage: Stage): Promise<Record<string, unknown>[]> {
  const byStep = new Map<number, Record<string, unknown>>()
  for await (const line of run.read(metricsLog)) {
    if (line.stage === stage) byStep.set(line.step, line)
  }
  return [...byStep.values()].toSorted((a, b) => Number(a['step']) - Number(b['step']))
}
