import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectedRun } from '../../../test/collected-run.ts'
import type { CollectedRun } from '../../../test/collected-run.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { defaultPrompts } from '../../protocol/prompts.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { WantedProblem } from '../../search/owed-samples.ts'
import { readChosenSearches } from './chosen-searches.ts'
import { runRows } from './run-rows.ts'
import type { RunRowsOptions } from './run-rows.ts'
import { specialTextIn } from './special-text.ts'
import { typedMessages } from './training-row.ts'
import type { TrainingRow } from './training-row.ts'

/** Other words, labels that drift from the names after an error, and crops that are shown larger than the picture. */
const drifting: Profile = {
  ...profiles.embedded,
  prompts: defaultPrompts,
  observationNumbering: 'official',
  observationView: { kind: 'exact', width: 96, height: 80, resampler: 'area' },
}

let folder: string
let run: CollectedRun
let searches: Trajectory[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-rows-'))
  run = await collectedRun(folder, drifting)
  searches = [...(await readChosenSearches(run.path, { all: false })).searches]
})
afterAll(() => rm(folder, { recursive: true }))

async function rowsOf(
  trajectories: readonly Trajectory[],
  change: Partial<RunRowsOptions> = {},
): Promise<TrainingRow[]> {
  const rows: TrainingRow[] = []
  const options = {
    problems: run.problems,
    profiles: [profiles.default, drifting],
    encoding: 'png',
    ...change,
  } as const
  for await (const row of runRows(trajectories, options)) rows.push(row)
  return rows
}

