/** The scenes that come with the pages: pictures whose regions a worker thread draws. */
import { Worker } from 'node:worker_threads'
import { sceneRefs } from '../../probe/dataset.ts'
import { makeProblem, sceneFrom } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import type { PixelBox, Size } from '../../protocol/box.ts'
import type { Problem } from '../../protocol/problem.ts'
import type { Resampler } from '../../protocol/profile.ts'
import { workerUrl } from '../../shared/worker-url.ts'
import type { Picture, Pixels } from '../../vision/picture.ts'

export interface BundledScene {
  readonly problem: Problem
  readonly picture: Picture
}

/** What the thread is asked, and what it answers. */
export interface WantedRegion {
  readonly id: number
  readonly scene: number
  readonly boxPx: PixelBox
  readonly size: Size
  readonly resampler: Resampler
}
export type DrawnRegion = { readonly id: number } & ({ readonly pixels: Pixels } | { readonly error: string })

/** Width and height of a scene, in pixels. */
const sceneSide = 4096
/** Other held-out scenes than those of the demo and of data sets that are built with usual seeds. */
const sceneSeed = 20_250

/** Drawn by whoever asks for a region. */
export function bundledScenes(): BundledScene[] {
  return sceneRefs('test', 6, sceneSeed).map((ref) => {
    const scene = sceneFrom(ref)
    return { problem: makeProblem(scene), picture: scenePicture(scene, sceneSide) }
  })
}

/** The same, drawn by a thread. It keeps no program running. */
export function scenesOfWorker(): { readonly scenes: readonly BundledScene[]; close(): Promise<void> } {
  const worker = new Worker(workerUrl(import.meta.url, './scene-worker.js'))
  worker.unref()
  const waiting = new Map<number, { resolve(pixels: Pixels): void; reject(error: unknown): void }>()
  let broken: unknown
  let asked = 0
  worker.on('message', (drawn: DrawnRegion) => {
    const { resolve, reject } = waiting.get(drawn.id)!
    waiting.delete(drawn.id)
    if ('pixels' in drawn) resolve(drawn.pixels)
    else reject(new Error(drawn.error))
  })
  worker.on('error', (error) => {
    broken = error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  })
  const drawnBy = (scene: number): Picture['region'] => {
    return (boxPx, size, resampler) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) return reject(broken)
        const id = asked++
        waiting.set(id, { resolve, reject })
        worker.postMessage({ id, scene, boxPx, size, resampler } satisfies WantedRegion)
      })
  }
  return {
    scenes: bundledScenes().map(({ problem, picture }, scene) => {
      return { problem, picture: { ...picture, region: drawnBy(scene) } }
    }),
    close: async () => void (await worker.terminate()),
  }
}
