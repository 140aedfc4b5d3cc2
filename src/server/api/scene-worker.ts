/** A thread that draws regions of the bundled scenes, so that the server stays free for others meanwhile. */
import { parentPort } from 'node:worker_threads'
import { messageOf } from '../../shared/errors.ts'
import type { DrawnRegion, WantedRegion } from './scene-pictures.ts'
import { bundledScenes } from './scene-pictures.ts'

const scenes = bundledScenes()

async function draw({ id, scene, boxPx, size, resampler }: WantedRegion): Promise<DrawnRegion> {
  try {
    return { id, pixels: await scenes[scene]!.picture.region(boxPx, size, resampler) }
  } catch (error) {
    return { id, error: messageOf(error) }
  }
}

parentPort!.on('message', (wanted: WantedRegion) => {
  void draw(wanted).then((drawn) => parentPort!.postMessage(drawn))
})
