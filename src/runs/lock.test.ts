import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ownIdentity } from '../shared/process-identity.ts'
import type { ProcessIdentity } from '../shared/process-identity.ts'
import { isLocked, lockRun } from './lock.ts'
import { workerUrl } from '../shared/worker-url.ts'

const quick = { beatMs: 20, silentMs: 200 }
let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'))
  file = join(folder, 'lock')
})
afterEach(() => rm(folder, { recursive: true }))

async function leftBy(holder: Partial<ProcessIdentity>): Promise<void> {
  await writeFile(file, JSON.stringify({ process: { ...(await ownIdentity()), ...holder }, token: 'left' }))
}

/** The id of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid

describe('the lock of a run', () => {
  it('is held until it is released, and leaves nothing behind', async () => {
    const lock = await lockRun(folder, quick)
    await expect(lockRun(folder, quick)).rejects.toMatchObject({ code: 'run-in-use', exitCode: 2 })
    expect(await isLocked(folder)).toBe(true)
    await lock.release()
    expect(await readdir(folder)).toEqual([])
    expect(await isLocked(folder)).toBe(false)
  })

  it.each<[string, () => Promise<void>]>([
    ['a process that has ended', () => leftBy({ pid: deadPid() })],
    ['an earlier process of the same id', () => leftBy({ started: '1' })],
    ['a container that is gone', () => leftBy({ pid: 1, pidNamespace: 'pid:[1]' })],
    ['this machine before it was restarted', () => leftBy({ boot: 'earlier' })],
    ['another machine that went away', () => leftBy({ host: 'elsewhere' })],
    ['a version that wrote a bare process id', () => writeFile(file, '1')],
    ['a process that was killed before it wrote', () => writeFile(file, '')],
    ['a process that was killed while it wrote', () => writeFile(file, '{"process":{"ho')],
  ])('is taken over from %s', async (_, leave) => {
    await leave()
    const lock = await lockRun(folder, quick)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ process: { pid: process.pid } })
    await lock.release()
    expect(await readdir(folder)).toEqual([])
  })

  it.each<[string, () => Promise<unknown>]>([
    ['a folder', () => mkdir(file)],
    ['a pipe', async () => spawnSync('mkfifo', [file])],
    ['a link to nothing', () => symlink('nowhere', file)],
    ['a link to another file', () => symlink(process.execPath, file)],
  ])('is refused where %s has its name', async (_, leave) => {
    await leave()
    await expect(lockRun(folder, quick)).rejects.toMatchObject({ code: 'run-lock-unreadable', exitCode: 2 })
  })

  it('is respected while a holder that cannot be looked up touches it', async () => {
    await leftBy({ host: 'elsewhere', pid: 4711 })
    let beats = 0
    const beating = setInterval(() => void utimes(file, ++beats, beats).catch(() => {}), 10)
    await expect(lockRun(folder, quick)).rejects.toThrow(/process 4711 on elsewhere/)
    clearInterval(beating)
    expect(await isLocked(folder)).toBe(false)
  })

  it('is kept through a moment in which it cannot be read', async () => {
    // Each check looks at the file.
    const lock = await lockRun(folder, { ...quick, silentMs: -1 })
    const own = await readFile(file)
    const beside = join(folder, 'beside')
    await symlink(process.execPath, beside)
    await rename(beside, file)
    await lock.check()
    await writeFile(beside, own)
    await rename(beside, file)
    await lock.check()
    await lock.release()
    expect(await readdir(folder)).toEqual([])
  })

  it('beats while it is held', async () => {
    const lock = await lockRun(folder, quick)
    await utimes(file, 1, 1)
    await expect.poll(() => isLocked(folder)).toBe(true)
    await leftBy({ host: 'elsewhere' })
    await lock.release()
    expect(await readdir(folder)).toEqual(['lock'])
  })

  it('stops a holder that has lost it', async () => {
    const lock = await lockRun(folder, quick)
    await lock.check()
    await leftBy({ host: 'elsewhere' })
    await expect
      .poll(() =>
        lock.check().then(
          () => 'held',
          (error: { code: string }) => error.code,
        ),
      )
      .toBe('run-taken-over')
  })

  it('is no folder', async () => {
    await mkdir(file)
    await expect(lockRun(folder, quick)).rejects.toMatchObject({ exitCode: 2 })
  })

  it('is taken over from a taker that was killed in between', async () => {
    await leftBy({ pid: deadPid() })
    await (await lockRun(folder, quick)).release()
    await leftBy({ pid: deadPid() })
    const { sha256 } = await import('../shared/canonical.ts')
    const guard = `${file}.${sha256(await readFile(file, 'utf8')).slice(0, 12)}.tmp`
    await writeFile(guard, JSON.stringify({ process: { ...(await ownIdentity()), pid: deadPid() }, token: 'guard' }))
    await (await lockRun(folder, quick)).release()
    expect(await readdir(folder)).toEqual([])
  })

  it("is one process's, of six that find a stale one at the same moment", async () => {
    const program = join(folder, 'take.mjs')
    await writeFile(
      program,
      `import { lockRun } from ${JSON.stringify(workerUrl(import.meta.url, './lock.js').href)}
       process.stdin.once('data', async () => {
         for (const folder of process.argv.slice(2))
           console.log(await lockRun(folder).then(() => 'in', (error) => error.code))
         process.stdin.once('data', () => process.exit())
       })
       console.log('ready')`,
    )
    const rounds = await Promise.all([1, 2, 3].map(() => mkdtemp(join(folder, 'round-'))))
    const stale = JSON.stringify({ process: { ...(await ownIdentity()), pid: deadPid() }, token: 'left' })
    for (const round of rounds) await writeFile(join(round, 'lock'), stale)
    const takers = Array.from({ length: 6 }, () => spawn(process.execPath, [program, ...rounds]))
    const said = takers.map(() => '')
    takers.forEach((taker, i) => taker.stdout.on('data', (text: Buffer) => (said[i] += text.toString())))
    const lines = (): number => said.join('').split('\n').length - 1
    await expect.poll(lines).toBe(6)
    for (const taker of takers) taker.stdin.write('go\n')
    await expect.poll(lines).toBe(6 + 6 * rounds.length)
    const answers = said.map((text) => text.trim().split('\n').slice(1))
    for (const round of rounds.keys()) {
      expect(answers.map((own) => own[round]).toSorted()).toEqual(['in', ...Array(5).fill('run-in-use')])
    }
    for (const taker of takers) taker.stdin.write('end\n')
    await Promise.all(takers.map(async (taker) => taker.exitCode ?? once(taker, 'exit')))
    for (const round of rounds) expect(await readdir(round)).toEqual(['lock'])
  })
})
