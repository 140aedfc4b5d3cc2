/** Writes the figure of a search as SVG or PNG. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { resvg } from '../../shared/native.ts'
import { pixelBox } from '../../protocol/box.ts'
import { shownSize } from '../../protocol/orientation.ts'
import { originalOf } from '../../protocol/originals.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { UserError } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { itemAt } from '../../shared/known.ts'
import { dataUrl, encodeJpeg } from '../../vision/encode.ts'
import type { Picture } from '../../vision/picture.ts'
import { sidesShown } from './layout.ts'
import { isInInter, trueType, weights } from './text.ts'
import { figureSvg, layoutOf } from './figure.ts'
import { changedRegion } from '../../vision/changed-view.ts'
import { atMost } from '../../vision/fit.ts'

/** Pixels per figure unit, for PNG and for embedded pictures. */
const density = 1.5

export type FigureKind = 'svg' | 'png'

/** Throws `UserError` for any extension but `.svg` and `.png`. */
export function figureKind(path: string): FigureKind {
  const kind = extname(path).slice(1).toLowerCase()
  if (kind === 'svg' || kind === 'png') return kind
  throw new UserError(
    'figure-format',
    `Figures are written as SVG or PNG: name a file such as figure.png, not ${path}.`,
  )
}

/** Written under a temporary name, then renamed. */
export async function writeFigure(path: string, trajectory: Trajectory, pictures: readonly Picture[]): Promise<void> {
  await replaceFile(path, await drawFigure(figureKind(path), trajectory, pictures))
}

/** The bytes of the SVG or PNG. */
export async function drawFigure(
  kind: FigureKind,
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
  return kind === 'svg' ? svg : rastered(svg)
}

/** Renders to PNG. System fonts are only loaded for characters that Inter lacks. */
async function rastered(svg: string): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'mini-o3-'))
  try {
    const fontFiles = weights.map((weight) => join(folder, `${weight}.ttf`))
    for (const [index, weight] of weights.entries()) await writeFile(itemAt(fontFiles, index), trueType(weight))
    const loadSystemFonts = !isInInter(svg.replaceAll('\n', ''))
    const font = { fontFiles, loadSystemFonts, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' }
    return new Uint8Array((await resvg().renderAsync(svg, { font, fitTo: { mode: 'zoom', value: density } })).asPng())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
