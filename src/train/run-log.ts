/**
 * What a training run keeps to go on from: a checkpoint is a file of its own, logged once it is whole, so that a kill
 * at any moment leaves one whose step is known.
 */
import type { Engine } from '../engine/engine.ts'
import type { RunFolder } from '../shared/run-folder.ts'

export type Stage = 'look' | 'sft' | 'rl'

export interface CheckpointLine {
  readonly stage: Stage
  readonly step: number
  /** Inside the run folder. */
  readonly file: string
}

/** Checkpoints that stay on disk. */
const kept = 2

/** Saves the engine after `step` and lets go of older checkpoints. */
export async function keepCheckpoint(engine: Engine, run: RunFolder, stage: Stage, step: number): Promise<void> {
  const file = `checkpoint-${stage}-${step}${engine.checkpointSuffix}`
  await engine.save(run.file(file))
  await run.append('checkpoints', { stage, step, file } satisfies CheckpointLine)
  const files = (await checkpoints(run)).map((line) => line.file)
  const old = new Set(files.slice(0, -kept))
  for (const name of files.slice(-kept)) old.delete(name)
  for (const name of old) await engine.discard(run.file(name))
}

/** The one to go on from. */
export async function lastCheckpoint(run: RunFolder): Promise<CheckpointLine | undefined> {
  return (await checkpoints(run)).at(-1)
}

async function checkpoints(run: RunFolder): Promise<CheckpointLine[]> {
  const lines: CheckpointLine[] = []
  for await (const line of run.read('checkpoints')) lines.push(line as CheckpointLine)
  return lines
}

/**
 * The metrics of a stage, one for each step in order. Steps after the last checkpoint are done again when a run that
 * was killed goes on, and their lines come twice: the last one counts.
 */
export async function metricsOf(run: RunFolder, stage: Stage): Promise<Record<string, unknown>[]> {
  const byStep = new Map<number, Record<string, unknown>>()
  for await (const value of run.read('metrics')) {
    const line = value as { readonly stage: Stage; readonly step: number }
    if (line.stage === stage) byStep.set(line.step, { ...line })
  }
  return [...byStep.values()].sort((a, b) => Number(a['step']) - Number(b['step']))
}
