import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openJsonl, readJsonl } from './jsonl.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jsonl-'))
  path = join(folder, 'lines.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

async function readAll(): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const value of readJsonl(path)) values.push(value)
  return values
}

describe('jsonl', () => {
  it('reads what was appended, in order, also from many at once', async () => {
    const writer = await openJsonl(path)
    await Promise.all(Array.from({ length: 200 }, (_, n) => writer.append({ n, text: 'line\nbreak \u2028 é' })))
    await writer.close()
    expect(await readAll()).toEqual(Array.from({ length: 200 }, (_, n) => ({ n, text: 'line\nbreak \u2028 é' })))
  })

  it('breaks lines at \\n and nowhere else', async () => {
    const odd = ['a\u2028b', 'c\u2029d', 'e\u0085f', 'g\rh', `${'é'.repeat(70_000)}\u2028`]
    await writeFile(path, odd.map((text) => `${JSON.stringify(text)}\n\n`).join('') + '7\r\n \r\n')
    expect(await readAll()).toEqual([...odd, 7])
  })

  it('has a line on disk, whole, when append resolves', async () => {
    const writer = await openJsonl(path)
    await writer.append({ n: 1 })
    expect(await readFile(path, 'utf8')).toBe('{"n":1}\n')
    await writer.close()
  })

  it('takes a missing file for an empty one', async () => {
    expect(await readAll()).toEqual([])
  })

  it.each(['{"n":2,"te', '{"n":2}', ' ', 'x'.repeat(200_000)])(
    'ignores and cuts off a torn last line',
    async (torn) => {
      await writeFile(path, `{"n":1}\n${torn}`)
      expect(await readAll()).toEqual([{ n: 1 }])
      const writer = await openJsonl(path)
      await writer.append({ n: 3 })
      await writer.close()
      expect(await readAll()).toEqual([{ n: 1 }, { n: 3 }])
    },
  )

  it('reads nothing from a file that is one torn line', async () => {
    await writeFile(path, '{"n":')
    expect(await readAll()).toEqual([])
  })

  it('names file and line of a broken line before the last', async () => {
    await writeFile(path, '{"n":1}\nnot json\n')
    await appendFile(path, '{"n":3}\n')
    await expect(readAll()).rejects.toMatchObject({
      code: 'jsonl-broken-line',
      message: expect.stringContaining(`${path}:2`),
    })
  })
})