describe('runRows', () => {
  it('says what the policy was told, word for word, and what it replied', async () => {
    const rows = await rowsOf(searches)
    expect(rows.length).toBe(3)
    for (const [index, row] of rows.entries()) {
      const { docId } = run.problems[index]!.problem
      const search = searches.find(({ problem }) => problem.docId === docId)!
      const told = run.told.get(docId)!
      expect(told.some(({ kind }) => kind === 'error')).toBe(true)
      expect(told.some(({ kind }) => kind === 'observation')).toBe(true)
      expect(row.messages.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual(
        told.map(({ text }) => text),
      )
      expect(row.messages.filter(({ role }) => role === 'assistant').map(({ text }) => text)).toEqual(
        search.turns.map(({ text }) => text),
      )
      expect(row).toMatchObject({ system: defaultPrompts.system, sampleIndex: index, rolloutIndex: 0 })
    }
  })

  it('shows what the policy saw, pixel for pixel, in the order of the marks', async () => {
    for (const [index, row] of (await rowsOf(searches)).entries()) {
      expect(specialTextIn(row)).toBeUndefined()
      const seen = run.told
        .get(run.problems[index]!.problem.docId)!
        .flatMap((message) => (message.kind === 'error' ? [] : [message.view!]))
      expect(row.images.length).toBe(seen.length)
      for (const [at, { bytes, name }] of row.images.entries()) {
        const pixels = await seen[at]!.pixels()
        const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
        expect([info.width, info.height]).toEqual([pixels.width, pixels.height])
        expect(data.equals(Buffer.from(pixels.data))).toBe(true)
        expect(name).toBe(at === 0 ? 'original_image.png' : `observation_${at}.png`)
      }
    }
  })

  it('opens the picture as it was read for the search', async () => {
    const asked: unknown[] = []
    const problems = run.problems.map((wanted): WantedProblem => {
      return { ...wanted, openPicture: (reading) => (asked.push(reading), wanted.openPicture(reading)) }
    })
    const [search] = searches as [Trajectory]
    const stored = { ...search, picture: { ...search.picture, reading: 'pillow' as const } }
    for (const one of [search, stored]) await rowsOf([one], { problems })
    expect(asked).toEqual(['displayed', 'pillow'])
  })

  it('writes JPEG where that is wanted', async () => {
    const [row] = await rowsOf(searches.slice(0, 1), { encoding: 'jpeg' })
    expect(row!.images[0]!.name).toBe('original_image.jpg')
    expect((await sharp(row!.images[0]!.bytes).metadata()).format).toBe('jpeg')
  })

  it('refuses what it cannot tell again: another profile, another picture, another set', async () => {
    await expect(rowsOf(searches, { profiles: Object.values(profiles) })).rejects.toMatchObject({
      code: 'export-profile-unknown',
      exitCode: 2,
    })
    await expect(rowsOf(searches, { problems: run.problems.slice(1) })).rejects.toMatchObject({
      code: 'export-problem-unknown',
    })
    const [first, second, third] = run.problems as [WantedProblem, WantedProblem, WantedProblem]
    const mixedUp = [{ ...first, openPicture: second.openPicture }, second, third]
    await expect(rowsOf(searches, { problems: mixedUp })).rejects.toMatchObject({
      code: 'export-picture-differs',
      message: expect.stringContaining(first.problem.docId),
    })
  })

  it('refuses a search with a gap in the middle', async () => {
    const search = searches[0]!
    const { error: _, ...gap } = search.turns[0]!
    await expect(rowsOf([{ ...search, turns: [gap, ...search.turns.slice(1)] }])).rejects.toMatchObject({
      code: 'broken-search',
      message: expect.stringContaining(search.problem.docId),
    })
  })
})

describe('marks', () => {
  const row: TrainingRow = {
    name: 'set/problem (search 1)',
    dataSource: 'set',
    sampleIndex: 0,
    rolloutIndex: 0,
    system: 'Look.',
    messages: [
      { role: 'user', text: 'before\n<image>\nbehind' },
      { role: 'assistant', text: 'a reply' },
    ],
    images: [{ bytes: new Uint8Array(1), name: 'original_image.png' }],
  }

  const [question, reply] = row.messages as [TrainingRow['messages'][0], TrainingRow['messages'][0]]

  it.each<[string, Partial<TrainingRow>]>([
    ['a question', { messages: [{ ...question, text: '<image>\nWhat does "<image>" mean?' }, reply] }],
    ['a reply', { messages: [question, { ...reply, text: 'I see <image>' }] }],
    [
      'a reply in place of the question',
      {
        messages: [
          { ...question, text: 'x' },
          { ...reply, text: '<image>' },
        ],
      },
    ],
    ['the system prompt', { system: 'Every <image> counts.' }],
    ['more marks than pictures', { images: [] }],
  ])('are text where they are more than pictures: %s', (_, change) => {
    expect(specialTextIn(row)).toBeUndefined()
    expect(specialTextIn({ ...row, ...change })).toBe('the text contains <image>')
  })

  it.each([
    '<|im_end|>',
    '<|vision_start|>',
    '<|image_pad|>',
    '<|endoftext|>',
    '<|eot_id|>',
    '<|image_1|>',
    '<｜end▁of▁sentence｜>',
    '<video>',
    '<audio>',
    '<img>',
    '</img>',
    '<IMG_CONTEXT>',
    '<start_of_image>',
    '<image_soft_token>',
    '<end_of_turn>',
    '<end_of_utterance>',
    '</s>',
    '[INST]',
    '[/INST]',
    '[IMG]',
    '<<SYS>>',
    '[gMASK]',
    '<|turn>',
    '<turn|>',
    '<|channel>',
    '<|visual token 000012|>',
    ']<]start of image[>[',
    '[THINK]',
    '[TOOL_CONTENT]',
    '<loc0123>',
    '<im_patch>',
    '<seed:think>',
    '<bbox>',
  ])('special tokens of chat models are none of the text either: %s', (token) => {
    for (const change of [
      { messages: [{ ...question, text: `<image>\nWhat is ${token}?` }, reply] },
      { messages: [question, { ...reply, text: `I see${token}it.` }] },
    ]) {
      expect(specialTextIn({ ...row, ...change })).toBe(`the text contains ${token}`)
    }
  })

  it.each([
    '<think>a < b | c > d, x<y>z</think><answer>1</answer>',
    '<tool_call>\n{"name": "zoom"}\n</tool_call>',
    '<grounding>{"bbox_2d": [0, 0, 1, 1], "source": "original_image"}</grounding>',
    '||a|| <| |> [1] [x](y) <b>bold</b> <images>',
    'the sign [EXIT] [NO_ENTRY], <location>, <1>, a[0]<b[1], x <| y |> z',
  ])('ordinary replies pass: %s', (text) => {
    expect(specialTextIn({ ...row, messages: [question, { ...reply, text }] })).toBeUndefined()
  })

  it('become parts between the texts', () => {
    expect(typedMessages(row)).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Look.' }] },
      {
        role: 'user',
        content: [{ type: 'text', text: 'before\n' }, { type: 'image' }, { type: 'text', text: '\nbehind' }],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'a reply' }] },
    ])
    expect(typedMessages({ ...row, system: '' }).map(({ role }) => role)).toEqual(['user', 'assistant'])
  })
})
