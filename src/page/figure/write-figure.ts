/** Draws the figure of a search as SVG or PNG. */
import { pixelBox } from '../../protocol/box.ts'
import { shownSize } from '../../protocol/orientation.ts'
import { originalOf } from '../../protocol/originals.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { itemAt } from '../../shared/known.ts'
import { dataUrl, encodeJpeg } from '../../vision/encode.ts'
import type { Picture } from '../../vision/picture.ts'
import { sidesShown } from './layout.ts'
import { withRaster } from './raster.ts'
import { figureSvg, layoutOf } from './figure.ts'
import { changedRegion } from '../../vision/changed-view.ts'
import { atMost } from '../../vision/fit.ts'

/** Pixels per figure unit, for PNG and for embedded pictures. */
const density = 1.5

/** The bytes of the SVG or PNG. */
export async function drawFigure(
  kind: 'svg' | 'png',
  trajectory: Trajectory,
  pictures: readonly Picture[],
): Promise<string | Uint8Array<ArrayBuffer>> {
  const layout = layoutOf(trajectory)
  const urls = new Map<number, string>()
  for (const [index, side] of sidesShown(layout)) {
    const { observations } = trajectory
    // A search that failed before its first turn has no observations.
    const seen = observations[index]
    const picture = itemAt(pictures, seen === undefined ? index : originalOf(seen, observations))
    const size = atMost(seen === undefined ? picture : shownSize(seen), Math.ceil(side * density))
    const whole = pixelBox(0, 0, picture.width, picture.height)
    const pixels =
      seen === undefined
        ? await picture.region(whole, size, 'area')
        : await changedRegion(picture, seen, observations, size, 'area')
    urls.set(index, dataUrl(await encodeJpeg(pixels, 86), 'jpeg'))
  }
  const svg = figureSvg({ trajectory, layout, urls })
  return kind === 'svg' ? svg : withRaster((raster) => raster(svg, density))
}
