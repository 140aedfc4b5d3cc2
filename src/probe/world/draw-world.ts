/** Draws a world, or any region of it at any size, in bands: besides the pixels asked for, memory holds one band at a time. */
import { resvg } from '../../shared/native.ts'
import { pixelBox } from '../../protocol/box.ts'
import type { PixelBox, Size } from '../../protocol/box.ts'
import type { Pixels } from '../../vision/picture.ts'
import { paintGround } from '../ground.ts'
import { addPhotograph, openPhotograph } from './photograph.ts'
import type { Light } from './photograph.ts'
import type { World } from './scene.ts'
import { worldSvg } from './svg.ts'
import { byteAt } from '../../shared/number-at.ts'

/** A band of an 8K picture takes 16 MB. */
const bandRows = 512

/** The pixels of `region`, given in pixels of the world's picture, drawn at `size`. */
export async function drawWorld(world: World, region: PixelBox, size: Size): Promise<Pixels> {
  const light = world.photograph && (await openPhotograph(world.photograph.name))
  const data = new Uint8Array(size.width * size.height * 3)
  const rowPx = (region[3] - region[1]) / size.height
  for (let row = 0; row < size.height; row += bandRows) {
    const rows = Math.min(bandRows, size.height - row)
    const band = pixelBox(region[0], region[1] + row * rowPx, region[2], region[1] + (row + rows) * rowPx)
    drawBand(world, light, band, { width: size.width, height: rows }, data.subarray(row * size.width * 3))
  }
  return { ...size, data }
}

function drawBand(
  world: World,
  light: Light | undefined,
  band: PixelBox,
  { width, height }: Size,
  data: Uint8Array,
): void {
  // Ground is square: fractions are those of the longer side.
  const longer = Math.max(world.width, world.height)
  const [x0, y0, x1, y1] = band
  paintGround(world.ground, [x0 / longer, y0 / longer, x1 / longer, y1 / longer], { width, height }, data)
  if (light && world.photograph) {
    const shown = [x0 / world.width, y0 / world.height, x1 / world.width, y1 / world.height] as const
    addPhotograph(light, world.photograph, shown, { width, height }, data)
  }
  const place = `scale(${width / (x1 - x0)} ${height / (y1 - y0)}) translate(${-x0} ${-y0})`
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
    `width="${width}" height="${height}"><g transform="${place}">${worldSvg(world, band)}</g></svg>`
  const drawn = new (resvg().Resvg)(svg, { font: { loadSystemFonts: false } }).render()
  layOver(data, drawn.pixels)
}

/** Lays pixels with premultiplied alpha over opaque ones. */
function layOver(data: Uint8Array, rgba: Uint8Array): void {
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = byteAt(rgba, from + 3)
    if (alpha === 0) continue
    const rest = 255 - alpha
    data[to] = (byteAt(rgba, from) + (byteAt(data, to) * rest + 127) / 255) | 0
    data[to + 1] = (byteAt(rgba, from + 1) + (byteAt(data, to + 1) * rest + 127) / 255) | 0
    data[to + 2] = (byteAt(rgba, from + 2) + (byteAt(data, to + 2) * rest + 127) / 255) | 0
  }
}
