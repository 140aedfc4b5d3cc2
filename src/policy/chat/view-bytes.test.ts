import sharp from 'sharp'
import { expect, it } from 'vitest'
import { random } from '../../shared/random.ts'
import type { Pixels } from '../../vision/picture.ts'
import { viewBytes } from './view-bytes.ts'

function noise(width: number, height: number): Pixels {
  const { int } = random('noise', width, height)
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => int(256)) }
}

/** Red letters on blue, a pixel wide: what chroma at half resolution smears. */
function stripes(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) data[i * 3 + (i % 2 === 0 ? 0 : 2)] = 200
  return { width, height, data }
}

it.each([
  [64, 64],
  [256, 256],
  [200, 200],
])('sends a view of %i x %i exactly as it is', async (width, height) => {
  const pixels = noise(width, height)
  const part = await viewBytes(pixels)
  expect(part.mime).toBe('image/png')
  expect(Buffer.compare(await sharp(part.bytes).raw().toBuffer(), pixels.data)).toBe(0)
  expect(part.sha256).toBe((await viewBytes(noise(width, height))).sha256)
})

it('sends a larger view as JPEG whose colours keep their places', async () => {
  const pixels = stripes(258, 256)
  const part = await viewBytes(pixels)
  expect(part.mime).toBe('image/jpeg')
  const back = await sharp(part.bytes).raw().toBuffer()
  const worst = back.reduce((most, value, i) => Math.max(most, Math.abs(value - pixels.data[i]!)), 0)
  expect(worst).toBeLessThan(40)
})
