/** The forms of the user's own data beside tables with names of files: parquet, documents, conversations, encoded pictures; and notes. */
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeEach, describe, expect, it } from 'vitest'
import { delimited, huggingFaceParquet, parquet, put } from '../../../test/benchmark-fixtures.ts'
import { readerKit } from '../../../test/reader-kit.ts'
import { openersOf } from '../../search/owed-samples.ts'
import { createParquet } from '../../shared/parquet.ts'
import { problemFolder } from '../readers/problem-folder.ts'
import { checkBenchmark } from '../check-benchmark.ts'

const kit = readerKit()
const inBase = (...parts: readonly string[]): string => join(kit.base, ...parts)
const widths = { a: 20, b: 30, c: 40 }
let encoded: Record<keyof typeof widths, Buffer>

beforeEach(async () => {
  const pictures = Object.entries(widths).map(async ([name, width]) => {
    const create = { width, height: 20, channels: 3, background: '#777' } as const
    return [name, await sharp({ create }).png().toBuffer()] as const
  })
  encoded = Object.fromEntries(await Promise.all(pictures)) as typeof encoded
})

/** Question, answer and the widths of the pictures of each problem. */
async function seen(onColumns?: (text: string) => void) {
  const entries = await kit.read('problems', kit.base, { ...(onColumns && { onColumns }) })
  const problems = entries.map(async (entry) => {
    const pictures = await Promise.all(openersOf(entry).map((open) => open('displayed')))
    return [entry.problem.question, entry.problem.answer, ...pictures.map(({ width }) => width)]
  })
  return Promise.all(problems)
}

const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length / 2)
/** Both with their end markers. */
const withWrongBit = (png: Buffer): Buffer => {
  const data = png.indexOf('IDAT') + 8
  return Buffer.concat([png.subarray(0, data), Buffer.of(png[data]! ^ 1), png.subarray(data + 1)])
}
const withoutPiece = (jpeg: Buffer): Buffer =>
  Buffer.concat([jpeg.subarray(0, jpeg.length * 0.6), jpeg.subarray(jpeg.length * 0.8)])
const noise = () =>
  sharp(Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i) % 251)), {
    raw: { width: 64, height: 64, channels: 3 },
  })

const putPictures = async () => {
  for (const [name, bytes] of Object.entries(encoded)) await put(inBase('images', `${name}.png`), bytes)
}

describe('parquet', () => {
  it('of a Hugging Face data set: shards of the test split, with pictures as bytes', async () => {
    const row = (question: string, name: 'a' | 'b') => ({ image: encoded[name], question, answer: name })
    await put(inBase('data', 'train-00000-of-00001.parquet'), huggingFaceParquet([row('not this', 'a')]))
    await put(inBase('data', 'test-00000-of-00002.parquet'), huggingFaceParquet([row('x?', 'a'), row('y?', 'b')]))
    await put(inBase('data', 'test-00001-of-00002.parquet'), huggingFaceParquet([row('z?', 'a')]))
    expect(await seen()).toEqual([
      ['x?', 'a', 20],
      ['y?', 'b', 30],
      ['z?', 'a', 20],
    ])
  })

  it('with several pictures in a row, as a list', async () => {
    const file = createParquet(inBase('train.parquet'), {
      images: { list: 'image' },
      problem: 'string',
      solution: 'int64',
    })
    const picture = (name: keyof typeof encoded) => ({ bytes: encoded[name], path: `${name}.png` })
    file.write([
      { images: [picture('a'), picture('c')], problem: '<image><image>Which?', solution: 7n },
      { images: [picture('b')], problem: '<image>What?', solution: 8n },
    ])
    file.finish()
    expect(await seen()).toEqual([
      ['Which?', '7', 20, 40],
      ['What?', '8', 30],
    ])
  })

  it('with names of files, and with a column for each picture', async () => {
    await putPictures()
    await put(inBase('set.parquet'), parquet([{ image_path: 'images/c.png', query: 'x?', gt: 'no', id: 3 }]))
    expect(await seen()).toEqual([['x?', 'no', 40]])
  })
})

describe('tables with encoded pictures', () => {
  const base64 = (name: keyof typeof encoded) => encoded[name].toString('base64')
  const noise = async () => {
    const { data } = await sharp({
      create: {
        width: 90,
        height: 90,
        channels: 3,
        background: '#000',
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
      },
    })
      .png()
      .toBuffer({ resolveWithObject: true })
    return data.toString('base64')
  }

  it('short and long, one and several, in a cell or in several', async () => {
    const long = await noise()
    expect(long.length).toBeGreaterThan(16_384)
    const rows = [
      base64('a'),
      `data:image/png;base64,${base64('b')}`,
      `['${base64('a')}', '${base64('c')}']`,
      long,
      `["${long}", "${long}"]`,
    ]
    const table = rows.map((image, at) => ({
      image,
      question: `q${at}`,
      answer: 'x',
      image_2: at === 0 ? base64('c') : '',
    }))
    await put(
      inBase('mine.tsv'),
      delimited(
        table.map(({ image, ...row }) => ({ image_1: image, ...row })),
        '\t',
      ),
    )
    expect((await seen()).map(([, , ...sizes]) => sizes)).toEqual([[20, 40], [30], [20, 40], [90], [90, 90]])
  })
})

