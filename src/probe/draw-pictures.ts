/** Draws many scenes into picture files on worker threads: 4K pictures take most of a second each. */
import { errorCodeOf, messageOf, MiniO3Error } from '../shared/errors.ts'
import { mapAsFinished } from '../shared/map-limit.ts'
import { startWorker } from '../shared/worker-client.ts'
import type { WorkerClient } from '../shared/worker-client.ts'
import { workerUrl } from '../shared/worker-url.ts'
import { defined } from '../shared/known.ts'
import type { Encoding } from '../vision/encode.ts'
import type { SceneRef } from './problem.ts'
import type { WorldTask } from './world/draw-task.ts'

export interface ShapesTask {
  readonly scene: SceneRef
  readonly sidePx: number
  readonly encoding: Encoding
  readonly path: string
}

export type DrawTask = ShapesTask | WorldTask

/**
 * Writes each picture whole or not at all, `jobs` at a time, and calls `onDrawn` after each. After `signal` the pictures
 * in flight are finished before AbortedError is thrown. Throws MiniO3Error `picture-not-written`, or that of a file that cannot be written.
 */
export async function drawPictures(
  tasks: readonly DrawTask[],
  jobs: number,
  onDrawn: () => void,
  signal?: AbortSignal,
): Promise<void> {
  const workers = Array.from({ length: Math.min(jobs, tasks.length) }, () => {
    return startWorker<DrawTask, void>(workerUrl(import.meta.url, './draw-worker.js'))
  })
  const idle = [...workers]
  const draw = async (task: DrawTask): Promise<void> => {
    const worker = defined(idle.pop(), 'an idle worker')
    await drawOn(worker, task)
    idle.push(worker)
  }
  try {
    for await (const _ of mapAsFinished(tasks, jobs, draw, signal)) onDrawn()
  } finally {
    await Promise.all(workers.map((worker) => worker.close()))
  }
}

/** Errors that name no file: of the drawing itself, and of a thread that broke. */
const unnamed = ['unexpected', 'worker-ended']

async function drawOn(worker: WorkerClient<DrawTask, void>, task: DrawTask): Promise<void> {
  try {
    await worker.ask(task)
  } catch (cause) {
    if (!unnamed.includes(errorCodeOf(cause))) throw cause
    const message = `${task.path} could not be written: ${messageOf(cause)}. Repeat the command to resume.`
    throw new MiniO3Error('picture-not-written', message, { cause })
  }
}
