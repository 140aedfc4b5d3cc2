import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { openJsonl, readJsonl } from './jsonl.ts'
import type { BadLine } from './jsonl.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jsonl-'))
  path = join(folder, 'lines.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

const numbered = z.object({ n: z.number() })

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

  it.each([
    ['not json', 'not valid JSON'],
    ['\0\0\0', 'not valid JSON'],
    ['{"n":2', 'not valid JSON'],
    ['{"n":1}{"n":2}', 'not valid JSON'],
    ['null', 'the line: '],
    ['[]', 'the line: '],
    ['{"n":"two"}', 'n: '],
  ])('names the line %j by file and number, says why, and reads the others', async (line, why) => {
    await writeFile(path, `\uFEFF{"n":1}\r\n${line}\n{"n":3}\n`)
    const bad: BadLine[] = []
    const values: unknown[] = []
    for await (const value of readJsonl(path, numbered, (one) => bad.push(one))) values.push(value)
    expect(values).toEqual([{ n: 1 }, { n: 3 }])
    expect(bad).toEqual([{ place: `${path}:2`, why: expect.stringContaining(why) }])
  })

  it('does not write through a link', async () => {
    const other = join(folder, 'other')
    await writeFile(other, 'precious')
    await symlink(other, path)
    await expect(openJsonl(path)).rejects.toThrow(/lines\.jsonl cannot be written: .*is a link/)
    expect(await readFile(other, 'utf8')).toBe('precious')
  })

  it('takes a line of bytes that are no text for a bad one', async () => {
    await writeFile(path, Buffer.concat([Buffer.from('{"n":1}\n"'), Buffer.from([0xff, 0xfe]), Buffer.from('"\n')]))
    const bad: BadLine[] = []
    for await (const _ of readJsonl(path, numbered, (one) => bad.push(one)));
    expect(bad).toEqual([{ place: `${path}:2`, why: 'not valid UTF-8' }])
  })

  it('lets go of a file that it cannot read to its end', async () => {
    const probe = await open(path, 'a+')
    const methods = Object.getPrototypeOf(probe) as FileHandle
    await probe.close()
    const stat = vi.spyOn(methods, 'stat').mockRejectedValueOnce(new Error('input/output error'))
    await expect(openJsonl(path)).rejects.toThrow('input/output error')
    expect((stat.mock.contexts[0] as FileHandle).fd).toBe(-1)
    vi.restoreAllMocks()
  })

  it.runIf(existsSync('/dev/full'))('rejects every append after a write that failed, and says why', async () => {
    const writer = await openJsonl('/dev/full')
    const asked = [1, 2, 3].map((n) => writer.append({ n }))
    for (const appended of [...asked, writer.append({ n: 4 })]) {
      await expect(appended).rejects.toMatchObject({
        code: 'ENOSPC',
        message: expect.stringMatching(/Free some space/),
      })
    }
    await writer.append({ n: 5 }).catch(() => {})
    await expect(writer.append({ n: 6 })).rejects.toMatchObject({ code: 'ENOSPC' })
    await writer.close()
  })
})
