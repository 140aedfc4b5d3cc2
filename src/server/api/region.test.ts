import sharp from 'sharp'
import { expect, test } from 'vitest'
import { pixelBox } from '../../protocol/box.ts'
import { profileHash, profiles } from '../../protocol/profile.ts'
import { openPicture } from '../../vision/open.ts'
import { sentRegions, viewResponse } from './region.ts'

test('what the policy saw beyond the edge of the picture is black on the page too', async () => {
  const white = { create: { width: 90, height: 60, channels: 3, background: '#fff' } } as const
  const picture = await openPicture(await sharp(white).png().toBuffer())
  const whole = pixelBox(0, 0, 90, 60)
  const original = { index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view: { width: 84, height: 56 } }
  const boxPx = pixelBox(62, 32, 90, 60)
  const view = { width: 56, height: 56 }
  const askedPx = pixelBox(62, 32, 118, 88)
  const crop = { index: 1, parent: 0, boxPx, askedPx, boxInOriginalPx: boxPx, view }
  const profile = { name: 'deepeyes', sha256: profileHash(profiles.deepeyes) } as const
  const search = { observations: [original, crop], profile }
  const shown = await viewResponse(sentRegions(), () => picture, search, new URLSearchParams({ observation: '1' }))
  const { data, info } = await sharp(await shown.arrayBuffer())
    .raw()
    .toBuffer({ resolveWithObject: true })
  const red = (x: number, y: number): number => data[(y * info.width + x) * info.channels]!
  expect([info.width, info.height]).toEqual([56, 56])
  expect([red(0, 0), red(27, 27), red(28, 0), red(55, 55)]).toEqual([255, 255, 0, 0])
})
