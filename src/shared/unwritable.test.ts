/** Who can mend a failed write, told by its exit status. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { replaceFile } from './replace-file.ts'

it('a file that has the name of a folder is for the user to mend', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unwritable-'))
  try {
    await writeFile(join(folder, 'a.jpg'), '')
    for (const within of [['report.md'], ['charts', 'a.svg']]) {
      const written = replaceFile(join(folder, 'a.jpg', ...within), 'text')
      await expect(written, within.join()).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining('Name another folder') as unknown,
      })
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
