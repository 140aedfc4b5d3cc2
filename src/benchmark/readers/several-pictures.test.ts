/** Rows that ask about several pictures, in every form in which they are written. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeEach, describe, expect, it } from 'vitest'
import { parquet } from '../../../test/benchmark-fixtures.ts'
import { readerKit } from '../../../test/reader-kit.ts'
import { openersOf } from '../../search/owed-samples.ts'
import type { BenchmarkEntry } from '../entry.ts'
import { plainQuestion } from '../entry.ts'

const kit = readerKit()
const widths = [20, 30, 40]
let encoded: Buffer[]
beforeEach(async () => {
  encoded = await Promise.all(
    widths.map((width) =>
      sharp({ create: { width, height: 20, channels: 3, background: '#777' } })
        .png()
        .toBuffer(),
    ),
  )
  for (const [index, bytes] of encoded.entries()) await writeFile(join(kit.base, `${'abc'[index]}.png`), bytes)
})

async function seen(entry: BenchmarkEntry | undefined): Promise<unknown> {
  const pictures = await Promise.all(openersOf(entry!).map((open) => open('displayed')))
  return [entry!.problem.question, ...pictures.map(({ width }) => width)]
}

describe('a folder of problems', () => {
  const json = (row: object) => JSON.stringify({ answer: 'b', ...row })
  it.each([
    ['jsonl', json({ images: ['a.png', 'b.png'], question: 'Which?' }), ['Which?', 20, 30]],
    ['jsonl', json({ image: ['b.png'], question: 'What?' }), ['What?', 30]],
    ['json', `[${json({ image: 'c.png|a.png', question: '<image><image> Which?' })}]`, ['Which?', 40, 20]],
    ['csv', "images,question,answer\n\"['a.png', 'b.png', 'c.png']\",Which?,b\n", ['Which?', 20, 30, 40]],
    [
      'tsv',
      'image\tquestion\tanswer\na.png|c.png\tIs <image> in <image>?\tyes\n',
      ['Is original_image_1 in original_image_2?', 20, 40],
    ],
  ])('as %s: %s', async (ending, text, expected) => {
    await writeFile(join(kit.base, `problems.${ending}`), text)
    const [entry] = await kit.read('problems')
    expect(await seen(entry)).toEqual(expected)
    expect(await entry!.checkPicture()).toBeUndefined()
  })

  it.each([
    [['a.png', 'x.png'], 'there is no picture x.png'],
    [[], 'field image: has to name a picture'],
    [Array.from({ length: 17 }, () => 'a.png'), 'names more than 16 pictures'],
    [['a.png', 7], 'image.1'],
  ])('refuses %j', async (images, message) => {
    await writeFile(join(kit.base, 'problems.jsonl'), json({ images, question: 'Which?' }))
    await expect(kit.read('problems')).rejects.toThrow(message)
  })

  it('checks each picture', async () => {
    await writeFile(join(kit.base, 'b.png'), encoded[1]!.subarray(0, 60))
    await writeFile(join(kit.base, 'problems.jsonl'), json({ images: ['a.png', 'b.png'], question: 'Which?' }))
    expect(await (await kit.read('problems'))[0]!.checkPicture()).toBe('the picture is truncated')
  })

  it.each(['avif', 'webp', 'tiff'] as const)('decodes %s, whose end does not tell damage', async (format) => {
    const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const
    const drawn = sharp({ create: { width: 64, height: 48, channels: 3, noise, background: '#888' } })
    const whole = await drawn.toFormat(format, format === 'tiff' ? { compression: 'lzw' } : {}).toBuffer()
    // The directory of a TIFF stands behind its pixels.
    const end = format === 'tiff' ? whole.readUInt32LE(4) : whole.length
    const damaged = Buffer.from(whole).fill(0xff, Math.floor(0.6 * whole.length), end)
    await writeFile(join(kit.base, 'a.png'), whole)
    await writeFile(join(kit.base, 'b.png'), damaged)
    const rows = ['a.png', 'b.png'].map((image) => json({ images: [image], question: 'Which?' }))
    await writeFile(join(kit.base, 'problems.jsonl'), rows.join('\n'))
    const [first, second] = await kit.read('problems')
    expect(await first!.checkPicture()).toBeUndefined()
    expect(await second!.checkPicture()).toMatch(/b\.png is damaged/)
  })
})

describe('Mini-o3 rows', () => {
  const row = {
    images: ['a.png', 'b.png'],
    problem: '<image>\n<image>\nWhich?',
    solution: 'a',
    data_source: 's',
    doc_id: '1',
  }
  const read = async (change: object) => {
    const file = join(kit.base, 'test.json')
    await writeFile(file, JSON.stringify([{ ...row, ...change }]))
    return (await kit.read('visual-probe', file))[0]
  }

  it('have a mark for each picture', async () => {
    expect(await seen(await read({}))).toEqual(['Which?', 20, 30])
    expect(await seen(await read({ images: ['c.png'], problem: '<image>What?' }))).toEqual(['What?', 40])
    await expect(read({ problem: '<image>Which?' })).rejects.toThrow(
      'has to contain 2 times <image>, because there are 2 pictures',
    )
    await expect(read({ problem: '<image> <image>' })).rejects.toThrow('contains no question')
    await expect(read({ images: [] })).rejects.toThrow('has to name a picture')
  })

  it('hold their pictures themselves, in parquet', async () => {
    const images = (...indices: number[]) => indices.map((index) => encoded[index]!.toString('base64'))
    const one = { doc_id: '1', problem: '<image><image>Which?', solution: 'a', images: images(0, 1) }
    const odd = { ...one, doc_id: '2', images: images(0, 1, 2) }
    await writeFile(join(kit.base, 'visualprobe_hard.parquet'), parquet([one, odd]))
    const [first, second] = await kit.read('visualprobe-hard')
    expect(await seen(first)).toEqual(['Which?', 20, 30])
    expect(await second!.checkPicture()).toBe('the question has 2 times <image>, and there are 3 pictures')
  })
})

it.each([
  ['<image>\n<image>\nWhich?', 2, 'Which?'],
  ['Which?\n<image> <image>', 2, 'Which?'],
  ['<image> is before <image>. What moved?', 2, 'original_image_1 is before original_image_2. What moved?'],
  ['Which?', 2, 'Which?'],
  ['<image>\nWhat does <image> mean?', 1, 'What does <image> mean?'],
])('%j about %i pictures asks %j', (text, pictures, question) => {
  expect(plainQuestion(text, pictures)).toBe(question)
})
