import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { delimited, parquet, put, treeRow, withoutColumn } from '../../../test/benchmark-fixtures.ts'
import { byteOrderMark, readerKit, sizesOf } from '../../../test/reader-kit.ts'
import { benchmarkNamed } from '../catalog.ts'
import { checkBenchmark } from '../check-benchmark.ts'

const kit = readerKit()
const published = (): string => join(kit.base, 'TreeBench', 'TreeBench.tsv')

describe('TreeBench', () => {
  it.each([
    ['as published', delimited],
    [
      'with a byte order mark and Windows line ends',
      (rows: Parameters<typeof delimited>[0]) => byteOrderMark + delimited(rows, '\t', '\r\n'),
    ],
  ])('is read from the TSV %s', async (_, written) => {
    await put(published(), written([await treeRow()]))
    const entries = await kit.read('treebench')
    expect(entries[0]).toMatchObject({
      problem: {
        docId: '0',
        dataSource: 'treebench',
        question:
          'From the "old" tower, where is the sign?\nA. To the left\nB. To the right\nC. Front right\nD. Front left\n' +
          'Answer with the letter of the right option.',
        answer: '(C) Front right',
        choices: ['To the left', 'To the right', 'Front right', 'Front left'],
        targetBoxRel: [0, 0, 1, 1],
        targetBoxesRel: [
          [0, 0.25, 0.5, 1],
          [0.75, 0, 1, 0.125],
        ],
      },
      slices: { task: 'Reasoning', category: 'Reasoning/Perspective Transform' },
      label: 'C',
    })
    expect(await sizesOf(entries)).toEqual([96])
  })

  it.each([
    ['A. one\nB. two\nC. three', ['one', 'two', 'three']],
    ['A. Bright gold  B. Matte black \nC. Green \nD. White ', ['Bright gold', 'Matte black', 'Green', 'White']],
    ['A. It is open. B. It is shut. C. It is gone.', ['It is open.', 'It is shut.', 'It is gone.']],
    ['A. one\nB. two\nC. three\nC. four', ['one', 'two', 'three\nC. four']],
    ['A. one\nB. two of A. Smith\nC. three', ['one', 'two of A. Smith', 'three']],
  ])('takes the choices of %j where they have no columns', async (options, choices) => {
    const row = await treeRow({
      'multi-choice options': options,
      ...Object.fromEntries([...'ABCD'].map((l) => [l, ''])),
    })
    await put(published(), delimited([row]))
    expect((await kit.read('treebench'))[0]!.problem.choices).toEqual(choices)
  })

  it.each([
    ['a letter without a choice', { answer: 'E' }, 'the answer "E" is not one of A, B, C, D'],
    ['a gap between its choices', { B: 'nan' }, 'choice B is missing'],
    ['no question', { question: '' }, 'question is missing'],
    ['no category', { category: '' }, 'category is missing'],
    ['boxes that are none', { target_instances: '[[1, 2, 3]]' }, 'target_instances is not a list of boxes'],
    ['boxes that are cut off', { target_instances: '[[1, 2, 3, 4' }, 'target_instances is not a list of boxes'],
    ['code in place of boxes', { target_instances: '__import__("os")' }, 'target_instances is not a list of boxes'],
    ['the name of another row', { index: 1 }, 'the name 1 is already used by'],
  ])('names the row with %s', async (_, change, words) => {
    await put(published(), delimited([await treeRow({ index: 1 }), await treeRow({ index: 2, ...change })]))
    await expect(kit.read('treebench')).rejects.toMatchObject({ code: 'data-row', exitCode: 2 })
    await expect(kit.read('treebench')).rejects.toThrow(`${published()}, line 6: ${words}`)
  })

  it('finds rows, categories and pictures that are not as published', async () => {
    const { image, ...row } = await treeRow()
    const huge = { ...row, index: 2n ** 63n, category: 'Reasoning/Guessing', image: '' }
    await put(published(), delimited([{ ...row, index: 1, image: image.slice(0, -3) }, huge]))
    const { findings } = await checkBenchmark(benchmarkNamed('treebench'), kit.base)
    const messages = findings.map(({ code, message }) => `${code}: ${message}`)
    expect(messages).toContain('count: 2 problems instead of 405.')
    expect(messages).toContain('slice: category: 1 of Reasoning/Guessing instead of 0.')
    expect(messages.filter((message) => message.startsWith('picture: '))).toEqual([
      `picture: ${published()}, line 2: the base64 of the picture is truncated after ${image.length - 3} characters.`,
      `picture: ${published()}, line 6: there is no picture.`,
    ])
    // Without its picture the evidence has no size to be a fraction of.
    const [entry] = await kit.read('treebench')
    expect(entry!.problem.targetBoxRel).toBeUndefined()
    await put(published(), delimited(withoutColumn([{ ...row, image }], 'image')))
    await expect(kit.read('treebench')).rejects.toMatchObject({ code: 'data-columns', exitCode: 2 })
    await put(join(kit.base, 'TreeBench', 'TreeBench.parquet'), parquet([{ ...row, image }]))
    expect(await kit.read('treebench', join(kit.base, 'TreeBench', 'TreeBench.parquet'))).toHaveLength(1)
  })
})
