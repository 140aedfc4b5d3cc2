import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  huggingFaceParquet,
  parquet,
  put,
  scenePicture,
  withoutColumn,
  zoomRows,
} from '../../../test/benchmark-fixtures.ts'
import { byteOrderMark, readerKit, sizesOf } from '../../../test/reader-kit.ts'
import { checkBenchmark } from '../check-benchmark.ts'
import { benchmarkNamed } from '../catalog.ts'

const kit = readerKit()
const published = (): string => join(kit.base, 'ZoomBench', 'data', 'test.parquet')

describe('ZoomBench', () => {
  it.each([
    ['zoombench', 96],
    ['zoombench-crop', 48],
  ])('%s is read from the parquet file of the hub with pictures of that view', async (name, width) => {
    await put(published(), huggingFaceParquet(await zoomRows()))
    const entries = await kit.read(name)
    expect(entries.map(({ problem, slices, label }) => ({ ...problem, slices, label }))).toEqual([
      {
        docId: 'zoom_1',
        dataSource: 'zoombench',
        question: 'How many lamps are lit?\nSelect from the following choices.\n(A) 0\n(B) 2\n(C) 1\n(D) 3',
        answer: '(C) 1',
        choices: ['0', '2', '1', '3'],
        slices: { type: 'mcq' },
        label: 'C',
      },
      {
        docId: 'zoom_2',
        dataSource: 'zoombench',
        question: 'How many windows are open?',
        answer: '14',
        slices: { type: 'blank' },
        label: undefined,
      },
    ])
    expect(await sizesOf(entries)).toEqual([width, width])
    expect(await Promise.all(entries.map((entry) => entry.checkPicture()))).toEqual([undefined, undefined])
  })

  it('takes plain bytes, other field names, dotted letters, a category and no type', async () => {
    const rows = (await zoomRows()).map(({ query, response, image, crop_image }) => ({
      prompt: `<image>\n${query.replaceAll(/\(([A-D])\)/g, '$1.')}`,
      answer: response,
      category: 'Counting',
      image,
      crop_image,
    }))
    await put(join(kit.base, 'test-00000-of-00001.parquet'), parquet(rows))
    const entries = await kit.read('zoombench')
    expect(entries.map(({ problem: { docId, choices }, label, slices }) => [docId, choices, label, slices])).toEqual([
      ['1', ['0', '2', '1', '3'], 'C', { category: 'Counting' }],
      ['2', undefined, undefined, { category: 'Counting' }],
    ])
  })

  const converted = async (change: object = {}): Promise<string> => {
    for (const [file, side] of [
      ['image_0.png', 96],
      ['crop_image_0.png', 48],
    ] as const) {
      await put(join(kit.base, 'ZoomBench', 'images', file), await scenePicture(1, 'png', side))
    }
    const row = {
      images: ['../ZoomBench/images/image_0.png'],
      crop_images: ['../ZoomBench/images/crop_image_0.png'],
      query: 'Which colour is the lamp? (Ünïcode “quotes”)',
      response: 'red',
      ...change,
    }
    return put(join(kit.base, 'ZoomBench', 'zoombench.json'), byteOrderMark + JSON.stringify([row], undefined, 2))
  }

  it.each([
    ['zoombench', 96],
    ['zoombench-crop', 48],
  ])('%s is read from the JSON that its authors convert it to', async (name, width) => {
    await converted()
    const entries = await kit.read(name)
    expect(entries[0]!.problem).toEqual({
      docId: '1',
      dataSource: 'zoombench',
      question: 'Which colour is the lamp? (Ünïcode “quotes”)',
      answer: 'red',
    })
    expect(await sizesOf(entries)).toEqual([width])
  })

  it('is read from that JSON when it is gzipped', async () => {
    const file = await converted()
    await put(`${file}.gz`, gzipSync(await readFile(file)))
    await rm(file)
    expect(await sizesOf(await kit.read('zoombench'))).toEqual([96])
  })

  it.each([
    [{ crop_images: [] }, 'crop_images names no picture'],
    [{ crop_images: ['../ZoomBench/images/gone.png'] }, 'there is no picture images/gone.png'],
    [{ query: null }, 'query is missing'],
    [{ response: 7 }, 'response is missing'],
    [{ query: '<image>\n' }, 'the question is empty'],
  ])('names the row of converted JSON with %j', async (change, words) => {
    const file = await converted(change)
    await expect(kit.read('zoombench-crop')).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
    await expect(kit.read('zoombench-crop')).rejects.toThrow(`${file}, row 1: ${words}`)
  })

  it.each([
    ['a letter without a choice', { response: 'E' }, 'the answer "E" is not one of A, B, C, D'],
    ['no answer', { response: undefined }, 'response is missing'],
    ['an empty question', { query: '' }, 'query is missing'],
    ['letters in another order', { query: 'Which?\n(B) one\n(A) two' }, 'its options are not lettered'],
    ['an empty choice', { query: 'Which?\n(A) one\n(B)\n(C) two' }, 'choice B is empty'],
    ['the name of another row', { id: 'zoom_2' }, 'the name zoom_2 is already used by'],
  ])('names the row with %s', async (_, change, words) => {
    const [first, second] = await zoomRows()
    await put(published(), huggingFaceParquet([second!, { ...first, ...change }]))
    await expect(kit.read('zoombench')).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
    await expect(kit.read('zoombench')).rejects.toThrow(`${published()}, row 2: ${words}`)
  })

  it('says which column is missing, that the file is cut off, and which pictures are', async () => {
    const rows = await zoomRows()
    await put(published(), huggingFaceParquet(withoutColumn(rows, 'crop_image')))
    await expect(kit.read('zoombench-crop')).rejects.toMatchObject({ code: 'data-columns', exitCode: 2 })
    expect(await kit.read('zoombench')).toHaveLength(2)
    const whole = huggingFaceParquet([rows[0]!, { ...rows[1], crop_image: undefined }])
    await put(published(), whole.subarray(0, whole.length / 2))
    await expect(kit.read('zoombench')).rejects.toMatchObject({ code: 'parquet-unreadable', exitCode: 2 })
    await put(published(), whole)
    const checked = await checkBenchmark(benchmarkNamed('zoombench-crop'), kit.base)
    expect(checked.findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'count: 2 problems instead of 845.',
      'slice: type: 1 of mcq instead of 621.',
      'slice: type: 1 of blank instead of 224.',
      `picture: ${published()}, row 2: there is no picture.`,
    ])
  })
})
