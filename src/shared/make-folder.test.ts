import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

test('makes what is missing, also from many at once, and takes what is there', async () => {
  const base = await mkdtemp(join(tmpdir(), 'folder-'))
  const deep = join(base, 'a', 'b', 'c')
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(deep)))
  await makeFolder(deep)
  expect((await stat(deep)).isDirectory()).toBe(true)

  await writeFile(join(base, 'file'), '')
  await expect(makeFolder(join(base, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(makeFolder(join(base, 'file', 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  await rm(base, { recursive: true })
})

test.runIf(process.platform === 'linux')('gives up at once where nothing can be made', async () => {
  await expect(makeFolder('/proc/none/deep')).rejects.toMatchObject({ code: 'ENOENT' })
})
