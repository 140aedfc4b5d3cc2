import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { put, writeO3 } from '../../../test/benchmark-fixtures.ts'
import { readerKit, sizesOf } from '../../../test/reader-kit.ts'

const kit = readerKit()

describe('O3-Bench', () => {
  it('is read from metadata.jsonl with its pictures, and knows where the evidence is', async () => {
    await writeO3(kit.base)
    for (const path of [kit.base, join(kit.base, 'O3-Bench'), join(kit.base, 'O3-Bench', 'test')]) {
      const entries = await kit.read('o3-bench', path)
      expect(entries[0]).toMatchObject({
        problem: {
          docId: '1',
          dataSource: 'o3_bench',
          question:
            'By how much did the ratio change?\nA. −$13,046\nB. −$14,895\nC. 5.00x\nD. −$15,019\nE. −$15,967\nF. No right choice',
          answer: '(D) −$15,019',
          choices: ['−$13,046', '−$14,895', '5.00x', '−$15,019', '−$15,967', 'No right choice'],
        },
        slices: { subset: 'chart' },
        label: 'D',
      })
      const near = [0.1, 0.5, 0.5, 1].map((edge) => expect.closeTo(edge, 9) as number)
      expect(entries[0]!.problem.targetBoxRel).toEqual(near)
      expect(await sizesOf(entries)).toEqual([96])
    }
  })

  it.each([
    [{ target_layouts: [3] }],
    [{ target_layouts: null }],
    [{ layout_infos: null }],
    [{ layout_infos: { 2: { bbox: [1, 2, 3, NaN] } } }],
    [{ layout_infos: { 2: { bbox: [9, 9, 9, 9] } } }],
  ])('goes without evidence where there is none: %j', async (change) => {
    await writeO3(kit.base, change)
    expect((await kit.read('o3-bench'))[0]!.problem.targetBoxRel).toBeUndefined()
  })

  it.each([
    ['a letter without a choice', { answer: 'G' }, 'the answer "G" is not one of A, B, C, D, E, F'],
    ['a number as answer', { answer: 4 }, 'answer is missing'],
    ['no options', { options: 'none' }, 'has 0 choices'],
    ['options in another order', { options: 'B. one\nA. two' }, 'its options are not lettered'],
    ['no subset', { subset: null }, 'subset is missing'],
    ['a missing picture', { file_name: 'images/map/gone.jpg' }, 'there is no picture images/map/gone.jpg'],
    ['a picture elsewhere', { file_name: '../../secret.png' }, 'there is no picture ../../secret.png'],
    ['an absolute path', { file_name: '/etc/passwd' }, 'there is no picture /etc/passwd'],
  ])('names the row with %s', async (_, change, words) => {
    const file = await writeO3(kit.base, change)
    await expect(kit.read('o3-bench')).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
    await expect(kit.read('o3-bench')).rejects.toThrow(`${file}, row 1: ${words}`)
  })

  it('says that its file is cut off, is none, or is not there', async () => {
    const file = await writeO3(kit.base)
    await put(file, '{"file_name": "images/chart/1-3.png", "question": "Wh')
    await expect(kit.read('o3-bench')).rejects.toMatchObject({ code: 'data-not-json', exitCode: 2 })
    await put(file, 'version https://git-lfs.github.com/spec/v1')
    await expect(kit.read('o3-bench')).rejects.toMatchObject({
      code: 'data-not-table',
      message: expect.stringContaining('git lfs pull'),
      exitCode: 2,
    })
    await unlink(file)
    await expect(kit.read('o3-bench')).rejects.toMatchObject({ code: 'data-not-found', exitCode: 2 })
  })
})