describe('documents', () => {
  const rows = [
    { image: 'a', question: 'x?', answer: 'one' },
    { image: 'b.png', question: 'y?', answer: 'two' },
  ]
  const expected = [
    ['x?', 'one', 20],
    ['y?', 'two', 30],
  ]
  beforeEach(putPictures)
  it.each<[string, unknown]>([
    ['{"data": [...]}', { version: 1, data: rows }],
    ['{"items": [...]}', { items: rows }],
    ['rows by name', { first: rows[0], second: rows[1] }],
    [
      'columns of pandas',
      { image: { 0: 'a', 1: 'b' }, question: { 0: 'x?', 1: 'y?' }, answer: { 0: 'one', 1: 'two' } },
    ],
    [
      'columns and rows of pandas',
      { columns: Object.keys(rows[0]!), index: [0, 1], data: rows.map((row) => Object.values(row)) },
    ],
    ['lists of columns', { image: ['a', 'b'], question: ['x?', 'y?'], answer: ['one', 'two'] }],
  ])('%s', async (_, document) => {
    await put(inBase('set.json'), JSON.stringify(document))
    expect(await seen()).toEqual(expected)
  })
})

it.each([
  ['{"picture_of": "a", "question": "x?", "foo": 1}', 'q.json', /no column image, answer but .*foo\. Rename those/],
  ['picture_of,question,foo\na,x?,1\n', 'q.csv', /no column image, answer but .*foo\. The first line has to contain/],
])('advice for missing columns fits the kind of file: %s', async (text, name, words) => {
  await put(inBase(name), text)
  await expect(seen()).rejects.toThrow(words)
})

