import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { put, vstarQuestions, writeVstar } from '../../../test/benchmark-fixtures.ts'
import { byteOrderMark, readerKit, sizesOf } from '../../../test/reader-kit.ts'

const kit = readerKit()

describe('V*', () => {
  it('takes the published option order from test_questions.jsonl', async () => {
    await writeVstar(kit.base)
    const [entry, other] = await kit.read('vstar')
    expect(entry).toMatchObject({
      problem: {
        docId: 'direct_attributes/sa_4690',
        question: vstarQuestions[0]!.text,
        answer: '(B) red',
        choices: ['blue', 'red', 'white', 'green'],
      },
      slices: { category: 'direct_attributes' },
      label: 'B',
    })
    expect(other).toMatchObject({ slices: { category: 'relative_position' }, label: 'A' })
    expect(await sizesOf([entry!, other!])).toEqual([96, 96])
  })

  it('takes the unshuffled order, in which A is right, from the files beside the pictures', async () => {
    const folder = await writeVstar(kit.base)
    const entries = await kit.read('vstar', kit.base, { optionOrder: 'unshuffled' })
    expect(entries.map(({ label }) => label)).toEqual(['A', 'A'])
    expect(entries[0]!.problem).toMatchObject({ answer: '(A) red', choices: ['red', 'blue', 'white', 'green'] })
    await unlink(join(folder, 'test_questions.jsonl'))
    expect(await kit.read('vstar', folder, { optionOrder: 'unshuffled' })).toHaveLength(2)
    await expect(kit.read('vstar')).rejects.toMatchObject({ code: 'option-order', exitCode: 2 })
  })

  it('shuffles by the seed alone, alike from both layouts, and keeps the answer right', async () => {
    const folder = await writeVstar(kit.base)
    const order = async (seed: number) =>
      (await kit.read('vstar', kit.base, { optionOrder: { seed } })).map(({ problem, label }) => [
        problem.choices,
        problem.answer,
        label,
      ])
    const orders = await Promise.all([1, 2, 3, 4, 5, 6].map(order))
    expect(new Set(orders.map((own) => JSON.stringify(own))).size).toBeGreaterThan(2)
    for (const [[, answer, label] = []] of orders) expect(answer).toBe(`(${String(label)}) red`)
    await unlink(join(folder, 'test_questions.jsonl'))
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(order))).toEqual(orders)
  })

  it.each([
    [{ label: 'E' }, 'the answer "E" is not one of A, B, C, D'],
    [{ label: 'C', text: 'Which?\n(A) one\n(B) two' }, 'the answer "C" is not one of A, B'],
    [{ text: 'No options at all' }, 'has 0 choices'],
    [{ text: '(A) one\n(B) two' }, 'the question is empty'],
    [{ text: 'Which?\n(B) one\n(A) two' }, 'its options are not lettered'],
    [{ image: 'direct_attributes/gone.jpg' }, 'there is no picture direct_attributes/gone.jpg'],
    [{ image: '../outside.jpg' }, 'there is no picture'],
    [{ text: 7 }, 'field text'],
    [{ image: vstarQuestions[1]!.image }, 'relative_position/sa_17 is already used by'],
  ])('names file and line of %j', async (change, words) => {
    const folder = await writeVstar(kit.base, [vstarQuestions[1]!, { ...vstarQuestions[0]!, ...change }])
    const place = `${join(folder, 'test_questions.jsonl')}, line 2: `
    await expect(kit.read('vstar')).rejects.toThrow(place)
    await expect(kit.read('vstar')).rejects.toThrow(words)
    await expect(kit.read('vstar')).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
  })

  it('names the file beside a picture that is broken', async () => {
    const folder = await writeVstar(kit.base)
    const file = join(folder, 'direct_attributes', 'sa_4690.json')
    const unshuffled = () => kit.read('vstar', kit.base, { optionOrder: 'unshuffled' })
    await put(file, '{"question": "Which?"')
    await expect(unshuffled()).rejects.toThrow(`${file}: field question`)
    await put(file, `${byteOrderMark}{"question": "Which?",\r\n "options": ["one", "two"]}\r\n`)
    expect((await unshuffled())[0]!.problem.choices).toEqual(['one', 'two'])
    await unlink(join(folder, 'direct_attributes', 'sa_4690.jpg'))
    await expect(unshuffled()).rejects.toThrow('there is no picture direct_attributes/sa_4690.jpg')
  })

  it('takes a byte order mark and Windows line ends', async () => {
    const folder = await writeVstar(kit.base)
    const text = byteOrderMark + vstarQuestions.map((row) => JSON.stringify(row)).join('\r\n') + '\r\n'
    await put(join(folder, 'test_questions.jsonl'), text)
    expect((await kit.read('vstar')).map(({ label }) => label)).toEqual(['B', 'A'])
  })
})
