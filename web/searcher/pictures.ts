/** The pictures of a search as `data:` URLs, drawn from its scene as pages with stored searches have them. */
import { boxSize, pixelBox } from '../../src/protocol/box.ts'
import type { Observation } from '../../src/protocol/trajectory.ts'
import type { View } from '../../src/policy/policy.ts'
import { atMost } from '../../src/vision/fit.ts'
import type { Picture, Pixels } from '../../src/vision/picture.ts'
import { cropSide, originalSide } from '../../src/page/page-data.ts'

export function originalUrl(picture: Picture): Promise<string> {
  return partUrl(picture, pixelBox(0, 0, picture.width, picture.height), originalSide)
}

/** Of an observation that is no original. */
export function cropUrl(picture: Picture, { boxInOriginalPx }: Observation): Promise<string> {
  return partUrl(picture, boxInOriginalPx, cropSide)
}

export async function viewUrl(view: View): Promise<string> {
  return dataUrl(await view.pixels(), 'image/png')
}

async function partUrl(picture: Picture, box: Observation['boxInOriginalPx'], side: number): Promise<string> {
  return dataUrl(await picture.region(box, atMost(boxSize(box), side), 'area'), 'image/jpeg')
}

async function dataUrl({ width, height, data }: Pixels, type: string): Promise<string> {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('this browser draws no pictures in a worker')
  const image = context.createImageData(width, height)
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    image.data.set(data.subarray(from, from + 3), to)
    image.data[to + 3] = 255
  }
  context.putImageData(image, 0, 0)
  return new FileReaderSync().readAsDataURL(await canvas.convertToBlob({ type, quality: 0.85 }))
}
