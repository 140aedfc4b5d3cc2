/** Pictures of results stay within their bound, whatever they show. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { openPicture } from '../../vision/open.ts'
import { mostPictureChars, resultPicture } from './result-picture.ts'

async function sizeOf(data: string): Promise<readonly number[]> {
  const { width, height } = await openPicture(Buffer.from(data, 'base64'))
  return [width, height]
}

test('a picture that fits is sent as it is', async () => {
  const pixels = { width: 300, height: 200, data: new Uint8Array(300 * 200 * 3).fill(90) }
  const sent = (await resultPicture(pixels, mostPictureChars)) as { data: string }
  expect(await sizeOf(sent.data)).toEqual([300, 200])
})

test.each([
  [1500, 1000, mostPictureChars],
  [1500, 1000, mostPictureChars / 8],
  [2000, 40, 20_000],
  [200, 200, 1000],
])('noise of %i x %i within %d characters', async (width, height, most) => {
  const pixels = { width, height, data: new Uint8Array(randomBytes(width * height * 3)) }
  const { data } = (await resultPicture(pixels, most)) as { data: string }
  expect(data.length).toBeLessThanOrEqual(most)
  const [sentWidth, sentHeight] = await sizeOf(data)
  expect(Math.abs(Math.log(sentWidth! / sentHeight!) - Math.log(width / height))).toBeLessThan(0.1)
})
