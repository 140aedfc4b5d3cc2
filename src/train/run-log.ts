/**
 * The checkpoints of a training run: each is a file of its own, logged once it is whole, so that a kill at any moment leaves one
 * whose step is known.
 */
import { readdir } from 'node:fs/promises'
import type { Engine } from '../engine/engine.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import {
  checkpointFile,
  checkpointLog,
  forgetStepsBehind,
  isCheckpointFile,
  orderOfCheckpoint,
} from '../runs/training.ts'
import type { CheckpointLine, Stage } from '../runs/training.ts'
import { errorCodeOf, messageOf, UserError } from '../shared/errors.ts'

/** Checkpoints that stay on disk. */
const kept = 2

/** Saves the engine after `step` and discards all checkpoints but the one before. The log is not read: each save would cost its length. */
export async function keepCheckpoint(engine: Engine, run: RunFolder, stage: Stage, step: number): Promise<void> {
  const file = checkpointFile(stage, step, engine.checkpointSuffix)
  await engine.save(run.file(file))
  await run.append(checkpointLog, { stage, step, file })
  const others = (await checkpointFiles(run))
    .filter((name) => name !== file)
    .toSorted((a, b) => orderOfCheckpoint(a) - orderOfCheckpoint(b))
  const before = others.findLast((name) => orderOfCheckpoint(name) < orderOfCheckpoint(file))
  // Those ahead were left by a kill without their line, or broken, and are done again.
  for (const name of others) if (name !== before) await engine.discard(run.file(name))
}

async function checkpointFiles(run: RunFolder): Promise<string[]> {
  return (await readdir(run.path)).filter(isCheckpointFile)
}

/**
 * Loads the newest checkpoint that is whole, and returns its line; `undefined` at the start of a run. What is logged of later steps
 * is removed, since they are done again. `onSkipped` is told of a checkpoint that cannot be used. Once one is loaded, a file that a
 * kill left without its line is discarded. Throws `UserError` when no checkpoint can be used.
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
    } catch (error) {
      if (!['checkpoint-broken', 'checkpoint-missing'].includes(errorCodeOf(error))) throw error
      broken.push(messageOf(error))
      continue
    }
    const logged = new Set(newest.map(({ file }) => file))
    for (const name of await checkpointFiles(run)) if (!logged.has(name)) await engine.discard(run.file(name))
    for (const why of broken) onSkipped(`${why} Training resumes from step ${line.step} of ${line.stage} instead.`)
    await forgetStepsBehind(run, line)
    return line
  }
  if (broken.length === 0) {
    await forgetStepsBehind(run, undefined)
    return undefined
  }
  throw new UserError(
    'checkpoints-unusable',
    `None of the checkpoints of ${run.path} can be used: ${broken.join(' ')} Name another folder with --run to start again.`,
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
