/** A scene as a Picture: every region is drawn when it is asked for, so that nothing is decoded, cached or kept on disk. */
import { boxSize, pixelBox } from '../protocol/box.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import type { Picture } from '../vision/picture.ts'
import { region } from '../vision/region.ts'
import { drawScene } from './draw.ts'
import type { Scene } from './scene.ts'

/**
 * The square picture of a scene, `sidePx` wide. A region is drawn at once at the wanted size, which is what averaging
 * the picture's pixels gives, whatever the resampler. One that is wanted larger than it is in the picture is drawn as the
 * picture has it and then enlarged, so that no view shows more than the picture holds.
 */
export function scenePicture(scene: Scene, sidePx: number): Picture {
  return {
    width: sidePx,
    height: sidePx,
    sha256: sha256(canonicalJson({ scene, sidePx })),
    async region(boxPx, size, resampler) {
      const own = boxSize(boxPx)
      const drawn = { width: Math.min(size.width, own.width), height: Math.min(size.height, own.height) }
      const [x0, y0, x1, y1] = boxPx
      const pixels = drawScene(scene, [x0 / sidePx, y0 / sidePx, x1 / sidePx, y1 / sidePx], drawn)
      return region(pixels, pixelBox(0, 0, drawn.width, drawn.height), size, resampler)
    },
  }
}
