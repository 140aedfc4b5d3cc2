/** Writes the figure of a search as an SVG or a PNG: draws the original and the crops, and lays them out. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { renderAsync } from '@resvg/resvg-js'
import { boxSize, pixelBox } from '../../protocol/box.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { UserError } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/run-folder.ts'
import { dataUrl, encodeJpeg } from '../../vision/encode.ts'
import type { Picture } from '../../vision/picture.ts'
import { sidesShown } from './layout.ts'
import { isInInter, trueType, weights } from './text.ts'
import { figureSvg, layoutOf } from './figure.ts'
import { atMost } from '../search/write-page.ts'

/** Pixels of a PNG for each unit of the figure, and of the pictures within. */
const density = 1.5

/** Throws `UserError` for a name that ends in neither `.svg` nor `.png`. */
export function checkFigureName(path: string): void {
  if (['.svg', '.png'].includes(extname(path).toLowerCase())) return
  throw new UserError('figure-format', `A figure is an SVG or a PNG: name a file such as figure.png, not ${path}.`)
}

/** Written beside, then renamed. */
export async function writeFigure(path: string, trajectory: Trajectory, picture: Picture): Promise<void> {
  checkFigureName(path)
  const layout = layoutOf(trajectory)
  const urls = new Map<number, string>()
  for (const [index, side] of sidesShown(layout)) {
    const whole = pixelBox(0, 0, picture.width, picture.height)
    const boxPx = index === 0 ? whole : trajectory.observations[index]!.boxInOriginalPx
    const pixels = await picture.region(boxPx, atMost(boxSize(boxPx), Math.ceil(side * density)), 'area')
    urls.set(index, dataUrl(await encodeJpeg(pixels, 86), 'jpeg'))
  }
  const svg = figureSvg({ trajectory, layout, urls })
  await replaceFile(path, extname(path).toLowerCase() === '.svg' ? svg : await drawn(svg))
}

/** The machine's fonts are asked only for letters that Inter lacks. */
async function drawn(svg: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'mini-o3-'))
  try {
    const fontFiles = weights.map((weight) => join(folder, `${weight}.ttf`))
    for (const [index, weight] of weights.entries()) await writeFile(fontFiles[index]!, trueType(weight))
    const loadSystemFonts = !isInInter(svg.replaceAll('\n', ''))
    const font = { fontFiles, loadSystemFonts, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' }
    return (await renderAsync(svg, { font, fitTo: { mode: 'zoom', value: density } })).asPng()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
