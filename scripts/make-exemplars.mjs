/**
 * Draws the pictures of the exemplars that ship, each from the scene that its exemplar.json names: after `npm run build`,
 * node scripts/make-exemplars.mjs. Things are drawn smaller than the scene has them (`drawn.scale`), so that an overview
 * shows specks of colour, and neither their shapes nor their digits.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { drawScene } from '../dist/probe/draw.js'
import { sceneFrom } from '../dist/probe/problem.js'

const folder = fileURLToPath(new URL('../exemplars', import.meta.url))
for (const way of await readdir(folder)) {
  const { scene: ref, drawn, picture } = JSON.parse(await readFile(join(folder, way, 'exemplar.json'), 'utf8'))
  const { side_px: side, scale } = drawn
  const scene = sceneFrom(ref)
  const objects = scene.objects.map((object) => ({ ...object, side: object.side * scale }))
  const clutter = scene.clutter.map((item) => ({ ...item, width: item.width * scale, height: item.height * scale }))
  const { data } = drawScene({ ...scene, objects, clutter }, [0, 0, 1, 1], { width: side, height: side })
  const image = sharp(data, { raw: { width: side, height: side, channels: 3 } })
  const jpeg = await image.jpeg({ quality: 88, chromaSubsampling: '4:4:4', mozjpeg: true }).toBuffer()
  await writeFile(join(folder, way, picture), jpeg)
  console.log(`${way}: ${Math.round(jpeg.byteLength / 1024)} KiB`)
}