describe('files of another kind under the name of a table', () => {
  const zipped = (name: string) =>
    Buffer.from(`PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0${'\xb5'.repeat(16)}${name}\xa2\x04`, 'latin1')
  const kinds: readonly (readonly [Buffer, string])[] = [
    [zipped('[Content_Types].xml'), 'is a spreadsheet, which is not supported. Save it as CSV'],
    [zipped('mimetypeapplication/vnd.oasis.opendocument.spreadsheet'), 'is a spreadsheet'],
    [Buffer.from('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0', 'latin1'), 'is a spreadsheet'],
    [zipped('questions/q.csv'), 'is a ZIP archive. Unpack it'],
    [Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'), 'is a Git LFS pointer'],
    [Buffer.from('\n<!DOCTYPE html>\n<title>Log in</title>'), 'is a web page'],
    [Buffer.from('ARROW1\0\0\xff\xff', 'latin1'), 'is an Arrow (Feather) file'],
  ]
  it.each(['csv', 'tsv', 'json', 'jsonl', 'parquet'])('are named: q.%s', async (ending) => {
    for (const [bytes, words] of kinds) {
      await put(inBase(`q.${ending}`), bytes)
      await expect(seen()).rejects.toThrow(`q.${ending} ${words}`)
    }
  })

  it('parquet without its ending, too', async () => {
    await put(inBase('q.csv'), parquet([{ image: 'a.png', question: 'x?', answer: 'y' }]))
    await expect(seen()).rejects.toThrow('q.csv is a parquet file. Rename it so that it ends in .parquet')
  })
})

describe('conversations of one question', () => {
  const url = (url: string) => ({ type: 'image_url', image_url: { url } })
  const asked = (...content: readonly object[]) => ({ role: 'user', content })
  const text = { type: 'text', text: 'Which?' }
  beforeEach(putPictures)
  it.each<[string, () => object]>([
    [
      'OpenAI messages',
      () => ({ messages: [asked(url('images/b.png'), text), { role: 'assistant', content: 'red' }] }),
    ],
    [
      'with a data URL and a system prompt',
      () => ({
        messages: [
          { role: 'system', content: 'Be brief.' },
          asked(text, url(`data:image/png;base64,${encoded.b.toString('base64')}`)),
          { role: 'assistant', content: [{ type: 'text', text: 'red' }] },
        ],
      }),
    ],
    [
      'ShareGPT',
      () => ({
        image: 'b.png',
        conversations: [
          { from: 'human', value: '<image>\nWhich?' },
          { from: 'gpt', value: 'red' },
        ],
      }),
    ],
    [
      'verl',
      () => ({
        images: ['b'],
        prompt: [{ role: 'user', content: '<image>Which?' }],
        reward_model: { ground_truth: 'red' },
      }),
    ],
    ['TRL', () => ({ images: ['b'], prompt: [asked({ type: 'image' }, text)], solution: 'red' })],
  ])('%s', async (_, row) => {
    const told: string[] = []
    await put(inBase('set.jsonl'), JSON.stringify(row()))
    expect(await seen((line) => told.push(line))).toEqual([['Which?', 'red', 30]])
    expect(told[0]).toMatch(/set\.jsonl, from "(?:messages|conversations|prompt)": /)
  })

  it('of several questions are refused', async () => {
    const turns = [asked(url('images/b.png'), text), { role: 'assistant', content: 'red' }]
    await put(inBase('set.jsonl'), JSON.stringify({ messages: [...turns, ...turns] }))
    await expect(seen()).rejects.toThrow('line 1: its messages contain 2 questions')
  })
})

describe('--check', () => {
  const check = async (table: string, name = 'q.csv') => {
    await put(inBase(name), table)
    const { findings, notes } = await checkBenchmark(problemFolder, kit.base)
    return { notes, faults: findings.map(({ message }) => message.replace(`${inBase(name)}, `, '')) }
  }
  beforeEach(putPictures)

  it('names what is odd about the files but no fault', async () => {
    const composed = 'caf\u00e9.png'
    await put(inBase(composed.normalize('NFD')), encoded.a)
    await put(inBase('A.PNG'), encoded.a)
    await put(inBase('images', 'A.png'), encoded.a)
    const { notes, faults } = await check(`image,question,answer\n${composed},x?,y\nimages/a.png,x?,y\n`)
    expect(faults).toEqual([])
    expect(notes).toEqual([
      '1 name differs from that of its file by case or Unicode form only, such as "café.png" for "cafe\\u0301.png": other programs may not find it.',
      expect.stringMatching(
        /^images\/[aA]\.png and images\/[aA]\.png differ by case or Unicode form only: on other systems they are one file\.$/,
      ),
      expect.stringMatching(/^4 pictures are used by no row, such as /),
    ])
  })

  it('reads the size of each picture before anything decodes it', async () => {
    const bomb = Buffer.from(encoded.a)
    bomb.writeUInt32BE(100_000, 16)
    bomb.writeUInt32BE(100_000, 20)
    await put(inBase('images', 'a.png'), bomb)
    expect((await check('image,question,answer\na,x?,y\n')).faults[0]).toContain('is 100000x100000 pixels')
  })

  it('finds no fault in a photograph with a film behind it, whose end is not that of the photograph', async () => {
    await put(inBase('images', 'a.png'), Buffer.concat([await noise().jpeg().toBuffer(), Buffer.alloc(100_000)]))
    expect((await check('image,question,answer\na,x?,y\n')).faults).toEqual([])
  })

  it.each<[string, () => Buffer | Promise<Buffer>, string]>([
    ['text', () => Buffer.from('not a picture'), 'is not a picture that can be read'],
    ['bytes of nothing', () => Buffer.alloc(20_000, 0xc7), 'is not a picture that can be read'],
    ['a web page', () => Buffer.from('<!DOCTYPE html><title>Forbidden</title>'), 'a.png is a web page'],
    ['a PDF document', () => Buffer.from('%PDF-1.7 and more'), 'a.png is a PDF document'],
    ['a header and nothing behind it', () => Buffer.from('RIFF\x1a\0\0\0WEBPVP8 ', 'latin1'), 'a.png is damaged'],
    ['a PNG that is damaged inside', () => withWrongBit(encoded.a), 'a.png is damaged'],
    ['a JPEG that lacks a piece inside', () => noise().jpeg().toBuffer().then(withoutPiece), 'a.png is damaged'],
    ['a picture that is cut off', () => sharp(encoded.a).webp().toBuffer().then(half), 'a.png is damaged, truncated'],
  ])('finds %s in the place of a picture, as a file and as base64', async (_, bytes, words) => {
    const broken = await bytes()
    await put(inBase('images', 'a.png'), broken)
    const { faults } = await check('image,question,answer\na,x?,y\nb,x?,y\n')
    expect(faults).toEqual([expect.stringMatching(/^line 2: /)])
    expect(faults[0]).toContain(words)
    const base64 = `data:image/png;base64,${broken.toString('base64')}`
    const inRow = (await check(JSON.stringify({ image: base64, question: 'x?', answer: 'y' }), 'problems.jsonl')).faults
    expect(inRow).toEqual([expect.stringMatching(/^line 1: the picture is /)])
  })

  it.each<[string, string, string]>([
    ['an empty question', 'a,,x', 'line 2: field question: is empty'],
    ['an empty answer', 'a,x?,', 'line 2: field answer: is empty'],
    ['an id that occurs twice', 'a,x?,y,1\na,z?,y,1', 'line 3: the name 1 is already used by'],
    ['an answer that is no choice', 'a,x?,C,1,p|q', 'line 2: the answer "C" is not one of A, B'],
    ['too many cells', 'a,x?,y,1,,,z', 'line 2: has 7 cells instead of 5'],
    ['a giant cell', `a,${'x'.repeat(20_000)},y`, 'line 2: field question: is longer than 16 KiB'],
    ['a picture that is not there', 'd.png,x?,y', 'line 2: there is no picture d.png'],
    ['too many pictures', `${'a|'.repeat(16)}a,x?,y`, 'line 2: field image: names more than 16 pictures'],
  ])('finds %s', async (_, rows, words) => {
    const padded = rows.split('\n').map((row) => row + ','.repeat(Math.max(0, 4 - row.split(',').length + 1)))
    expect((await check(`image,question,answer,id,choices\n${padded.join('\n')}\n`)).faults[0]).toContain(words)
  })
})
