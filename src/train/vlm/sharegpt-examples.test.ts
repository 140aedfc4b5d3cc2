import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectedRun } from '../../../test/collected-run.ts'
import { tinyVlm } from '../../../test/tiny-vlm.ts'
import { exportSet } from '../../coldstart/export/export-set.ts'
import { readChosenSearches } from '../../coldstart/export/chosen-searches.ts'
import { runRows, toldSearches } from '../../coldstart/export/run-rows.ts'
import { type Prompt, promptLength } from '../../engine/engine.ts'
import { shownPictures } from '../../policy/sampler/conversation.ts'
import { profiles } from '../../protocol/profile.ts'
import { openPicture } from '../../vision/open.ts'
import { type Example, exampleOf } from './example.ts'
import { exampleTurns } from './run-vlm-sft.ts'
import { readShareGptExamples } from './sharegpt-examples.ts'

let folder: string
let set: string
let collected: Example[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sharegpt-'))
  const { path, problems } = await collectedRun(folder)
  const { searches } = await readChosenSearches(path, { all: false })
  const under = { problems, profiles: Object.values(profiles) }
  set = join(folder, 'set')
  await exportSet({ rows: runRows(searches, { ...under, encoding: 'png' }), to: 'sharegpt', out: set })
  collected = toldSearches(searches, under).map((told) => exampleOf(told.trajectory, told.profile, told.openers))
})
afterAll(() => rm(folder, { recursive: true }))

/** The prompt with the pixels that its pictures show. */
async function seen(prompt: Prompt): Promise<unknown[]> {
  return Promise.all(
    prompt.map(async (chunk) => {
      if (chunk.kind !== 'image') return chunk
      const { width, height, region } = await openPicture(await chunk.bytes())
      const whole = [0, 0, width, height] as never
      return { tokens: chunk.tokens, pixels: await region(whole, { width, height }, 'area') }
    }),
  )
}

const unlimited = { dialect: 'grounding', contextLimit: null }

describe('searches in an exported set', () => {
  test('are learned as those of the run that they come from, token by token and pixel by pixel', async () => {
    const exported = (await readShareGptExamples(set))!
    expect(exported).toHaveLength(collected.length)
    for (const [i, example] of exported.entries()) {
      const there = await exampleTurns(example, tinyVlm, unlimited, shownPictures())
      const here = await exampleTurns(collected[i]!, tinyVlm, unlimited, shownPictures())
      expect(there.map(({ reply }) => reply)).toEqual(here.map(({ reply }) => reply))
      expect(await seen(there.at(-1)!.prompt)).toEqual(await seen(here.at(-1)!.prompt))
      const sizes = async (one: Example) => (await one.lessons()).map(({ viewSizes }) => viewSizes)
      expect(await sizes(example)).toEqual(await sizes(collected[i]!))
    }
    // One of them was told of a mistake.
    const kinds = await Promise.all(exported.map((example) => example.lessons()))
    expect(kinds.flat().some(({ message }) => message.kind === 'error')).toBe(true)
  })

  test('turns that end beyond the context are not learned, and those before them are', async () => {
    const long = collected.at(-1)!
    const all = await exampleTurns(long, tinyVlm, unlimited, shownPictures())
    expect(all.length).toBeGreaterThan(1)
    const { prompt, reply } = all[1]!
    const room = promptLength(prompt) + reply.length
    const replies = async (limit: number) =>
      (await exampleTurns(long, tinyVlm, { ...unlimited, contextLimit: limit }, shownPictures())).map(
        (turn) => turn.reply,
      )
    expect(await replies(room)).toEqual(all.slice(0, 2).map((turn) => turn.reply))
    expect(await replies(room - 1)).toEqual([all[0]!.reply])
  })

  test('a turn that was written by hand is read, and not learned', async () => {
    const long = collected.at(-1)!
    const all = await exampleTurns(long, tinyVlm, unlimited, shownPictures())
    const given: Example = {
      lessons: async () => (await long.lessons()).map((one, i) => (i === 0 ? { ...one, byHand: true } : one)),
    }
    const learned = await exampleTurns(given, tinyVlm, unlimited, shownPictures())
    expect(learned.map(({ reply }) => reply)).toEqual(all.slice(1).map(({ reply }) => reply))
    expect(await seen(learned[0]!.prompt)).toEqual(await seen(all[1]!.prompt))
  })

  test('no set at all is nothing, and no error', async () => {
    expect(await readShareGptExamples(folder)).toBeUndefined()
  })

  test.each([
    [
      'ends with a question',
      (row: Row) => ({ ...row, conversations: row.conversations.slice(0, -1) }),
      /ends with a reply/,
    ],
    ['lacks a picture', (row: Row) => ({ ...row, images: row.images.slice(1) }), /other <image> marks than pictures/],
    [
      'reaches outside',
      (row: Row) => ({ ...row, images: row.images.map(() => '../../secret.png') }),
      /outside of its folder/,
    ],
    ['has no texts', () => ({ images: [] }), /has another shape/],
  ])('a row that %s is named with its number', async (_, change, said) => {
    const broken = await mkdtemp(join(folder, 'broken-'))
    await writeFile(join(broken, 'dataset_info.json'), '{}')
    const rows = JSON.parse(await readFile(join(set, 'train.json'), 'utf8')) as Row[]
    await writeFile(join(broken, 'train.json'), JSON.stringify([rows[0], change(rows[1]!)]))
    const read = readShareGptExamples(broken)
    await expect(read).rejects.toThrow(said)
    await expect(read).rejects.toMatchObject({
      code: 'sharegpt-broken',
      exitCode: 2,
      message: expect.stringMatching(/^Row 2 of/),
    })
  })
})

interface Row {
  readonly conversations: readonly object[]
  readonly images: readonly string[]
}
