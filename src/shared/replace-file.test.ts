import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceFile } from './replace-file.ts'

test('replaces a file whole; a folder in its place is refused, and nothing is left beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'replace-'))
  try {
    await replaceFile(join(folder, 'in', 'page.html'), 'one')
    await replaceFile(join(folder, 'in', 'page.html'), 'two')
    expect(await readFile(join(folder, 'in', 'page.html'), 'utf8')).toBe('two')
    const wrong = { exitCode: 2, message: `${join(folder, 'in')} cannot be written: it is a folder. Name a file.` }
    await expect(replaceFile(join(folder, 'in'), 'three')).rejects.toMatchObject(wrong)
    expect(await readdir(folder)).toEqual(['in'])
  } finally {
    await rm(folder, { recursive: true })
  }
})
