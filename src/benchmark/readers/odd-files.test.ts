/** Files as other programs and other people write them: the same problems, or a reason that names the row. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  delimited,
  hrBenchRows,
  huggingFaceParquet,
  mmeBase64Item,
  mmeItem,
  parquet,
  put,
  scenePicture,
  vstarQuestions,
} from '../../../test/benchmark-fixtures.ts'
import { readerKit, sizesOf } from '../../../test/reader-kit.ts'
import { benchmarkNamed } from '../catalog.ts'
import { checkBenchmark } from '../check-benchmark.ts'

const kit = readerKit()
const inBase = (...parts: readonly string[]): string => join(kit.base, ...parts)

describe('a folder of problems', () => {
  const row = { image: 'a.png', question: 'Welche Farbe trägt er?', answer: 'red' }
  const problem = { question: row.question, answer: 'red' }
  const csv = (separator: string, rows: readonly object[] = [row]): string =>
    delimited(rows as readonly Record<string, unknown>[], separator)
  beforeEach(async () => void (await put(inBase('a.png'), await scenePicture(1, 'png'))))

  it.each<[string, string, string | Uint8Array]>([
    ['UTF-16 with a mark', 'problems.csv', Buffer.from(`\uFEFF${csv(',')}`, 'utf16le')],
    ['UTF-16 without', 'problems.csv', Buffer.from(csv(','), 'utf16le')],
    ['UTF-16, big end first', 'problems.csv', Buffer.from(`\uFEFF${csv(',')}`, 'utf16le').swap16()],
    ['UTF-16 JSON lines', 'problems.jsonl', Buffer.from(`\uFEFF${JSON.stringify(row)}\r\n`, 'utf16le')],
    ['semicolons', 'problems.csv', csv(';')],
    ['tabs', 'problems.csv', csv('\t')],
    ['a line that names the separator', 'problems.csv', `\uFEFFsep=;\r\n${csv(';')}`],
    ['bars', 'problems.csv', csv('|')],
    ['a JSON array', 'problems.json', JSON.stringify([row], null, 2)],
    ['a JSON array named as lines', 'problems.jsonl', JSON.stringify([row])],
    ['one indented row', 'problems.jsonl', JSON.stringify(row, null, 2)],
    ['tabs in a TSV', 'problems.tsv', csv('\t')],
    ['gzip', 'problems.jsonl.gz', gzipSync(JSON.stringify(row))],
    ['gzipped UTF-16', 'problems.csv.gz', gzipSync(Buffer.from(`\uFEFF${csv(';')}`, 'utf16le'))],
    ['capitals in the header', 'problems.csv', csv(',').replace('image,question', 'Image, Question')],
    ['null', 'problems.jsonl', JSON.stringify({ ...row, id: null, category: null, choices: null, level: null })],
    ['NaN', 'problems.jsonl', '{"image":"a.png","question":"Welche Farbe trägt er?","answer":"red","level":NaN}'],
    ['no choices', 'problems.jsonl', JSON.stringify({ ...row, choices: [] })],
    ['a list of one picture', 'problems.jsonl', JSON.stringify({ ...row, image: ['a.png'] })],
    ['images', 'problems.jsonl', JSON.stringify({ ...row, image: undefined, images: ['a.png'] })],
    ['slashes of Windows', 'problems.jsonl', JSON.stringify({ ...row, image: '.\\a.png' })],
    ['another case', 'problems.jsonl', JSON.stringify({ ...row, image: 'A.PNG' })],
  ])('is read with %s', async (_, name, content) => {
    await put(inBase(name), content)
    const entries = await kit.read('problems')
    expect(entries.map((entry) => entry.problem)).toMatchObject([problem])
    expect(await sizesOf(entries)).toEqual([96])
  })

  it('is read where names differ in their Unicode form, in folders too', async () => {
    const composed = 'b\u00e4r/caf\u00e9.png'
    for (const [stored, named] of [
      [composed.normalize('NFD'), composed],
      [composed, composed.normalize('NFD')],
    ] as const) {
      await put(inBase('forms', stored), await scenePicture(1, 'png'))
      await put(inBase('forms', 'problems.jsonl'), JSON.stringify({ ...row, image: named }))
      expect(await sizesOf(await kit.read('problems', inBase('forms')))).toEqual([96])
    }
  })

  it.each([
    ['bars', 'blue|red'],
    ['a JSON list', '["blue", "red"]'],
    ['a Python list', "['blue', 'red']"],
  ])('has choices as %s in a table', async (_, choices) => {
    await put(inBase('problems.csv'), csv(',', [{ ...row, choices }]))
    expect((await kit.read('problems'))[0]).toMatchObject({ label: 'B', problem: { choices: ['blue', 'red'] } })
  })

  it.each<[string, string, string | Uint8Array]>([
    ['bytes that are not UTF-8', 'problems.jsonl', Buffer.from(JSON.stringify(row), 'latin1')],
    ['bytes that are not UTF-8', 'problems.csv', Buffer.from(csv(','), 'latin1')],
    ['is a URL', 'problems.jsonl', JSON.stringify({ ...row, image: 'https://example.com/a.png' })],
    ['is truncated', 'problems.jsonl', JSON.stringify({ ...row, image: `data:image/png;base64,${'A'.repeat(999)}` })],
    ['is a URL', 'problems.jsonl', JSON.stringify({ ...row, image: 'file:///a.png' })],
    ['the picture is empty', 'problems.jsonl', JSON.stringify({ ...row, image: 'data:image/png;base64,AAAA' })],
    ['is outside', 'problems.jsonl', JSON.stringify({ ...row, image: '/elsewhere/a.png' })],
    ['item 2: is not an object', 'problems.json', JSON.stringify([row, 7, row])],
    ['line 2: is not an object', 'problems.jsonl', `${JSON.stringify(row)}\nnull\n`],
    ['a quote that is never closed', 'problems.csv', 'image,question,answer\na.png,"What?,red\na.png,What?,red\n'],
    ['choices are not a valid list', 'problems.csv', csv(',', [{ ...row, choices: '["red", ' }])],
    ['has to be text or a number', 'problems.jsonl', JSON.stringify({ ...row, answer: { text: 'red' } })],
    ['answer: is empty', 'problems.jsonl', JSON.stringify({ ...row, answer: [] })],
    ['question: is missing', 'problems.jsonl', JSON.stringify({ ...row, question: null })],
    ['contains no problems', 'problems.jsonl', ''],
    ['contains no problems', 'problems.csv', 'image,question,answer\n'],
  ])('is refused by --check: %s', async (words, name, content) => {
    await put(inBase(name), content)
    const { findings } = await checkBenchmark(benchmarkNamed('problems'), kit.base)
    expect(findings[0]!.message).toContain(words)
    expect(findings[0]!.message.length).toBeLessThan(400)
  })

  it('keeps a replacement character that the file really holds', async () => {
    await put(inBase('problems.jsonl'), JSON.stringify({ ...row, question: 'What is \uFFFD?' }))
    expect((await kit.read('problems'))[0]!.problem.question).toBe('What is \uFFFD?')
  })

  it.each<[string, string, string]>([
    ['no column image, question, answer but a:b', 'problems.csv', 'a:b\n1:2\n'],
    ['two columns named answer', 'problems.csv', 'image,question,answer,answer\na.png,What?,red,blue\n'],
    ['carriage returns as line ends', 'problems.csv', csv(',').replaceAll('\n', '\r')],
  ])('is refused as a whole: %s', async (words, name, content) => {
    await put(inBase(name), content)
    await expect(checkBenchmark(benchmarkNamed('problems'), kit.base)).rejects.toThrow(words)
  })

  it('says that a gzipped file is damaged', async () => {
    await put(inBase('problems.jsonl.gz'), gzipSync(JSON.stringify(row)).subarray(0, 40))
    await expect(kit.read('problems')).rejects.toMatchObject({ code: 'data-unreadable', exitCode: 2 })
  })
})

describe('rows of Mini-o3', () => {
  const row = { images: ['a.png'], problem: '<image>\nWhich?', solution: 'red', data_source: 'own', doc_id: 'one' }
  beforeEach(async () => void (await put(inBase('a.png'), await scenePicture(1, 'png'))))

  it.each([
    ['lines', `${JSON.stringify(row)}\n${JSON.stringify({ ...row, doc_id: 'two' })}\n`],
    ['an array', JSON.stringify([row, { ...row, doc_id: 'two', level: null, choices: null, target_box: null }])],
    [
      'a picture without a list',
      JSON.stringify([
        { ...row, images: 'a.png' },
        { ...row, doc_id: 'two' },
      ]),
    ],
  ])('are read from %s', async (_, content) => {
    await put(inBase('val.json'), content)
    const entries = await kit.read('visual-probe')
    expect(entries.map((entry) => entry.problem.docId)).toEqual(['one', 'two'])
  })

  it('are refused in Latin-1, by row', async () => {
    await put(inBase('val.json'), Buffer.from(JSON.stringify([row, { ...row, solution: 'gr\u00fcn' }]), 'latin1'))
    await expect(kit.read('visual-probe')).rejects.toThrow('row 2: contains bytes that are not UTF-8')
  })
})

const base64 = async (): Promise<string> => (await scenePicture(3)).toString('base64')
const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

describe('pictures inside of tables', () => {
  it.each<[string, (text: string) => string]>([
    ['lines', (text) => text.replaceAll(/.{76}/g, '$&\n')],
    ['lines of Windows', (text) => text.replaceAll(/.{76}/g, '$&\r\n')],
    ['the alphabet of URLs', urlSafe],
    ['a data URL', (text) => `data:image/jpeg;base64,${text}`],
    ['a list', (text) => `["${text}"]`],
    ['a Python list', (text) => `['${text}']`],
    ["Python's bytes", (text) => `b'${text}'`],
  ])('are base64 in %s', async (_, write) => {
    const image = write(await base64())
    const [first, ...others] = await hrBenchRows()
    const rows = [{ ...first!, image }, ...others.slice(0, 3)]
    await put(inBase('hr_bench_4k.tsv'), delimited(rows))
    await put(inBase('json', 'MME-RealWorld.json'), JSON.stringify([{ ...(await mmeBase64Item()), image }]))
    await put(inBase('parquet', 'hr_bench_4k.parquet'), parquet(rows))
    const pictures = [
      (await kit.read('hr-bench-4k'))[0]!,
      (await kit.read('mme-realworld', inBase('json', 'MME-RealWorld.json')))[0]!,
      (await kit.read('hr-bench-4k', inBase('parquet')))[0]!,
    ]
    expect(await sizesOf(pictures)).toEqual([96, 96, 96])
  })

  it('are found by the index of another row, in parquet too, and refused where there are two', async () => {
    const rows = await hrBenchRows()
    const first = { ...rows[0]!, image: String(rows[1]!['index']) }
    await put(inBase('hr_bench_4k.parquet'), parquet([first, rows[1]!]))
    expect(await sizesOf(await kit.read('hr-bench-4k'))).toEqual([96, 96])
    const two = { ...(await mmeBase64Item()), image: [await base64(), await base64()] }
    const file = await put(inBase('MME-RealWorld.json'), JSON.stringify([two]))
    const [entry] = await kit.read('mme-realworld', file)
    expect(await entry!.checkPicture()).toBe('there are 2 pictures, but only one is supported')
  })

  it('are read from a gzipped table', async () => {
    await put(inBase('hr_bench_4k.tsv.gz'), gzipSync(delimited(await hrBenchRows())))
    expect(await sizesOf(await kit.read('hr-bench-4k'))).toEqual(Array.from({ length: 8 }, () => 96))
  })
})

describe('options', () => {
  it.each([
    ['（A） 左', '（B）右'],
    ['Ａ．左', 'Ｂ．右'],
    ['A、左', 'B、右'],
    ['【A】左', '【B】右'],
    ['(a) 左', '(b) 右'],
    ['A:左', 'B：右'],
    ['Ⓐ左', 'Ⓑ 右'],
    ['﹙A﹚左', '〔B〕右'],
  ])('lose their letters, wide or not: %s', async (...options) => {
    const item = { ...mmeItem, 'Answer choices': options, 'Ground truth': 'Ｂ' }
    await put(inBase('json', 'MME_RealWorld_CN.json'), JSON.stringify([item]))
    await put(inBase('json', mmeItem.Image), await scenePicture(1, 'png'))
    const row = { ...(await mmeBase64Item()), 'multi-choice options': `选项：\n${options.join('\n')}`, answer: '（b）' }
    await put(inBase('tsv', 'MME-RealWorld-CN.tsv'), delimited([row]))
    for (const folder of ['json', 'tsv']) {
      const [entry] = await kit.read('mme-realworld-cn', inBase(folder))
      expect(entry).toMatchObject({ label: 'B', problem: { choices: ['左', '右'], answer: '(B) 右' } })
    }
  })

  it('that pandas lost are none', async () => {
    const [row] = await hrBenchRows()
    await put(
      inBase('hr_bench_4k.tsv'),
      delimited([
        { ...row!, D: 'nan', answer: 'A' },
        { ...row!, index: 9, D: 'None' },
      ]),
    )
    const entries = await kit.read('hr-bench-4k')
    expect(entries.map((entry) => entry.problem.choices!.length)).toEqual([3, 4])
  })
})

describe('parquet repositories', () => {
  const texts = (value: unknown): string => String(value)

  it('of HR-Bench have a split for each size', async () => {
    const rows = await hrBenchRows()
    await put(inBase('hrbench_version_split', 'hrbench_4k-00000-of-00002.parquet'), parquet(rows.slice(0, 4)))
    await put(inBase('hrbench_version_split', 'hrbench_4k-00001-of-00002.parquet'), parquet(rows.slice(4)))
    expect(await kit.read('hr-bench-4k')).toHaveLength(8)
    await expect(kit.read('hr-bench-8k')).rejects.toMatchObject({ code: 'data-not-found' })
  })

  it('of V* have the text of test_questions.jsonl and the picture', async () => {
    const image = await scenePicture(2)
    const rows = vstarQuestions.map((question) => ({ ...question, image }))
    await put(inBase('data', 'test-00000-of-00001.parquet'), huggingFaceParquet(rows))
    const entries = await kit.read('vstar')
    expect(entries[0]).toMatchObject({
      problem: { docId: '0', question: vstarQuestions[0]!.text, answer: '(B) red' },
      slices: { category: 'direct_attributes' },
      label: 'B',
    })
    expect(await sizesOf(entries)).toEqual([96, 96])
    expect(await kit.read('vstar', kit.base, { optionOrder: { seed: 1 } })).toHaveLength(2)
    const unshuffled = kit.read('vstar', kit.base, { optionOrder: 'unshuffled' })
    await expect(unshuffled).rejects.toMatchObject({ code: 'option-order', exitCode: 2 })
  })

  it('of VisualProbe have the rows of val.json, with or without the mark', async () => {
    const image = await scenePicture(2)
    const rows = ['<image>\nWhich digit?', 'Which digit?'].map((problem, at) => ({
      doc_id: `hard_${at}`,
      image,
      problem,
      solution: '7',
    }))
    await put(inBase('VisualProbe_Hard', 'data', 'val-00000-of-00001.parquet'), huggingFaceParquet(rows))
    const entries = await kit.read('visualprobe-hard')
    expect(entries.map((entry) => entry.problem)).toMatchObject([
      { docId: 'hard_0', question: 'Which digit?', answer: '7', level: 'hard', dataSource: 'visual_probe_hard' },
      { docId: 'hard_1', question: 'Which digit?' },
    ])
    expect(await sizesOf(entries)).toEqual([96, 96])
  })

  it('of MME-RealWorld have base64 in a column of bytes', async () => {
    const { image, ...item } = await mmeBase64Item()
    const options = `['${item['multi-choice options'].join("', '")}']`
    const row = { ...item, index: texts(item.index), 'multi-choice options': options, bytes: image }
    await put(inBase('data', 'train-00000-of-00001.parquet'), parquet([row]))
    const entries = await kit.read('mme-realworld-lite')
    expect(entries).toMatchObject([{ label: 'B', slices: { task: 'Reasoning' } }])
    expect(await sizesOf(entries)).toEqual([400])
    await put(inBase('lines', 'MME_RealWorld.jsonl'), `${JSON.stringify(mmeItem)}\n`)
    await put(inBase('lines', mmeItem.Image), await scenePicture(1, 'png'))
    expect(await kit.read('mme-realworld', inBase('lines'))).toHaveLength(1)
  })
})
