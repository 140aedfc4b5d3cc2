/** A question to a searcher that reads pictures as the released loader does: what the page shows of it is what the policy saw. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Policy } from '../../policy/policy.ts'
import { pixelBox } from '../../protocol/box.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { openPicture } from '../../vision/open.ts'
import type { Picture, Pixels } from '../../vision/picture.ts'
import { SearchQueue } from '../search-queue.ts'
import { openRuns } from '../runs/runs.ts'
import { servedRuns } from '../runs/served-runs.ts'
import { openAsks } from './asks.ts'
import { openPictures } from './pictures.ts'
import { regionResponse, sentRegions, viewResponse } from './region.ts'

let root: string
const pictures = openPictures()
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'released-'))
})
afterEach(async () => {
  await pictures.close()
  await rm(root, { recursive: true })
})

/** Half transparent red beside blue, lying on its side: 300x240 as stored, 240x300 as displayed. */
async function lying(): Promise<Uint8Array> {
  const left = {
    input: { create: { width: 150, height: 240, channels: 4, background: '#f008' } },
    left: 0,
    top: 0,
  } as const
  const ground = sharp({ create: { width: 300, height: 240, channels: 4, background: '#00f' } })
  const file = ground.composite([{ ...left, blend: 'source' }]).withMetadata({ orientation: 6 })
  return file.png().toBuffer()
}

function answering(seen: Pixels[]): Policy {
  return {
    name: 'answering',
    open: () => ({
      async take(message) {
        if (message.kind !== 'error') seen.push(await message.view!.pixels())
        const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }
        return { text: '<think>.</think><answer>red</answer>', finish: 'stop', usage }
      },
      close() {},
    }),
  }
}

async function whole(picture: Picture): Promise<Pixels> {
  const { width, height } = picture
  return picture.region(pixelBox(0, 0, width, height), { width, height }, 'nearest')
}

test('page, stored run and policy have the same pixels, and the upload is shown upright', async () => {
  const encoded = await lying()
  const seen: Pixels[] = []
  const queue = new SearchQueue({ atOnce: 1, waiting: 1 })
  const searcher = { name: 'chat', note: '', profile: profiles.official, policy: () => answering(seen), queue }
  const runs = servedRuns(root)
  const { signal } = new AbortController()
  const onFault = (error: unknown): never => {
    throw error
  }
  const asks = openAsks({ searchers: () => [searcher], pictures, queue, archive: runs, onFault, signal })

  const { id, width } = await pictures.upload(encoded, signal)
  expect(width).toBe(240)
  const asked = { picture: id, question: 'Which?', policy: 'chat', maxTurns: 2, samples: 1 }
  const ask = asks.get((await asks.start(asked)).id)
  while (!ask.done) await ask.changed()

  const expected = await whole(await openPicture(encoded, { reading: 'pillow' }))
  expect(expected).toMatchObject({ width: 300, height: 240 })
  expect([...expected.data.subarray(0, 3)]).toEqual([255, 0, 0])
  expect(seen).toEqual([expected])
  const last = ask.events.at(-1) as { readonly trajectory: Trajectory }
  expect(last.trajectory.picture).toEqual({ sha256: id, width: 300, height: 240, reading: 'pillow' })
  expect(await whole(await ask.picture(0))).toEqual(expected)
  expect(pictures.get(id).picture.width).toBe(240)

  await runs.close()
  const read = openRuns(root)
  const { name } = (await read.list())[0]!
  await read.details(name, 0)
  expect(await whole(await read.picture(name, 0))).toEqual(expected)

  // Pictures that were sent before, of the other reading of the same file, do not stand in for them.
  const sent = sentRegions()
  const query = new URLSearchParams({ box: '0,0,200,200', side: '200' })
  const colour = async (response: Response): Promise<number[]> => {
    const { data } = await sharp(await response.arrayBuffer())
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    return [...data.subarray(0, 3)].map((value) => Math.round(value / 64))
  }
  expect(await colour(await regionResponse(sent, () => pictures.get(id).picture, query))).not.toEqual([4, 0, 0])
  expect(await colour(await regionResponse(sent, () => ask.picture(0), query))).toEqual([4, 0, 0])
  const view = await viewResponse(
    sent,
    (original) => ask.picture(original),
    last.trajectory,
    new URLSearchParams({ observation: '0' }),
  )
  expect(await colour(view)).toEqual([4, 0, 0])
})
