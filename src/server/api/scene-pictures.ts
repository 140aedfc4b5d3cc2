/** The bundled scenes of the Ask page, whose regions a worker thread draws. */
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

/** A request to the thread. */
export interface WantedRegion {
  readonly scene: number
  readonly boxPx: PixelBox
  readonly size: Size
  readonly resampler: Resampler
}

/** Width and height of a scene, in pixels. */
const sceneSide = 4096
/** Chosen so that the scenes differ from those of the demo and of data sets with usual seeds. */
const sceneSeed = 20_250

/** Draws in the calling thread. */
export function bundledScenes(): BundledScene[] {
  return sceneRefs('test', 6, sceneSeed).map((ref) => {
    const scene = sceneFrom(ref)
    return { problem: makeProblem(scene), picture: scenePicture(scene, sceneSide) }
  })
}

/** The same, drawn by a worker thread, which does not keep the process alive. */
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
