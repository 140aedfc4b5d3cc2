import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import type * as jsonl from '../shared/jsonl.ts'
import type { Log } from './log.ts'
import { openRun } from './run-folder.ts'
import { replaceFile } from '../shared/replace-file.ts'
import type { RunFolder } from './run-folder.ts'

/** Which log cannot be closed, and those that were. */
const closing = vi.hoisted(() => ({ failsFor: undefined as string | undefined, closed: [] as string[] }))
vi.mock('../shared/jsonl.ts', async (original) => {
  const real = await original<typeof jsonl>()
  const openJsonl: typeof real.openJsonl = async (file) => {
    const writer = await real.openJsonl(file)
    const close = async (): Promise<void> => {
      await writer.close()
      if (file === closing.failsFor) throw new Error('input/output error')
      closing.closed.push(file)
    }
    return { ...writer, close }
  }
  return { ...real, openJsonl }
})

let base: string
let path: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'run-'))
  path = join(base, 'deep', 'run')
})
afterEach(() => rm(base, { recursive: true }))

async function linesOf(run: RunFolder): Promise<unknown[]> {
  const lines: unknown[] = []
  for await (const line of run.read(numbers)) lines.push(line)
  return lines
}

const numbers: Log<{ n: number }> = { name: 'trajectories', line: z.object({ n: z.int() }), ifLost: 'Gone.' }
const steps: Log<{ step: number }> = { name: 'metrics', line: z.object({ step: z.int() }), ifLost: 'Gone.' }
const config = { command: 'sft', steps: 10, data: { seed: 1 } }

