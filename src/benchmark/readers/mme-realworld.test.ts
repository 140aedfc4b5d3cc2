import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { delimited, mmeBase64Item, mmeItem, put, scenePicture } from '../../../test/benchmark-fixtures.ts'
import { byteOrderMark, readerKit, sizesOf } from '../../../test/reader-kit.ts'

const kit = readerKit()

describe('MME-RealWorld', () => {
  it('finds pictures in the folders of its unpacked archives', async () => {
    const folder = join(kit.base, 'MME-RealWorld')
    const twice = { ...mmeItem, Question_id: 'reasoning/monitoring/1', Image: 'deep/poster.png' }
    const file = await put(join(folder, 'MME_RealWorld.json'), JSON.stringify([mmeItem, twice]))
    await put(join(folder, 'ocr_cc', 'poster.png'), await scenePicture(6, 'png'))
    await expect(kit.read('mme-realworld')).resolves.toHaveLength(2)
    await put(join(folder, 'monitoring', 'deep', 'poster.png'), await scenePicture(7, 'png', 64))
    await expect(kit.read('mme-realworld')).rejects.toThrow(
      `${file}, row 1: poster.png could be monitoring/deep/poster.png and ocr_cc/poster.png in`,
    )
    await put(join(folder, 'poster.png'), await scenePicture(6, 'png', 80))
    const entries = await kit.read('mme-realworld')
    expect(await sizesOf(entries)).toEqual([80, 64])
    expect(entries[0]).toMatchObject({
      problem: { docId: mmeItem.Question_id, answer: '(B) Sweet & Sour "Haw"', dataSource: 'mme_realworld' },
      slices: { task: 'Perception', subtask: 'OCR with Complex Context', category: 'book_map_poster' },
      label: 'B',
    })
    expect(entries[0]!.problem.question).toMatch(
      /^Which dish.*\nOptions:\n\(A\) Ribs\n\(B\) [^]*letter alone\.\nBest option:$/,
    )
  })

  it.each([
    ['a Python list', (options: readonly string[]) => `['${options.join("', '")}']`],
    ['announced lines', (options: readonly string[]) => `The choices are listed below:\n${options.join('\n')}`],
  ])('is read from TSV with options as %s', async (_, write) => {
    const { 'multi-choice options': options, ...item } = await mmeBase64Item()
    const row = { ...item, 'multi-choice options': write(options) }
    await put(join(kit.base, 'mme_realworld_lite.tsv'), delimited([row, { ...row, index: 8 }]))
    const entries = await kit.read('mme-realworld-lite')
    expect(entries[1]).toMatchObject({
      problem: { docId: '8', dataSource: 'mme_realworld_lite', answer: '(B) Sweet & Sour "Haw"' },
      slices: { task: 'Reasoning', subtask: 'Monitoring', category: 'person/attribute' },
    })
    expect(entries[0]!.problem.choices).toHaveLength(5)
    expect(await sizesOf(entries)).toEqual([400, 400])
  })

  it('is read from a folder of JSON files with base64 pictures', async () => {
    const folder = join(kit.base, 'MME-RealWorld-Base64', 'MME-RealWorld-CN')
    await put(
      join(folder, 'OCR.json'),
      byteOrderMark + JSON.stringify([await mmeBase64Item(1), await mmeBase64Item(2)], null, 1),
    )
    await put(join(folder, 'Monitoring.json'), JSON.stringify([await mmeBase64Item(3)]).replaceAll('/', '\\/'))
    const entries = await kit.read('mme-realworld-cn')
    expect(entries.map(({ problem }) => problem.docId)).toEqual(['3', '1', '2'])
    expect(await sizesOf(entries)).toEqual([400, 400, 400])
    expect(entries[0]!.problem.question).toMatch(/选项：\n\(A\) Ribs\n[^]*答案：$/)
    await expect(kit.read('mme-realworld-lite')).rejects.toMatchObject({ code: 'data-not-found' })
  })

  it('names file and row of a letter without a choice and of a name that is there twice; a picture that is cut off', async () => {
    const item = await mmeBase64Item(1)
    const { image } = item
    const rows = [
      item,
      { ...item, index: 2, answer: 'F' },
      item,
      { ...item, index: 4, image: image.slice(0, -3) },
      { ...item, index: 5, image: '' },
    ]
    const options = `['${item['multi-choice options'].join("', '")}']`
    const json = await put(join(kit.base, 'json', 'MME-RealWorld-Base64', 'OCR.json'), JSON.stringify(rows))
    const table = rows.map((row) => ({ ...row, 'multi-choice options': options }))
    const tsv = await put(join(kit.base, 'mme_realworld_lite.tsv'), byteOrderMark + delimited(table, '\t', '\r\n'))
    for (const [name, path, file, row] of [
      ['mme-realworld', join(kit.base, 'json'), json, 'row '],
      ['mme-realworld-lite', kit.base, tsv, 'line '],
    ] as const) {
      const found: string[] = []
      const report = ({ message }: { message: string }): void => void found.push(message)
      const entries = await kit.read(name, path, { report })
      const at = (index: number): string => `${file}, ${row}${index + (row === 'line ' ? 1 : 0)}`
      expect(found).toEqual([
        `${at(2)}: the answer "F" is not one of A, B, C, D, E. Correct or remove the row.`,
        `${at(3)}: the name 1 is already used by ${at(1)}. Correct or remove the row.`,
      ])
      const pictures = await Promise.all(entries.map((entry) => entry.checkPicture()))
      const cut = `the base64 of the picture is truncated after ${image.length - 3} characters`
      expect(pictures).toEqual([undefined, cut, 'there is no picture'])
      await expect(entries[1]!.openPicture('displayed')).rejects.toMatchObject({
        code: 'picture-unreadable',
        exitCode: 2,
      })
    }
  })

  it('says which item of a JSON file is broken', async () => {
    const file = await put(join(kit.base, 'MME_RealWorld.json'), JSON.stringify([mmeItem]).slice(0, -9))
    await expect(kit.read('mme-realworld')).rejects.toThrow(`${file}, item 1: the file is cut off`)
    await put(file, '[]')
    await expect(kit.read('mme-realworld')).rejects.toMatchObject({ code: 'data-empty' })
  })
})
