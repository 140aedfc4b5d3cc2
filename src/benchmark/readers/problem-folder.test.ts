import { mkdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { delimited, put, scenePicture } from '../../../test/benchmark-fixtures.ts'
import { byteOrderMark, readerKit, sizesOf } from '../../../test/reader-kit.ts'
import { benchmarkNamed } from '../catalog.ts'

const kit = readerKit()

describe('A folder of problems', () => {
  const rows = [
    { image: 'a.png', question: 'Which digit?', answer: 7 },
    {
      image: 'sub/b.jpg',
      question: 'Which colour?',
      answer: 'red',
      choices: ['blue', 'red'],
      id: 'mine',
      category: 'colour',
    },
  ]
  beforeEach(async () => {
    await put(join(kit.base, 'a.png'), await scenePicture(1, 'png'))
    await put(join(kit.base, 'sub', 'b.jpg'), await scenePicture(1))
  })

  it('is read from problems.jsonl and from problems.csv', async () => {
    await put(join(kit.base, 'problems.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
    const entries = await kit.read('problems')
    expect(entries[0]).toMatchObject({
      problem: { docId: 'problem_1', question: 'Which digit?', answer: '7' },
      slices: {},
    })
    expect(entries[1]).toMatchObject({
      problem: { docId: 'mine', question: 'Which colour?\n(A) blue\n(B) red', answer: '(B) red' },
      slices: { category: 'colour' },
      label: 'B',
    })
    expect(await sizesOf(entries)).toEqual([96, 96])
    await unlink(join(kit.base, 'problems.jsonl'))
    const csv = rows.map(({ image, question, answer, choices }) => ({
      image,
      question,
      answer,
      choices: choices?.join('|'),
    }))
    await put(join(kit.base, 'problems.csv'), byteOrderMark + delimited(csv, ',', '\r\n'))
    expect((await kit.read('problems')).map(({ problem }) => problem.answer)).toEqual(['7', '(B) red'])
    await put(
      join(kit.base, 'problems.jsonl'),
      byteOrderMark + rows.map((row) => `${JSON.stringify(row)}\r\n`).join(''),
    )
    expect((await kit.read('problems')).map(({ problem }) => problem.answer)).toEqual(['7', '(B) red'])
    await put(join(kit.base, 'problems.jsonl'), [rows[1], rows[1]].map((row) => JSON.stringify(row)).join('\n'))
    await expect(kit.read('problems')).rejects.toThrow('line 2: the name mine is already used by')
  })

  it.each([
    [{ ...rows[0], image: 'gone.png' }, 'there is no picture gone.png'],
    [{ ...rows[0], image: '../a.png' }, '../a.png is outside'],
    [{ ...rows[0], question: ' ' }, 'field question'],
    [{ ...rows[1], answer: 'C' }, 'the answer "C" is not one of A, B'],
    [{ ...rows[1], choices: ['one'] }, 'field choices'],
  ])('names file and line of %j', async (row, words) => {
    await put(join(kit.base, 'problems.jsonl'), `\n${JSON.stringify(row)}\n`)
    await expect(kit.read('problems')).rejects.toThrow(`${join(kit.base, 'problems.jsonl')}, line 2: ${words}`)
  })

  it('says what is missing where there is nothing', async () => {
    await mkdir(join(kit.base, 'empty'))
    await expect(kit.read('problems', join(kit.base, 'empty'))).rejects.toThrow('Check the path')
    const none = join(kit.base, 'none')
    const message = `There is neither a file nor a folder ${none}. Check the path.`
    for (const benchmark of ['problems', 'visual-probe', 'visualprobe-easy']) {
      await expect(kit.read(benchmark, none)).rejects.toMatchObject({ code: 'data-not-found', message })
    }
    expect(() => benchmarkNamed('vista')).toThrow('Choose one of visual-probe, problems, visualprobe-easy')
  })
})
