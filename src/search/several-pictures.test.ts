/** A question about several pictures: what is told, what is cut from which, what is kept, and what is refused. */
import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { everyPixel } from '../../test/every-pixel.ts'
import type { Message, Policy } from '../policy/policy.ts'
import { viewsOf } from '../policy/policy.ts'
import { picturesOf } from '../protocol/originals.ts'
import { profiles } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'
import { openPicture } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import { replay, unseen } from './replay.ts'
import { searchToEnd } from './search-many.ts'

const problem = { docId: 'p1', dataSource: 'test', question: 'Which is warmer?', answer: 'the first' }
const profile: Profile = { ...profiles.default, firstView: everyPixel, observationView: everyPixel }
let red: Picture
let blue: Picture
let green: Picture

beforeAll(async () => {
  const drawn = async (width: number, height: number, background: string) =>
    openPicture(
      await sharp({ create: { width, height, channels: 3, background } })
        .png()
        .toBuffer(),
    )
  red = await drawn(100, 80, '#f00')
  blue = await drawn(60, 90, '#00f')
  green = await drawn(40, 40, '#0f0')
})

/** Zooms into one source after the other, at a box that may stand behind it, then answers; keeps what it was told and saw. */
function zooming(...sources: readonly string[]) {
  const told: Message[] = []
  const seen: string[] = []
  const policy: Policy = {
    name: 'scripted',
    open: () => ({
      async take(message, { turn }) {
        told.push(message)
        for (const view of viewsOf(message)) {
          const { width, height, data } = await view.pixels()
          seen.push(`${width}x${height} ${[...data.subarray(0, 3)].map((value) => (value > 128 ? 1 : 0)).join('')}`)
        }
        const [source, box = '0, 0, 0.5, 0.5'] = sources[turn - 1]?.split(' at ') ?? []
        const text =
          source === undefined
            ? '<answer>the first</answer>'
            : `<grounding>{"bbox_2d": [${box}], "source": "${source}"}</grounding>`
        return { text, finish: 'stop', usage: { promptTokens: 10, imageTokens: 8, replyTokens: 2 } }
      },
      close: () => {},
    }),
  }
  return { policy, told, seen }
}

const run = (policy: Policy, pictures: readonly [Picture, ...Picture[]], under = profile) => {
  const [picture, ...furtherPictures] = pictures
  return searchToEnd({ picture, furtherPictures, problem }, policy, { profile: under })
}

test('each picture is shown under its name, and zooms go into the one that is named', async () => {
  const { policy, told, seen } = zooming('original_image_2', 'observation_1', 'Original Image 1', 'original_image_3')
  const { trajectory } = await run(policy, [red, blue, green])
  expect(told[0]).toMatchObject({
    text:
      'There are 3 pictures, each under its name. In place of "original_image", a source is one of these names.\n' +
      'original_image_1:\n<image>\noriginal_image_2:\n<image>\noriginal_image_3:\n<image>\nWhich is warmer?',
  })
  expect(seen).toEqual(['100x80 100', '60x90 001', '40x40 010', '30x45 001', '15x22 001', '50x40 100', '20x20 010'])
  const labels = told.slice(1).map(({ text }) => /observation_\d/.exec(text)?.[0])
  expect(labels).toEqual(['observation_1', 'observation_2', 'observation_3', 'observation_4'])
  expect(trajectory).toMatchObject({
    end: 'answered',
    picture: { sha256: red.sha256 },
    furtherPictures: [{ sha256: blue.sha256 }, { sha256: green.sha256, width: 40, height: 40 }],
    observations: [
      { index: 0, parent: null, boxPx: [0, 0, 100, 80] },
      { index: 1, parent: null, boxPx: [0, 0, 60, 90] },
      { index: 2, parent: null, boxPx: [0, 0, 40, 40] },
      { index: 3, parent: 1, boxInOriginalPx: [0, 0, 30, 45] },
      { index: 4, parent: 3 },
      { index: 5, parent: 0 },
      { index: 6, parent: 2 },
    ],
  })
  expect(trajectorySchema.parse(JSON.parse(JSON.stringify(trajectory)))).toEqual(trajectory)
  expect(picturesOf(trajectory).map(({ sha256 }) => sha256)).toEqual([red.sha256, blue.sha256, green.sha256])
  const again = replay(trajectory, profile, unseen).map(({ message }) => ({
    ...message,
    views: viewsOf(message).length,
  }))
  expect(again).toMatchObject(told.map((message) => ({ text: message.text, views: viewsOf(message).length })))
})

test('a source that does not say which picture is a mistake that is told, and so is one that is not there', async () => {
  const { policy, told } = zooming('original_image', 'original_image_3', 'observation_0', 'original_image_2')
  const { trajectory } = await run(policy, [red, blue])
  const codes = trajectory.turns.map(({ error }) => error?.code)
  expect(codes).toEqual(['which-original', 'no-such-source', 'no-such-source', undefined, undefined])
  expect(told[1]?.text).toContain('"original_image_1" to "original_image_2"')
})

test('pixels of a view are those of the picture that is named', async () => {
  const { policy } = zooming('original_image_2 at 0, 45, 60, 90', 'original_image_1 at 50, 0, 100, 80')
  const { trajectory } = await run(policy, [red, blue], { ...profile, coordinates: 'pixel' })
  const boxes = trajectory.observations.slice(2).map(({ boxPx }) => boxPx)
  expect(boxes).toEqual([
    [0, 45, 59, 89],
    [50, 0, 99, 79],
  ])
})

test('originals count where a search may hold so many pictures', async () => {
  const { policy } = zooming('original_image_1', 'original_image_2')
  const { trajectory } = await run(policy, [red, blue], { ...profile, maxImages: 3 })
  expect(trajectory).toMatchObject({ end: 'over-image', observations: { length: 3 } })
})

test.each([
  ['official', profiles.official, 'The profile "official" takes one picture'],
  ['deepeyes', profiles.deepeyes, 'The profile "deepeyes" takes one picture'],
  ['pixel-reasoner-lenient', profiles['pixel-reasoner-lenient'], 'takes one picture'],
  ['embedded', profiles.embedded, 'The profile "embedded" takes one picture'],
  [
    'two pictures a search',
    { ...profile, maxImages: 2 },
    'may have at most 2 pictures, the picture limit of a search (--max-images), not 3',
  ],
])('several are refused under %s', async (_, under, message) => {
  await expect(run(zooming().policy, [red, blue, green], under)).rejects.toMatchObject({
    code: 'too-many-pictures',
    exitCode: 2,
    message: expect.stringContaining(message) as unknown,
  })
})

test('more than 16 are refused, and so are more pixels than memory holds', async () => {
  const { policy } = zooming()
  const many = Array.from({ length: 16 }, () => blue)
  await expect(run(policy, [red, ...many])).rejects.toThrow('A question may have at most 16 pictures, not 17')
  const large = { ...red, width: 20_000, height: 10_000 }
  await expect(run(policy, [large, large])).rejects.toThrow('350 million pixels in total')
})
