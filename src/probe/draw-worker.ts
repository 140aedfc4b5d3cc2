/** A thread that draws scenes into picture files, one at a time. */
import { replaceFile } from '../shared/replace-file.ts'
import { answerRequests } from '../shared/worker-client.ts'
import { encodeJpeg, encodePng } from '../vision/encode.ts'
import type { Pixels } from '../vision/picture.ts'
import type { DrawTask, ShapesTask } from './draw-pictures.ts'
import { drawScene } from './draw.ts'
import { sceneFrom } from './problem.ts'
import { makeWorldFiles } from './world/draw-task.ts'

const jpegQuality = 92

async function draw(task: DrawTask): Promise<void> {
  const { path, encoding } = task
  const pixels = 'world' in task ? await makeWorldFiles(task) : shapesPixels(task)
  await replaceFile(path, await (encoding === 'png' ? encodePng(pixels) : encodeJpeg(pixels, jpegQuality)))
}

function shapesPixels({ scene, sidePx }: ShapesTask): Pixels {
  return drawScene(sceneFrom(scene), [0, 0, 1, 1], { width: sidePx, height: sidePx })
}

answerRequests(draw)
