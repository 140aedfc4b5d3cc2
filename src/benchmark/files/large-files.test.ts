import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { delimited, parquet } from '../../../test/benchmark-fixtures.ts'
import { readDelimited } from './delimited.ts'
import { readJsonItems } from './json-items.ts'
import { readHrBench } from '../readers/hr-bench.ts'
import type { LongText } from './json-items.ts'
import { heldBytes } from './read-blocks.ts'
import { tableRows } from './table.ts'
import { openText } from './text-source.ts'

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'large-'))))
afterAll(() => rm(folder, { recursive: true }))

const mebi = 1024 ** 2

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const row of rows) all.push(row)
  return all
}

/** How many rows there are, and how many bytes of the file were asked for at once while they were read, at most. */
async function reading(file: string): Promise<{ count: number; atOnce: number }> {
  const handle = await open(file)
  const reads = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'read')
  await handle.close()
  const rows = await collect(tableRows(file))
  const atOnce = Math.max(...(reads.mock.calls as unknown[][]).map(([, , length]) => Number(length)))
  reads.mockRestore()
  // What is kept of the rows does not hold their pictures.
  expect(JSON.stringify(rows.map(({ cells }) => cells)).length).toBeLessThan(rows.length * 1000)
  return { count: rows.length, atOnce }
}

/** The start of a BMP file of 1024 x 1020 pixels, of which the first is grey, in base64. */
function bmpStart(): string {
  const bytes = Buffer.alloc(27, 0x77)
  bytes.write('BM')
  bytes.writeUInt32LE(26, 10)
  bytes.writeUInt32LE(12, 14)
  for (const [at, field] of [1024, 1020, 1, 24].entries()) bytes.writeUInt16LE(field, 18 + 2 * at)
  return bytes.toString('base64')
}

/** HR-Bench with a picture of `cellBytes` in each row, as one file. */
async function writeLarge(file: string, rows: number, cellBytes: number, form: 'tsv' | 'json'): Promise<void> {
  const image = Buffer.alloc(cellBytes, 'QUJD')
  image.write(bmpStart())
  const out = await open(file, 'w')
  const names = ['index', 'question', 'answer', 'category', 'A', 'B', 'cycle_category', 'image']
  await out.write(form === 'tsv' ? `${names.join('\t')}\n` : '[')
  for (let index = 0; index < rows; index++) {
    const cells = [index, `Which is it, "${index}"?`, 'AB'[index % 2], 'single', 'one', `two ${index}`, index % 2, '']
    const row = Object.fromEntries(names.map((name, at) => [name, cells[at]]))
    const start = form === 'tsv' ? delimited([row]).split('\n')[1]! : JSON.stringify(row).slice(0, -2)
    await out.write(`${form === 'json' && index > 0 ? ',' : ''}${start}`)
    await out.write(image)
    await out.write(form === 'tsv' ? '\n' : '"}')
  }
  if (form === 'json') await out.write(']')
  await out.close()
}

describe('files larger than memory should hold', () => {
  it('reads a TSV of 200 MB row by row', async () => {
    const file = join(folder, 'hr_bench_4k.tsv')
    await writeLarge(file, 50, 4 * mebi, 'tsv')
    expect((await stat(file)).size).toBeGreaterThan(200 * mebi)
    const { count, atOnce } = await reading(file)
    expect(count).toBe(50)
    expect(atOnce).toBeLessThanOrEqual(mebi)

    const entries = await readHrBench(file, '4k')
    expect(entries[49]!.problem).toMatchObject({ docId: '49', answer: '(B) two 49' })
    expect(entries[49]!.problem.question).toMatch(/^Which is it, "49"\?\n/)
    expect(await entries[49]!.checkPicture()).toBeUndefined()
    await rm(file)
  })

  it('reads a JSON array of 60 MB item by item', async () => {
    const file = join(folder, 'items.json')
    await writeLarge(file, 15, 4 * mebi, 'json')
    const { count, atOnce } = await reading(file)
    expect(count).toBe(15)
    expect(atOnce).toBeLessThanOrEqual(mebi)
    const rows = await collect(tableRows(file))
    expect(rows[14]!.cells).toMatchObject({ question: 'Which is it, "14"?', B: 'two 14' })
    expect(Buffer.from(await rows[14]!.readPicture()).toString('latin1', 0, 6)).toBe('BMwwww')
    await rm(file)
  })

  it('reads the small columns of a parquet file alone, and a picture from its row group', async () => {
    const file = join(folder, 'rows.parquet')
    const rows = Array.from({ length: 40 }, (_, index) => ({
      index,
      question: `Where is ${index}?`,
      image: { bytes: Buffer.alloc(mebi, index), path: `${index}.jpg` },
    }))
    await writeFile(file, parquet(rows.map(({ image, ...row }) => ({ ...row, image: image.bytes }))))
    const { count, atOnce } = await reading(file)
    expect(count).toBe(40)
    expect(atOnce).toBeLessThanOrEqual(mebi)
    const read = await collect(tableRows(file))
    expect(read[33]!.cells).toEqual({ index: '33', question: 'Where is 33?' })
    expect(Buffer.from(await read[33]!.readPicture()).equals(rows[33]!.image.bytes)).toBe(true)
  })
})

