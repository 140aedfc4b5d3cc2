/** Searches about several pictures as training rows, in every format. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { twoPictures } from '../../../test/two-pictures.ts'
import type { TwoPictures } from '../../../test/two-pictures.ts'
import { readParquet } from '../../shared/parquet-read.ts'
import type { OpenPicture } from '../../search/owed-samples.ts'
import { readColdStart } from './cold-start.ts'
import { exportSet } from './export-set.ts'
import { runRows } from './run-rows.ts'

let folder: string
let two: TwoPictures
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'two-'))
  two = await twoPictures()
})
afterAll(() => rm(folder, { recursive: true }))

const opener =
  (index: number): OpenPicture =>
  async () =>
    two.pictures[index]!

async function* rows(openers = [opener(0), opener(1)]) {
  const { profile, trajectory } = two
  const [openPicture = opener(0), ...openFurther] = openers
  const problems = [{ problem: trajectory.problem, openPicture, openFurther }]
  yield* runRows([trajectory], { problems, profiles: [profile], encoding: 'png' })
}

const written = async (to: 'sharegpt' | 'trl' | 'mini-o3' | 'parquet' | 'verl') => {
  const out = join(folder, to)
  await exportSet({ rows: rows(), to, out })
  return out
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const names = ['original_image_1', 'original_image_2', 'observation_1', 'observation_2', 'observation_3']

test('views stand in the order of their marks, under the names of their sources', async () => {
  const [row] = await all(rows())
  expect(row!.images.map(({ name }) => name)).toEqual(names.map((name) => `${name}.png`))
  const marks = row!.messages.map(({ text }) => text.split('<image>').length - 1)
  expect(marks).toEqual([2, 0, 1, 0, 1, 0, 1, 0])
  const colours = await Promise.all(
    row!.images.map(async ({ bytes }) => {
      const { channels } = await sharp(bytes).stats()
      return channels[0]!.mean > 128 ? 'red' : 'blue'
    }),
  )
  expect(colours).toEqual(['red', 'blue', 'blue', 'blue', 'red'])
})

test('every format has all pictures of the question, also for training anew', async () => {
  const [conversation] = JSON.parse(await readFile(join(await written('sharegpt'), 'train.json'), 'utf8'))
  expect(conversation.images).toHaveLength(5)
  const lines = (await readFile(join(await written('trl'), 'metadata.jsonl'), 'utf8')).trim().split('\n')
  const parts = JSON.parse(lines[0]!).messages[1].content.filter(({ type }: { type: string }) => type === 'image')
  expect(parts).toHaveLength(2)
  const [back] = await all(readColdStart(join(await written('mini-o3'), 'data', 'train-00000-of-00001.parquet')))
  expect(back!.images.map(({ name }) => name)).toEqual(names.map((name) => `${name}.png`))
  const file = join(await written('verl'), 'data', 'train-00000-of-00001.parquet')
  const [problem] = (await all(readParquet(file))) as { images: unknown[]; prompt: { content: string }[] }[]
  expect(problem!.images).toHaveLength(2)
  expect(problem!.prompt.at(-1)!.content).toContain('original_image_2:\n<image>\nWhich is warmer?')
})

test('a picture that is another one by now is refused, whichever it is', async () => {
  await expect(all(rows([opener(0), opener(0)]))).rejects.toMatchObject({ code: 'export-picture-differs' })
  await expect(all(rows([opener(0)]))).rejects.toMatchObject({ code: 'export-picture-differs' })
})
