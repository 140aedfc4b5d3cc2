/** The user's own data as people have them: any table, usual names of columns, pictures somewhere below. */
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { put, scenePicture } from '../../../test/benchmark-fixtures.ts'
import { readerKit, sizesOf } from '../../../test/reader-kit.ts'
import { columnsOf, columnsText } from './columns.ts'
import { recognised } from './recognise.ts'

const kit = readerKit()
const inBase = (...parts: readonly string[]): string => join(kit.base, ...parts)
let picture: Uint8Array

beforeEach(async () => {
  picture = await scenePicture(1, 'png')
  await put(inBase('photos', 'dog.png'), picture)
})

describe('columns', () => {
  it.each<[string, string, string]>([
    ['image;question;answer', 'image from "image", question from "question", answer from "answer"', ''],
    ['Image Path,Prompt,GT', 'image from "Image Path", question from "Prompt", answer from "GT"', ''],
    [
      'filename,query,label,notes',
      'image from "filename", question from "query", answer from "label"; not used: "notes"',
      '',
    ],
    [
      'img_path,text,target,qid',
      'image from "img_path", question from "text", answer from "target", id from "qid"',
      '',
    ],
    ['index,image,question,A,B,C,answer', 'choices from "A", "B", "C", id from "index"', ''],
    ['file_name,question,option_a,option_b,answer', 'choices from "option_a", "option_b"', ''],
    ['picture,q,a,category', 'question from "q", answer from "a", category from "category"', ''],
    ['image_1,image_2,question,answer', 'image from "image_1", "image_2"', ''],
    ['image,image_2,question,answer', 'image from "image"', ''],
    ['Foto,question,answer', 'image from "Foto"', 'dog.JPG'],
  ])('%s', (header, text, first) => {
    const names = header.split(/[;,]/)
    expect(columnsText(columnsOf(names, { [names[0]!]: first }))).toContain(text)
  })
})

describe('a folder with a table of any name', () => {
  const told: string[] = []
  const read = async (split?: string) => {
    told.length = 0
    const benchmark = await recognised(kit.base, split)
    expect(benchmark.name).toBe('problems')
    return kit.read('problems', kit.base, { onColumns: (text) => told.push(text), split })
  }

  it('is read, and it is said which columns were taken for what', async () => {
    await put(inBase('questions.csv'), 'image;question;answer\ndog.png;"Which ""dog"";\nand why?";red|crimson\n;;\n')
    const entries = await read()
    expect(entries.map(({ problem }) => problem)).toEqual([
      {
        docId: 'problem_2',
        dataSource: kit.base.split('/').at(-1),
        question: 'Which "dog";\nand why?',
        answer: 'red',
        alternatives: ['crimson'],
      },
    ])
    expect(await sizesOf(entries)).toEqual([96])
    expect(told).toEqual([
      `${inBase('questions.csv')}: image from "image", question from "question", answer from "answer".`,
    ])
  })

  it.each([
    'dog',
    'DOG.PNG',
    'photos/dog.png',
    'photos\\dog.png',
    './photos/dog',
    '/elsewhere/set/photos/dog.png',
    'C:\\Users\\someone\\photos\\dog.png',
  ])('finds its picture by the name %s', async (name) => {
    await put(inBase('questions.tsv'), `path\tprompt\tgt\n${name}\tWhich?\tred\n`)
    expect(await sizesOf(await read())).toEqual([96])
  })

  it.each([
    ['dig.png', 'there is no picture dig.png in BASE; the nearest name is photos/dog.png'],
    ['other/dog.png', 'there is no picture other/dog.png in BASE; the nearest name is photos/dog.png'],
    ['/elsewhere/dog.png', '/elsewhere/dog.png is outside BASE'],
    ['../dog.png', '../dog.png is outside BASE'],
    ['twice.png', 'twice.png could be a/twice.png and b/twice.png in BASE: include its folder in the name'],
    ['link.png', 'which is outside BASE: copy the picture there'],
  ])('refuses the picture %s', async (name, words) => {
    await put(inBase('a', 'twice.png'), picture)
    await put(inBase('b', 'twice.png'), picture)
    await symlink(import.meta.filename, inBase('link.png'))
    await put(inBase('questions.csv'), `path,prompt,gt\n${name},Which?,red\n`)
    await expect(read()).rejects.toThrow(words.replace('BASE', kit.base))
  })

  it.each<[string, string, readonly string[], string]>([
    ['columns by letter', 'image,question,A,B,C,answer\ndog,Which?,red,blue,,b\n', ['red', 'blue'], 'B'],
    ['a cell of lines', 'image,question,options,answer\ndog,Which?,"(A) red\n(B) blue",blue\n', ['red', 'blue'], 'B'],
    ['a cell with semicolons', 'image,question,options,answer\ndog,Which?,red; blue,A\n', ['red', 'blue'], 'A'],
  ])('has choices as %s', async (_, text, choices, label) => {
    await put(inBase('q.csv'), text)
    expect(await read()).toMatchObject([{ problem: { choices }, label }])
  })

  it('is the split that the command reads', async () => {
    for (const name of ['train', 'test']) {
      await put(inBase(`${name}.csv`), `image,question,answer,id\ndog,Which?,red,${name}\n`)
    }
    expect((await read()).map(({ problem }) => problem.docId)).toEqual(['test'])
    expect((await read('train')).map(({ problem }) => problem.docId)).toEqual(['train'])
  })

  it.each<[string, Record<string, string>, string]>([
    ['several tables', { 'a.csv': '', 'b.csv': '' }, 'contains several tables. Name one of them: a.csv, b.csv.'],
    ['a spreadsheet', { 'q.xlsx': 'PK' }, 'q.xlsx is a spreadsheet, which is not supported. Save it as CSV'],
    [
      'no table',
      { 'a.png': '' },
      'which contains 1 picture. Check the path, or add a CSV file with the columns image, question, answer',
    ],
    ['Arrow files', { 'data-00000-of-00001.arrow': '', 'state.json': '{}', 'dataset_info.json': '{}' }, '.to_parquet('],
    ['Arrow files of splits', { 'dataset_dict.json': '{}' }, '["test"].to_parquet('],
    ['other columns', { 'q.csv': 'name,text\na,b\n' }, 'has no column image, answer but name, text'],
    ['another encoding in the header', { 'q.csv': 'image,question,answer,L\xf6sung\n' }, 'line 1: contains bytes'],
  ])('is refused with %s', async (_, files, words) => {
    for (const [name, text] of Object.entries(files)) await put(inBase('bad', name), Buffer.from(text, 'latin1'))
    await expect(kit.read('problems', inBase('bad'))).rejects.toThrow(words)
  })
})

it('rows of Mini-o3 are recognised by their fields', async () => {
  const row = { image: 'dog', problem: '<image>Which?', solution: 'red' }
  await put(inBase('test.json'), JSON.stringify([row]))
  expect((await recognised(kit.base)).name).toBe('problems')
  expect((await recognised(inBase('test.json'))).name).toBe('problems')
  await put(inBase('test.json'), JSON.stringify([{ ...row, doc_id: '1', data_source: 's' }]))
  expect((await recognised(kit.base)).name).toBe('visual-probe')
  expect((await recognised(inBase('test.json'))).name).toBe('visual-probe')
  expect((await recognised(kit.base, 'train')).name).toBe('problems')
})
