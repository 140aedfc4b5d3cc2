/** Draws SVG as PNG with the font of figures. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { itemAt } from '../../shared/known.ts'
import { resvg } from '../../shared/native.ts'
import { isInInter, trueType, weights } from './text.ts'

/** Renders an SVG with this many pixels per unit. */
type Raster = (svg: string, zoom: number) => Promise<Uint8Array<ArrayBuffer>>

/** The renderer reads fonts from files only, which exist while `work` runs. System fonts are only loaded for characters that Inter lacks. */
export async function withRaster<T>(work: (raster: Raster) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'mini-o3-'))
  try {
    const fontFiles = weights.map((weight) => join(folder, `${weight}.ttf`))
    for (const [index, weight] of weights.entries()) await writeFile(itemAt(fontFiles, index), trueType(weight))
    return await work(async (svg, value) => {
      const loadSystemFonts = !isInInter(svg.replaceAll('\n', ''))
      const font = { fontFiles, loadSystemFonts, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' }
      return new Uint8Array((await resvg().renderAsync(svg, { font, fitTo: { mode: 'zoom', value } })).asPng())
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
