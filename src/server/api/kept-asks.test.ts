/** Which asks are kept, and for how long their pictures are. */
import { afterAll, expect, test } from 'vitest'
import { storedSearch } from '../../../test/stored-searches.ts'
import { pixelBox } from '../../protocol/box.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { encodePng } from '../../vision/encode.ts'
import { openPicture } from '../../vision/open.ts'
import { openPictures } from './pictures.ts'
import type { AskEvent } from './types.ts'
import { keptAsks } from './kept-asks.ts'
import type { Ask } from './kept-asks.ts'
import { bundledScenes, scenesOfWorker } from './scene-pictures.ts'

const pictures = openPictures()
afterAll(() => pictures.close())
const asks = keptAsks(pictures, new AbortController().signal)
const profile = { name: 'embedded', sha256: '0'.repeat(64) }
const [picture] = pictures.scenes.map(({ id }) => pictures.get(id).picture) as [
  ReturnType<typeof pictures.get>['picture'],
]
const broken = (message: string): AskEvent => ({ sample: 0, kind: 'broken', message })

test('the newest 200 are kept, and those under way whatever their number', () => {
  const first = asks.open({ pictures: [picture], profile })
  const others = Array.from({ length: 250 }, () => asks.open({ pictures: [picture], profile }))
  expect(asks.get(first.id)).toBe(first)
  for (const ask of others) ask.finish()
  const newest = asks.open({ pictures: [picture], profile })
  expect(asks.get(first.id)).toBe(first)
  expect(() => asks.get(others[0]!.id)).toThrow('no longer has')
  expect(asks.get(others.at(-1)!.id)).toBe(others.at(-1))
  expect(asks.get(newest.id)).toBe(newest)
})

test('news of more than 64 MB make room for newer ones', () => {
  const long = Array.from({ length: 5 }, () => {
    const ask = asks.open({ pictures: [picture], profile })
    ask.tell(broken('x'.repeat(16 * 1024 ** 2)))
    ask.finish()
    return ask
  })
  const newest = asks.open({ pictures: [picture], profile })
  expect(() => asks.get(long[0]!.id)).toThrow('no longer has')
  expect(asks.get(long[4]!.id)).toBe(long[4])
  expect(asks.get(newest.id)).toBe(newest)
})

test('who waits for news hears of them; a stopped ask says so to its searches only', async () => {
  const [one, other] = [asks.open({ pictures: [picture], profile }), asks.open({ pictures: [picture], profile })]
  const changed = one.changed()
  one.tell(broken('a'))
  await changed
  one.stop()
  expect([one.signal.aborted, other.signal.aborted]).toEqual([true, false])
})

test('the picture of an ask that is done is there as long as pictures are kept', async () => {
  const encoded = await encodePng({ width: 8, height: 8, data: new Uint8Array(192) })
  const own = await openPicture(encoded)
  const ask = asks.open({ pictures: [own], profile })
  expect(ask.picture(0)).toBe(own)
  pictures.keep({ picture: own, encoded })
  ask.finish()
  expect(ask.picture(0)).toBe(own)
  // 256 MiB of others later it is gone.
  pictures.keep({ picture: { ...own, sha256: 'other' }, encoded: new Uint8Array(256 * 1024 ** 2) })
  expect(() => ask.picture(0)).toThrow('no longer has')
})

test('scenes are drawn by a thread as they are here', async () => {
  const box = pixelBox(100, 200, 1100, 1200)
  const size = { width: 50, height: 50 }
  const [drawn, here] = await Promise.all([
    picture.region(box, size, 'area'),
    bundledScenes()[0]!.picture.region(box, size, 'area'),
  ])
  expect(drawn).toEqual(here)
})

test('nobody waits for a region once the thread that draws them is gone', async () => {
  const { scenes, close } = scenesOfWorker()
  const [{ picture: scene }] = scenes as [(typeof scenes)[number]]
  const waiting = scene
    .region(pixelBox(0, 0, 4096, 4096), { width: 2000, height: 2000 }, 'area')
    .catch((error) => error)
  await close()
  const ended = { code: 'worker-ended' }
  expect(await waiting).toMatchObject(ended)
  await expect(scene.region(pixelBox(0, 0, 8, 8), { width: 8, height: 8 }, 'area')).rejects.toMatchObject(ended)
})

test('recent questions are numbered, and tell what all of their searches came to', () => {
  const own = keptAsks(pictures, new AbortController().signal)
  const row = { id: 'scene-1', width: 4096, height: 4096 }
  const about = { question: 'Which digit?', policy: 'chat:a', picture: row }
  const listed = { ...about, samples: 4, furtherPictures: [] }
  const [first, second, third] = [listed, { ...about, samples: 1, furtherPictures: [row] }, listed].map((one) =>
    own.open({ pictures: [picture], profile, listed: one }, own.nextNumber(one.samples)),
  ) as [Ask, Ask, Ask]
  own.open({ pictures: [picture], profile })
  const ended = (sample: number, change: Partial<Trajectory> = {}): AskEvent => {
    return {
      sample,
      kind: 'ended',
      trajectory: { ...storedSearch({ seed: 1, right: true, sampleIndex: sample }), ...change },
    }
  }
  first.tell(ended(0))
  first.tell({ sample: 1, kind: 'broken', message: 'Its server is away.' })
  first.tell(ended(2, { answer: null, end: 'over-turn' }))
  expect(own.recent().at(-1)).toMatchObject({ outcome: '4, failed, no answer, searching …' })
  first.tell(ended(3))
  first.finish()
  second.stop()
  second.tell({ sample: 0, kind: 'broken', message: 'Stopped.' })
  second.finish()
  third.tell(ended(0, { answer: null, end: 'failed' }))
  third.finish()
  expect(own.recent()).toEqual([
    { id: third.id, number: 3, ...listed, outcome: 'failed' },
    { id: second.id, number: 2, ...about, samples: 1, furtherPictures: [row], outcome: 'stopped' },
    { id: first.id, number: 1, ...listed, outcome: '4 ×2, failed, no answer' },
  ])
})
