import { execFile } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { storedSearch } from '../../test/stored-searches.ts'
import type { SearchNote, NoteChange } from '../protocol/note.ts'
import { noteLimits } from '../protocol/note.ts'
import { appendNotes, carryNotes, notedSearch, readNotes, takeNote } from './notes.ts'
import { openRun } from './run-folder.ts'
import { searchLog } from './searches.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notes-'))
})
afterEach(() => rm(folder, { recursive: true }))

const first = storedSearch({ seed: 1, right: true })
const second = storedSearch({ seed: 1, right: false, sampleIndex: 1 })
const file = (): string => join(folder, 'notes.jsonl')

async function noteOf(trajectory = first): Promise<Omit<SearchNote, 'at'> | undefined> {
  const note = (await readNotes(folder)).of({ trajectory })
  if (note === undefined) return undefined
  const { at, ...own } = note
  expect(Number.isNaN(Date.parse(at))).toBe(false)
  return own
}

async function take(change: NoteChange, trajectory = first, author?: string): Promise<void> {
  const before = (await readNotes(folder)).of({ trajectory })
  await takeNote(folder, { search: { trajectory }, before, change, author })
}

describe('the notes of a run', () => {
  it('add up field by field, and the file is only appended to', async () => {
    await take({ starred: true, tag: ['b', 'a'] })
    const before = await readFile(file(), 'utf8')
    await take({ verdict: 'wrong', comment: 'Reads "7".\nIt is 4.' }, first, 'ada')
    await take({ untag: ['b'] })
    await take({ comment: 'of another' }, second)
    expect(await noteOf()).toEqual({ starred: true, tags: ['a'], verdict: 'wrong', comment: 'Reads "7".\nIt is 4.' })
    expect(await noteOf(second)).toEqual({ starred: false, tags: [], comment: 'of another' })
    const after = await readFile(file(), 'utf8')
    expect(after.startsWith(before)).toBe(true)
    expect(after.trimEnd().split('\n')).toHaveLength(4)
    expect(after).toContain('"author":"ada"')
    await take({ starred: false, untag: ['a'], verdict: 'as-judged', comment: '' })
    expect(await noteOf()).toBeUndefined()
    expect((await readNotes(folder)).size).toBe(1)
  })

  it('belong to what was searched: another verdict keeps them, another search of that name drops them', async () => {
    await take({ starred: true })
    const judged = { ...first, verdict: { kind: 'wrong' as const, reason: 'another judge' }, ms: 99 }
    expect(await noteOf(judged)).toEqual({ starred: true, tags: [] })
    expect(await noteOf(storedSearch({ seed: 1, right: true, thought: 'Elsewhere.' }))).toBeUndefined()
    expect(await noteOf({ ...first, answer: '5' })).toBeUndefined()
    expect((await readNotes(folder)).of({ trajectory: first, step: 3 })).toBeUndefined()
  })

  it('skip and report torn and unknown lines, and ignore fields of later versions', async () => {
    await take({ starred: true })
    const whole = await readFile(file(), 'utf8')
    const line = JSON.parse(whole)
    await appendFile(file(), `${JSON.stringify({ ...line, colour: 'red', tag: ['new'] })}\n`)
    await appendFile(file(), `${JSON.stringify({ ...line, tag: ['x'.repeat(noteLimits.tag + 1)] })}\n`)
    await appendFile(file(), '{"search":{"dataSource":"v"')
    await take({ tag: ['after'] })
    const notes = await readNotes(folder)
    expect(notes.of({ trajectory: first })).toMatchObject({ starred: true, tags: ['after', 'new'] })
    expect(notes.unreadable).toBe(2)
  })

  it('are taken while a run is open, whose holder keeps it', async () => {
    const path = join(folder, 'live')
    const run = await openRun(path, { command: 'eval' })
    await run.append(searchLog, first)
    await appendNotes(path, [
      { search: notedSearch({ trajectory: first }), at: new Date().toISOString(), tag: ['live'] },
    ])
    await run.append(searchLog, second)
    await run.close()
    const again = await openRun(path, { command: 'eval' })
    const stored = []
    for await (const search of again.read(searchLog)) stored.push(search)
    await again.close()
    expect(stored).toEqual([first, second])
    expect((await readNotes(path)).of({ trajectory: first })?.tags).toEqual(['live'])
  })

  it('of several processes at once are all kept', async () => {
    const code = `
      const { appendNotes, notedSearch } = await import(${JSON.stringify(new URL('../../dist/runs/notes.js', import.meta.url).href)})
      const [folder, who, search] = process.argv.slice(1)
      for (let i = 0; i < 60; i++) {
        await appendNotes(folder, [{ search: JSON.parse(search), at: new Date().toISOString(), comment: who + i + '.'.repeat(3000) }])
      }`
    const search = JSON.stringify(notedSearch({ trajectory: first }))
    const run = (who: string) =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', code, folder, who, search])
    await Promise.all([run('a'), run('b')])
    // Who meets the half-written line of another ends it first: that leaves an empty line, which is skipped in reading.
    const lines = (await readFile(file(), 'utf8')).split('\n').filter((line) => line !== '')
    const comments = lines.map((line) => (JSON.parse(line) as { comment: string }).comment.replace(/\.+$/, ''))
    const each = Array.from({ length: 60 }, (_, i) => i)
    for (const who of ['a', 'b']) {
      expect(comments.filter((comment) => comment.startsWith(who))).toEqual(each.map((i) => `${who}${i}`))
    }
    expect((await readNotes(folder)).unreadable).toBe(0)
  }, 120_000)

  it.each([
    ['nothing', {}, 'note-empty'],
    ['too many tags', { tag: Array.from({ length: noteLimits.tags + 1 }, (_, i) => `t${i}`) }, 'too-many-tags'],
  ])('refuse %s, and write nothing', async (_, change, code) => {
    await expect(take(change)).rejects.toMatchObject({ code })
    await expect(stat(file())).rejects.toThrow('ENOENT')
  })

  it('correct no search without an answer, but take other notes about it', async () => {
    const failed = { ...storedSearch({ seed: 1, right: false, end: 'failed' }), verdict: undefined }
    const { verdict: _, ...search } = failed
    await expect(take({ verdict: 'right' }, search)).rejects.toMatchObject({ code: 'nothing-to-correct' })
    await take({ tag: ['server'] }, search)
    expect((await noteOf(search))?.tags).toEqual(['server'])
  })

  it('follow no link and block on no pipe', async () => {
    await writeFile(join(folder, 'elsewhere'), '')
    await symlink(join(folder, 'elsewhere'), file())
    await expect(take({ starred: true })).rejects.toThrow('notes.jsonl cannot be written')
    expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('')
    expect((await readNotes(folder)).size).toBe(0)
    await rm(file())
    await promisify(execFile)('mkfifo', [file()])
    await expect(take({ starred: true })).rejects.toThrow('notes.jsonl cannot be written')
    expect((await readNotes(folder)).size).toBe(0)
  })

  it('are carried to another run once, in the order in which they were taken', async () => {
    const [a, b, to] = ['a', 'b', 'to'].map((name) => join(folder, name))
    const search = notedSearch({ trajectory: first })
    for (const path of [a!, b!, to!]) await mkdir(path)
    await appendNotes(a!, [{ search, at: '2026-01-02T00:00:00Z', comment: 'later' }])
    await appendNotes(b!, [{ search, at: '2026-01-01T00:00:00Z', comment: 'earlier', tag: ['b'] }])
    for (let times = 0; times < 2; times++) await carryNotes([a!, b!], to!)
    expect((await readFile(join(to!, 'notes.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(2)
    expect((await readNotes(to!)).of({ trajectory: first })).toMatchObject({ comment: 'later', tags: ['b'] })
  })
})
