import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { dataIn } from '../../test/page-file.ts'
import { pixelBox, relativeBox } from '../protocol/box.ts'
import { profileHash, profiles } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { dataUrl, encodePng } from '../vision/encode.ts'
import { view } from '../vision/fit.ts'
import { openPicture } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import type { SearchesData } from './page-data.ts'
import { writePage } from './write-page.ts'
import type { SearchToShow } from './write-page.ts'

const hostile =
  '</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>"\'` $& \ud800 \u0000 \u2028 http://evil.test/'

test('the page shows exactly the view that the policy saw, and the region at full resolution', async () => {
  const picture = await noise(900, 600)
  const profile = profiles.embedded
  const { page, folder } = await written([searchOf(picture, profile, 64)])
  const seen = await view(picture, crop, profile.observationView)
  expect(dataIn<SearchesData>(page).searches[0]!.pictures.views[1]).toBe(dataUrl(await encodePng(seen), 'png'))
  const shown = imagesOf(page).map(async (bytes) => (await sharp(bytes).metadata()).width)
  expect(await Promise.all(shown)).toEqual(expect.arrayContaining([900, 300, 64]))
  expect(await readdir(folder)).toEqual(['page.html'])
})

test('large pictures and large views are reduced to what a page has room for', async () => {
  const { page } = await written([searchOf(await noise(3000, 1000), profiles.default, 1500)])
  const sizes = await sidesOf(page)
  expect(Math.max(...sizes)).toBe(1400)
  expect(sizes.filter((side) => side > 512)).toHaveLength(1)
})

test('a page keeps to its bytes however many searches it shows: their pictures become smaller', async () => {
  const search = searchOf(await noise(1400, 1400), profiles.default, 1500)
  const { page } = await written(Array.from({ length: 8 }, () => search))
  expect(imagesOf(page).reduce((sum, { length }) => sum + length, 0)).toBeLessThan(16 * 1024 ** 2)
  expect(Math.max(...(await sidesOf(page)))).toBeLessThan(1400)
})

test('nothing but its own script runs in the page and nothing is fetched: a policy by hash', async () => {
  const { page } = await written([searchOf(await noise(64, 64), profiles.embedded, 64)])
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!
  expect(policy).toMatch(
    /^default-src 'none'; img-src data:; style-src 'sha256-\S+'; script-src 'sha256-\S+'; base-uri/,
  )
  for (const name of ['script type="module"', 'style']) {
    const elements = [...page.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name.split(' ')[0]}>`, 'g'))]
    expect(elements).toHaveLength(1)
    expect(policy).toContain(`'sha256-${createHash('sha256').update(elements[0]![1]!).digest('base64')}'`)
  }
  const markup = page.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '')
  expect(markup).not.toMatch(/\son\w+=|\sstyle=|<iframe|<base|https?:|@import/i)
  for (const [, target] of markup.matchAll(/\s(?:src|href)="([^"]*)"/g)) expect(target).toMatch(/^data:image\//)
})

test('tokens of a search of training are in the page, or the reason why not', async () => {
  const search = searchOf(await noise(64, 64), profiles.embedded, 64)
  const tokens = [{ lengths: [0], logprobs: [-0.5] }]
  const many = [{ lengths: [0], logprobs: Array.from({ length: 300_000 }, () => -1.25) }]
  const long = search.trajectory.turns.map((turn) => ({ ...turn, text: 'x'.repeat(7000) }))
  const { page } = await written([
    search,
    { ...search, tokens },
    { ...search, tokens: null },
    { ...search, tokens: many },
    { ...search, tokens, trajectory: { ...search.trajectory, turns: long } },
  ])
  expect(dataIn<SearchesData>(page).searches.map((one) => one.tokens)).toEqual([
    undefined,
    tokens,
    expect.stringContaining('did not store them'),
    expect.stringContaining('too large'),
    expect.stringContaining('shortened'),
  ])
})

test('hostile text of a model or a file stays text, everywhere', async () => {
  const search = searchOf(await noise(64, 64), profiles.embedded, 64)
  const { trajectory } = search
  const calm = await written([search])
  const turns = trajectory.turns.map((turn) => ({ ...turn, text: hostile, thought: hostile }))
  const problem = { ...trajectory.problem, question: hostile, docId: hostile, answer: hostile }
  const wild = { ...trajectory, turns, problem, answer: hostile, policy: hostile }
  const { page } = await written([{ ...search, title: hostile, trajectory: wild }], hostile, [hostile])
  for (const name of ['script', 'img', 'p', 'title', '!--']) {
    const count = (text: string): number => text.match(new RegExp(`<${name}[\\s>]`, 'g'))?.length ?? 0
    // Its note is one paragraph more.
    expect([name, count(page)]).toEqual([name, count(calm.page) + (name === 'p' ? 1 : 0)])
  }
  expect(page.isWellFormed()).toBe(true)
  const { notes, searches } = dataIn<SearchesData>(page)
  expect([notes[0], searches[0]!.name, searches[0]!.trajectory]).toEqual([hostile, hostile, wild])
})

test('a reply of megabytes is cut on the page', async () => {
  const search = searchOf(await noise(64, 64), profiles.embedded, 64)
  const long = { ...search.trajectory.turns[0]!, thought: 'x'.repeat(5_000_000), text: 'y'.repeat(5_000_000) }
  const calm = await written([search])
  const { page } = await written([{ ...search, trajectory: { ...search.trajectory, turns: [long] } }])
  expect(page.length - calm.page.length).toBeLessThan(20_000)
  expect(page).toContain('more characters')
})

test('a reader without scripts is told what was asked and answered', async () => {
  const search = searchOf(await noise(64, 64), profiles.embedded, 64)
  const { page } = await written([search], 'A search', ['2 x failed'])
  expect(/<noscript>(.*?)<\/noscript>/s.exec(page)![1]).toBe(
    '<p>2 x failed</p><p>one. What is there? – (ran out of turns, 1 turn)</p>',
  )
})

const crop = pixelBox(100, 50, 400, 250)

async function written(searches: readonly SearchToShow[], title = 'A search', notes: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'mini-o3-page-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writePage(join(folder, 'page.html'), title, searches, { notes })
  return { folder, page: await readFile(join(folder, 'page.html'), 'utf8') }
}

function searchOf(picture: Picture, profile: Profile, viewSide: number): SearchToShow {
  const { sha256, width, height } = picture
  const size = { width: viewSide, height: viewSide }
  const whole = pixelBox(0, 0, width, height)
  const box = width > 400 ? crop : pixelBox(0, 0, 32, 32)
  const usage = { promptTokens: 0, imageTokens: 0, replyTokens: 0 }
  const boxRel = relativeBox(box[0] / width, box[1] / height, box[2] / width, box[3] / height)
  const trajectory: Trajectory = {
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
      { index: 1, parent: 0, boxPx: box, boxInOriginalPx: box, view: size },
    ],
    end: 'over-turn',
    answer: null,
    usage,
    ms: 1,
  }
  return { title: 'one', trajectory, picture, profile }
}

function imagesOf(page: string): Buffer[] {
  return [...page.matchAll(/data:image\/(?:png|jpeg);base64,([^"]+)/g)].map((match) => Buffer.from(match[1]!, 'base64'))
}

function sidesOf(page: string): Promise<number[]> {
  return Promise.all(
    imagesOf(page).map(async (bytes) => {
      const { width, height } = await sharp(bytes).metadata()
      return Math.max(width, height)
    }),
  )
}

async function noise(width: number, height: number): Promise<Picture> {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 2_654_435_761) >>> 24)
  return openPicture(
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toBuffer(),
  )
}