describe('readDelimited', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '"', '\t', '\n', ',', ' ', '€', "'"), maxLength: 12 })
  it.each(['\t', ','] as const)('gives back what pandas writes, separated by %j', async (separator) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(text, text, text), { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (rows, lineEnd, mark) => {
          const file = join(folder, 'table')
          const table = delimited(
            rows.map(([a, b, c]) => ({ a, b, c })),
            separator,
            lineEnd,
          )
          await writeFile(file, (mark ? '\uFEFF' : '') + table)
          const read = await collect(readDelimited(await openText(file), separator))
          expect(read.map(({ cells }) => cells.map((cell) => cell.text))).toEqual([
            ['a', 'b', 'c'],
            ...rows.map((row) => row.map(String)),
          ])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('gives the bytes of cells, long ones across blocks too, and the line of each row', async () => {
    const long = 'x'.repeat(3 * mebi)
    const file = join(folder, 'long')
    await writeFile(file, `\uFEFFid\t"a\nb"\n\n1\t${long}\r\n2\t"${long}"\n3\tend`)
    const rows = await collect(readDelimited(await openText(file), '\t'))
    expect(rows.map(({ line }) => line)).toEqual([1, 4, 5, 6])
    expect(rows.map(({ cells }) => cells[1]!.text)).toEqual(['a\nb', undefined, undefined, 'end'])
    const bytes = await readFile(file)
    for (const { cells } of rows.slice(1, 3)) {
      const { start, end } = cells[1]!
      expect(bytes.toString('latin1', start, end).trimEnd()).toBe(long)
    }
  })
})

describe('readJsonItems', () => {
  it('gives back what was written, whatever the text', async () => {
    const value = fc.jsonValue({ maxDepth: 2 }).filter((own) => JSON.stringify(own).length < heldBytes)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), value), { maxLength: 4 }),
        fc.boolean(),
        async (items, wide) => {
          const file = join(folder, 'items')
          await writeFile(file, JSON.stringify(items, null, wide ? 2 : undefined))
          const read = []
          for await (const { value: item } of readJsonItems(file, await openText(file))) read.push(item)
          expect(read).toEqual(JSON.parse(JSON.stringify(items)))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('gives the bytes of long strings, and refuses what is no array of objects', async () => {
    const file = join(folder, 'long.json')
    const long = 'x'.repeat(mebi - 30)
    await writeFile(file, JSON.stringify([{ note: 'a "quoted" \\ text', long, last: ['b', long] }]))
    const [item] = await collect(readJsonItems(file, await openText(file)))
    const { note, long: first, last } = item!.value as { note: string; long: LongText; last: [string, LongText] }
    expect([note, last[0]]).toEqual(['a "quoted" \\ text', 'b'])
    const bytes = await readFile(file)
    for (const { start, end } of [first, last[1]]) expect(bytes.toString('latin1', start, end)).toBe(long)
    const deep = `[{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}]`
    for (const wrong of ['"text"', '<a>', '[{"a": 1}, {"a"]', '[{"a": "b', deep]) {
      await writeFile(file, wrong)
      await expect(collect(readJsonItems(file, await openText(file)))).rejects.toMatchObject({
        code: 'data-not-json',
        exitCode: 2,
      })
    }
  })
  it.each([
    ['[7, {"a": 1}]', [undefined, { a: 1 }]],
    ['[{"a": 1}, null, "x, }", ["b"], [], -1e5 ]', [{ a: 1 }, undefined, undefined, undefined, undefined, undefined]],
    ['{"a": 1}\nnull\n["b"]\n{"a": 2}\n7', [{ a: 1 }, undefined, undefined, { a: 2 }, undefined]],
    ['[{\'a\': 1}, {"a": 2}]', [undefined, { a: 2 }]],
  ])('passes over what is no object: %s', async (content, values) => {
    const file = join(folder, 'mixed.json')
    await writeFile(file, content)
    const items = await collect(readJsonItems(file, await openText(file)))
    expect(items.map(({ value }) => value)).toEqual(values)
    expect(items.map(({ broken }) => broken !== undefined)).toEqual(values.map((value) => value === undefined))
  })
})
