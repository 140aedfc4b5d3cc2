import { mkdir, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { delimited, parquet, put, scenePicture } from '../../../test/benchmark-fixtures.ts'
import { readerKit, sizesOf } from '../../../test/reader-kit.ts'
import { createParquet } from '../../shared/parquet.ts'

const kit = readerKit()
const texts = { list: 'string' } as const
const columns = {
  questionId: 'string',
  question: 'string',
  answers: texts,
  answer_type: texts,
  image: 'image',
  image_url: 'string',
  'operation/reasoning': texts,
  ocr: 'string',
  data_split: 'string',
} as const

/** In two files, as the hub splits them. */
async function writeHub(change: object = {}): Promise<string> {
  const folder = join(kit.base, 'DocVQA', 'InfographicVQA')
  await mkdir(folder, { recursive: true })
  const row = async (questionId: string, own: object = {}) => ({
    questionId,
    question: 'What share of users is “mobile”? ',
    answers: ['42%', '42 %', '42%'],
    answer_type: ['single span'],
    image: { bytes: await scenePicture(8), path: 'a.jpeg' },
    image_url: 'https://example.org/a.jpeg',
    'operation/reasoning': [],
    ocr: '{"PAGE": []}'.repeat(100),
    data_split: 'val',
    ...own,
  })
  for (const [part, rows] of [[await row('98313')], [await row('98314', change)]].entries()) {
    const file = createParquet(join(folder, `validation-0000${part}-of-00002.parquet`), columns)
    file.write(rows)
    file.finish()
  }
  return join(folder, 'validation-00001-of-00002.parquet')
}

const question = 'What share of users is “mobile”?\nAnswer with a word or a short phrase.'

describe('InfographicVQA', () => {
  it('is read from the parquet files of the hub with all right answers', async () => {
    await writeHub({ answers: ['Ünïcode', '日本'], answer_type: ['multi span', 'non-extractive'] })
    const entries = await kit.read('infovqa')
    const problem = { dataSource: 'infovqa', question }
    expect(entries.map((entry) => [entry.problem, entry.slices])).toEqual([
      [{ ...problem, docId: '98313', answer: '42%', alternatives: ['42 %'] }, { answer_type: 'single span' }],
      [
        { ...problem, docId: '98314', answer: 'Ünïcode', alternatives: ['日本'] },
        { answer_type: 'multi span + non-extractive' },
      ],
    ])
    expect(await sizesOf(entries)).toEqual([96, 96])
  })

  it.each([
    [`['42%', "it's 42"]`, '42%', ["it's 42"]],
    ['["42%"]', '42%', undefined],
    ['42', '42', undefined],
  ])('is read from the TSV of VLMEvalKit with the answer %s', async (written, answer, alternatives) => {
    const image = (await scenePicture(8)).toString('base64')
    const row = { index: 7, image, question: 'What share of users is “mobile”?', answer: written }
    await put(join(kit.base, 'InfoVQA_VAL.tsv'), delimited([row, { ...row, index: 8, image: 7 }]))
    const entries = await kit.read('infovqa')
    expect(entries[1]!.problem).toEqual({
      docId: '8',
      dataSource: 'infovqa',
      question,
      answer,
      ...(alternatives && { alternatives }),
    })
    expect(await sizesOf(entries)).toEqual([96, 96])
  })

  it.each([
    ['no answers, as those for testing', { answers: undefined }, 'answers is missing: use the validation questions'],
    ['blank answers', { answers: [' ', ''] }, 'answers is missing'],
    ['a blank question', { question: ' ' }, 'the question is empty'],
    ['no question', { question: undefined }, 'question is missing'],
    ['no id', { questionId: undefined }, 'questionId or index is missing'],
    ['the id of another row', { questionId: '98313' }, 'the name 98313 is already used by'],
  ])('names the row with %s', async (_, change, words) => {
    const file = await writeHub(change)
    await expect(kit.read('infovqa')).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
    await expect(kit.read('infovqa')).rejects.toThrow(`${file}, row 1: ${words}`)
  })

  it('says that a file is cut off, that a list is none, and that a picture is missing', async () => {
    const file = await writeHub({ image: undefined })
    const entries = await kit.read('infovqa')
    expect(await entries[1]!.checkPicture()).toBe('there is no picture')
    await truncate(file, (await readFile(file)).length - 20)
    await expect(kit.read('infovqa')).rejects.toMatchObject({ code: 'parquet-unreadable', exitCode: 2 })
    await put(file, parquet([{ questionId: '1', question: 'Which?', answers: 'a' }]))
    await expect(kit.read('infovqa')).rejects.toMatchObject({ code: 'data-columns', exitCode: 2 })
    await put(
      join(kit.base, 'InfoVQA_VAL.tsv'),
      delimited([{ index: 1, image: 'x', question: 'Which?', answer: "['a" }]),
    )
    await expect(kit.read('infovqa')).rejects.toThrow('line 2: its answers are not a valid list')
  })
})
