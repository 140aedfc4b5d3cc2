import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { pixelBox, relativeBox } from '../../protocol/box.ts'
import { profileHash, profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { dataUrl, encodePng } from '../../vision/encode.ts'
import { view } from '../../vision/fit.ts'
import { openPicture } from '../../vision/open.ts'
import type { Picture } from '../../vision/picture.ts'
import { writePage } from './write-page.ts'

test('the page shows exactly the view that the policy saw, and the region at full resolution', async () => {
  const folder = await emptyFolder()
  const picture = await noise(900, 600)
  const profile = profiles.embedded
  const file = join(folder, 'page.html')
  await writePage(file, 'A search', [
    { title: 'one', trajectory: trajectoryOf(picture, profile, 64), picture, profile },
  ])
  const page = await readFile(file, 'utf8')

  const seen = await view(picture, crop, profile.observationView)
  expect(page).toContain(dataUrl(await encodePng(seen), 'png'))
  const shown = imagesOf(page).map(async (bytes) => (await sharp(bytes).metadata()).width)
  expect(await Promise.all(shown)).toEqual(expect.arrayContaining([900, 300, 64, 112]))
  expect(await readdir(folder)).toEqual(['page.html'])
})

test('large pictures and large views are reduced to what a page has room for', async () => {
  const folder = await emptyFolder()
  const picture = await noise(3000, 1000)
  const profile = profiles.default
  const file = join(folder, 'page.html')
  await writePage(file, 'A search', [
    { title: 'one', trajectory: trajectoryOf(picture, profile, 1500), picture, profile },
  ])
  const sizes = await Promise.all(
    imagesOf(await readFile(file, 'utf8')).map(async (bytes) => {
      const { width, height } = await sharp(bytes).metadata()
      return Math.max(width, height)
    }),
  )
  expect(Math.max(...sizes)).toBe(1400)
  expect(sizes.filter((side) => side > 512)).toHaveLength(1)
})

const crop = pixelBox(100, 50, 400, 250)

function trajectoryOf({ sha256, width, height }: Picture, profile: Profile, viewSide: number): Trajectory {
  const size = { width: viewSide, height: viewSide }
  const whole = pixelBox(0, 0, width, height)
  const usage = { promptTokens: 0, imageTokens: 0, replyTokens: 0 }
  const boxRel = relativeBox(crop[0] / width, crop[1] / height, crop[2] / width, crop[3] / height)
  return {
    version: 1,
    problem: { docId: 'one', dataSource: 'test', question: 'What is there?' },
    picture: { sha256, width, height },
    policy: 'test',
    profile: { name: profile.name, sha256: profileHash(profile) },
    maxTurns: 1,
    seed: 1,
    sampleIndex: 0,
    turns: [
      {
        text: '',
        finish: 'stop',
        action: { kind: 'grounding', boxRel, source: 'original_image' },
        observation: 1,
        usage,
        ms: 1,
      },
    ],
    observations: [
      { index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view: size },
      { index: 1, parent: 0, boxPx: crop, boxInOriginalPx: crop, view: size },
    ],
    end: 'over-turn',
    answer: null,
    usage,
    ms: 1,
  }
}

function imagesOf(page: string): Buffer[] {
  return [...page.matchAll(/data:image\/\w+;base64,([^"]+)/g)].map((match) => Buffer.from(match[1]!, 'base64'))
}

async function noise(width: number, height: number): Promise<Picture> {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 2_654_435_761) >>> 24)
  return openPicture(
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toBuffer(),
  )
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mini-o3-page-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}