describe('run folder', () => {
  it('lays out a new run and keeps its lines and pictures', async () => {
    const run = await openRun(path, config)
    await run.append(steps, { step: 1 })
    await run.append(steps, { step: 2 })
    const bytes = Buffer.from('not really a picture')
    const name = `${sha256(bytes)}.png`
    expect(await run.keepImage(bytes, 'png')).toBe(run.file('images', name))
    expect(await run.keepImage(bytes, 'png')).toBe(run.file('images', name))
    await run.close()
    expect((await readdir(path)).toSorted()).toEqual(['config.json', 'images', 'metrics.jsonl'])
    expect(await readdir(join(path, 'images'))).toEqual([name])
    expect(JSON.parse(await readFile(run.file('config.json'), 'utf8'))).toEqual(config)
  })

  it('removes lines from a log and goes on writing it; what cannot be read stays', async () => {
    const run = await openRun(path, config)
    await appendFile(join(path, 'trajectories.jsonl'), '{"n":1}\nnonsense\n{"n":3}\n')
    await run.append(numbers, { n: 4 })
    const { ino } = await stat(join(path, 'trajectories.jsonl'))
    await run.remove(numbers, ({ n }) => n > 9)
    expect((await stat(join(path, 'trajectories.jsonl'))).ino).toBe(ino)
    await run.remove(numbers, ({ n }) => n > 2)
    await run.append(numbers, { n: 5 })
    expect(await readFile(join(path, 'trajectories.jsonl'), 'utf8')).toBe('{"n":1}\nnonsense\n{"n":5}\n')
    await run.close()
  })

  it('resumes the same config, in any order of its keys, after a torn line', async () => {
    const first = await openRun(path, config)
    await first.append(numbers, { n: 1 })
    await first.close()
    await appendFile(join(path, 'trajectories.jsonl'), '{"n":2')
    const again = await openRun(path, { data: { seed: 1 }, steps: 10, command: 'sft', absent: undefined })
    expect(await linesOf(again)).toEqual([{ n: 1 }])
    await again.append(numbers, { n: 2 })
    expect(await linesOf(again)).toEqual([{ n: 1 }, { n: 2 }])
    await again.close()
  })

  it('stores settings that only count results, and takes others on a resume', async () => {
    const stored = async () => JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))
    for (const counting of [
      { failures: 'left-out' },
      { failures: 'wrong', most: 3 },
      { failures: undefined, most: 3 },
    ]) {
      await (await openRun(path, config, counting)).close()
      expect(await stored()).toEqual({ ...config, ...JSON.parse(JSON.stringify(counting)) })
    }
    await expect(openRun(path, { ...config, seed: 99 }, { failures: 'wrong' })).rejects.toThrow('different settings')
    // Where they are not named, they are compared like all others.
    await expect(openRun(path, config)).rejects.toThrow('most')
  })

  it('refuses another config, names what differs, and writes nothing', async () => {
    await (await openRun(path, config)).close()
    const attempt = openRun(path, { ...config, steps: 20, data: { seed: 2 } })
    await expect(attempt).rejects.toBeInstanceOf(UserError)
    await expect(attempt).rejects.toMatchObject({ code: 'run-config-differs', exitCode: 2 })
    await expect(attempt).rejects.toThrow('steps: 10, now 20; data.seed: 1, now 2')
    expect(JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))).toEqual(config)
  })

  it('refuses a folder that holds something else, and a file', async () => {
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'holiday.jpg'), '')
    await expect(openRun(path, config)).rejects.toMatchObject({ code: 'run-folder-taken' })
    await expect(openRun(join(path, 'holiday.jpg'), config)).rejects.toMatchObject({ code: 'run-folder-taken' })
    expect(await readdir(path)).toEqual(['holiday.jpg'])
  })

  it('starts over in a folder whose first start was killed before its config was there', async () => {
    await mkdir(join(path, 'images'), { recursive: true })
    await writeFile(join(path, 'config.json.17-0.tmp'), '{"comm')
    await (await openRun(path, config)).close()
    expect(JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))).toEqual(config)
  })

  it('is recognised also where another process writes its config meanwhile', async () => {
    for (let round = 0; round < 40; round++) {
      const folder = join(base, `round-${round}`)
      await mkdir(folder)
      await writeFile(join(base, 'written'), JSON.stringify(config))
      const opened = openRun(folder, config)
      for (let ticks = 0; ticks < round % 8; ticks++) await new Promise(setImmediate)
      await Promise.all([rename(join(base, 'written'), join(folder, 'config.json')), opened])
      await (await opened).close()
    }
  })

  it('is open once at a time, and again when it was closed', async () => {
    const run = await openRun(path, config)
    await expect(openRun(path, config)).rejects.toMatchObject({
      code: 'run-in-use',
      exitCode: 2,
      message: expect.stringContaining(`process ${process.pid}`),
    })
    await run.append(steps, { step: 1 })
    await run.close()
    await (await openRun(path, config)).close()
  })

  it('lets go of its lock, though one of its logs could not be opened', async () => {
    const run = await openRun(path, config)
    await mkdir(run.file('metrics.jsonl'))
    await expect(run.append(steps, { step: 1 })).rejects.toThrow('metrics.jsonl cannot be written: it is a folder')
    await run.append(numbers, { n: 1 })
    await run.close().catch(() => {})
    expect(await readdir(path)).not.toContain('lock')
  })

  it('lets go of its lock and closes its other logs, though one cannot be closed, and says so', async () => {
    const run = await openRun(path, config)
    await run.append(numbers, { n: 1 })
    await run.append(steps, { step: 1 })
    closing.failsFor = run.file('trajectories.jsonl')
    closing.closed.length = 0
    await expect(run.close()).rejects.toThrow('input/output error')
    closing.failsFor = undefined
    expect(closing.closed).toEqual([run.file('metrics.jsonl')])
    expect(await readdir(path)).not.toContain('lock')
  })

  it('is given to one of many that open it at the same moment', async () => {
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => openRun(path, config)))
    expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it.runIf(process.platform === 'linux')('says so at once where no folder can be made', async () => {
    await expect(openRun('/proc/none/run', config)).rejects.toMatchObject({ code: 'run-folder-unusable', exitCode: 2 })
  })

  it('says so where a file stands in the place of its pictures', async () => {
    await (await openRun(path, config)).close()
    await rm(join(path, 'images'), { recursive: true })
    await writeFile(join(path, 'images'), '')
    await expect(openRun(path, config)).rejects.toMatchObject({ code: 'run-folder-unusable', exitCode: 2 })
  })

  it('leaves no lock in a folder that it refuses', async () => {
    await (await openRun(path, config)).close()
    await expect(openRun(path, { ...config, steps: 20 })).rejects.toMatchObject({ code: 'run-config-differs' })
    expect((await readdir(path)).toSorted()).toEqual(['config.json', 'images'])
  })

  it('writes no line that its readers would skip', async () => {
    const run = await openRun(path, config)
    await expect(run.append(numbers, { n: 2.5 })).rejects.toMatchObject({ code: 'log-line-invalid' })
    await run.append(numbers, { n: 2 })
    expect(await linesOf(run)).toEqual([{ n: 2 }])
    await run.close()
  })

  it('skips a bad line, names it, and says what becomes of it', async () => {
    const run = await openRun(path, config)
    await run.append(numbers, { n: 1 })
    await appendFile(run.file('trajectories.jsonl'), '{"n":"x"}\n')
    await run.append(numbers, { n: 3 })
    const warned = once(process, 'warning')
    expect(await linesOf(run)).toEqual([{ n: 1 }, { n: 3 }])
    expect(String(await warned)).toMatch(/trajectories\.jsonl:2 \(n: .*\)\. Gone\./)
    await run.close()
  })

  it('cleans away what a killed process was writing, and nothing else', async () => {
    const first = await openRun(path, config)
    await first.append(numbers, { n: 1 })
    await first.close()
    const strays = ['report.html.17-0.tmp', 'lock.17-3-0a1b2c3d.tmp', 'lock.0123456789ab.tmp', 'images/ab.png.17-1.tmp']
    for (const name of [...strays, 'my.tmp', 'notes.partial']) await writeFile(join(path, name), '')
    const again = await openRun(path, config)
    expect((await readdir(path)).toSorted()).toEqual([
      'config.json',
      'images',
      'lock',
      'my.tmp',
      'notes.partial',
      'trajectories.jsonl',
    ])
    expect(await readdir(join(path, 'images'))).toEqual([])
    await again.close()
  })

  it('leaves no folder behind a start that failed, and every folder that holds work or was there', async () => {
    await (await openRun(path, config)).abandon()
    expect(await readdir(base)).toEqual([])
    await mkdir(path, { recursive: true })
    await (await openRun(path, config)).abandon()
    expect(await readdir(path)).toEqual([])
    const run = await openRun(path, config)
    await run.append(numbers, { n: 1 })
    await run.abandon()
    await (await openRun(path, config)).abandon()
    expect((await readdir(path)).toSorted()).toEqual(['config.json', 'images', 'trajectories.jsonl'])
  })

  it('replaces a file whole', async () => {
    const target = join(base, 'a', 'report.html')
    await replaceFile(target, 'one')
    await replaceFile(target, 'two')
    expect(await readFile(target, 'utf8')).toBe('two')
    expect(await readdir(join(base, 'a'))).toEqual(['report.html'])
  })
})
