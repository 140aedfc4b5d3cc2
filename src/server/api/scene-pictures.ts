/** The scenes that come with the pages: pictures whose regions a worker thread draws. */
import { sceneRefs } from '../../probe/dataset.ts'
import { makeProblem, sceneFrom } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import type { PixelBox, Size } from '../../protocol/box.ts'
import type { Problem } from '../../protocol/problem.ts'
import type { Resampler } from '../../protocol/profile.ts'
import { startWorker } from '../../shared/worker-client.ts'
import { workerUrl } from '../../shared/worker-url.ts'
import type { Picture, Pixels } from '../../vision/picture.ts'

export interface BundledScene {
  readonly problem: Problem
  readonly picture: Picture
}

/** What the thread is asked for. */
export interface WantedRegion {
  readonly scene: number
  readonly boxPx: PixelBox
  readonly size: Size
  readonly resampler: Resampler
}

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
  const worker = startWorker<WantedRegion, Pixels>(workerUrl(import.meta.url, './scene-worker.js'))
  return {
    scenes: bundledScenes().map(({ problem, picture }, scene) => {
      const region: Picture['region'] = (boxPx, size, resampler) => worker.ask({ scene, boxPx, size, resampler })
      return { problem, picture: { ...picture, region } }
    }),
    close: worker.close,
  }
}
