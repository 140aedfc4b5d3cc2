/** Who can mend a failed write, told by its exit status. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { UserError } from './errors.ts'
import { replaceFile } from './replace-file.ts'
import { isUnwritable, unwritable } from './unwritable.ts'

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

it.runIf(process.platform === 'linux')('so is a place where nobody may write', async () => {
  for (const path of ['/sys/page.html', '/sys/none/page.html', '/proc/none/page.html']) {
    await expect(replaceFile(path, 'text'), path).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(
        new RegExp(`^${path} cannot be written: E[A-Z]+: .*ame another folder\\.$`),
      ) as unknown,
    })
  }
})

it.each([
  ['EACCES', 2],
  ['EPERM', 2],
  ['EROFS', 2],
  ['EISDIR', 2],
  ['ENAMETOOLONG', 2],
  ['ENOSPC', 1],
  ['EMFILE', 1],
  ['EIO', 1],
])('%s has exit code %i, and says what is left', (code, exitCode) => {
  const error = unwritable('run/page.html', Object.assign(new Error('why'), { code }), 'Earlier pages are kept.')
  expect(error).toMatchObject({
    code,
    exitCode,
    message: expect.stringMatching(/Earlier pages are kept\.$/) as unknown,
  })
})

it.each([
  [{ code: 'EIO', syscall: 'write' }, true],
  [{ code: 'EFBIG', syscall: 'write' }, true],
  [{ code: 'EACCES', syscall: 'mkdir' }, true],
  [{ code: 'EROFS', syscall: 'open' }, true],
  [{ code: 'EIO', syscall: 'read' }, false],
  [{ code: 'ENOENT', syscall: 'open' }, false],
])('of %j it is %s that it can only come from writing', (facts, only) => {
  expect(isUnwritable(Object.assign(new Error('no'), facts))).toBe(only)
  expect(isUnwritable(new UserError('EIO', 'no'))).toBe(false)
})
