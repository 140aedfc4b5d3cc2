/**
 * The notes of a run, `notes.jsonl`: one line per change, only ever appended, so the log of searches stays as it is. A note belongs to a search by
 * its name and the hash of its content: it survives a resume, a merge and a copy, and does not pass to another search of that name.
 */
import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { z } from 'zod'
import { changedNote, handVerdicts, noteLimits, tagOf } from '../protocol/note.ts'
import type { SearchNote, NoteChange } from '../protocol/note.ts'
import { picturesOf } from '../protocol/originals.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { errorCodeOf, UserError } from '../shared/errors.ts'
import { readJsonl } from '../shared/jsonl.ts'
import { unwritable } from '../shared/unwritable.ts'
import { badLines, checkLine, logFile } from './log.ts'
import type { Log } from './log.ts'
import { plainFile } from './plain-file.ts'
import { keyOf, searchKey } from './searches.ts'
import type { LoggedSearch } from './searches.ts'

const tagsSchema = z
  .array(
    z
      .string()
      .min(1)
      .max(noteLimits.tag)
      .refine((tag) => tagOf(tag) === tag && !/\p{Cc}/u.test(tag), 'has to be one line without extra spaces'),
  )
  .max(noteLimits.tags)
  .readonly()

const changeFields = {
  starred: z.boolean().exactOptional(),
  tag: tagsSchema.exactOptional(),
  untag: tagsSchema.exactOptional(),
  verdict: z.enum([...handVerdicts, 'as-judged']).exactOptional(),
  comment: z.string().max(noteLimits.comment).exactOptional(),
}

/** Fields of later versions are ignored. */
export const noteChangeSchema: z.ZodType<NoteChange> = z.object(changeFields)

const countSchema = z.int().nonnegative()

const lineSchema = z.object({
  search: z.object({
    dataSource: z.string(),
    docId: z.string(),
    sampleIndex: countSchema,
    /** For a rollout of training. */
    step: countSchema.exactOptional(),
    /** For a search of a server. */
    ask: countSchema.exactOptional(),
    /** See `contentHash`. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  at: z.iso.datetime(),
  author: z.string().max(noteLimits.author).exactOptional(),
  ...changeFields,
})

export type NoteLine = z.infer<typeof lineSchema>

export const noteLog: Log<NoteLine> = {
  name: 'notes',
  line: lineSchema,
  ifLost: 'These changes of notes are lost; make them again.',
}

/** What identifies a search beside its name: what was asked, what the policy wrote, and how it ended. Verdicts and times are not part of it. */
function contentHash(trajectory: Trajectory): string {
  const { problem, turns, end, answer } = trajectory
  const pictures = picturesOf(trajectory).map((picture) => picture.sha256)
  const written = turns.map(({ text, thinking = null }) => [text, thinking])
  return sha256(canonicalJson([problem.question, pictures, written, end, answer]))
}

/** How notes name a search. */
export function notedSearch({ trajectory, step }: LoggedSearch): NoteLine['search'] {
  const { problem, sampleIndex, ask } = trajectory
  return {
    dataSource: problem.dataSource,
    docId: problem.docId,
    sampleIndex,
    ...(step !== undefined && { step }),
    ...(ask !== undefined && { ask }),
    sha256: contentHash(trajectory),
  }
}

export interface Notes {
  /** Of a search of the run. */
  of(search: LoggedSearch): SearchNote | undefined
  /** Of what `notedSearch` names. */
  at(search: NoteLine['search']): SearchNote | undefined
  /** Whether there may be a note about a search with this key (see `searchKey`). */
  has(key: string): boolean
  /** Number of searches with a note. */
  readonly size: number
  /** Number of lines that cannot be read. */
  readonly unreadable: number
  /** Warns about these lines. */
  warn(): void
}

/** Reads the notes of a run; one without notes has none. */
export async function readNotes(folder: string): Promise<Notes> {
  const byKey = new Map<string, Map<string, SearchNote>>()
  const bad = badLines()
  const file = logFile(folder, noteLog)
  // A link could point anywhere.
  if ((await plainFile(file)) !== undefined) {
    for await (const { search, at, author, ...change } of readJsonl(file, lineSchema, bad.add)) {
      const key = searchKey(search, search.sampleIndex)
      const own = byKey.get(key) ?? new Map<string, SearchNote>()
      const note = changedNote(own.get(placeOf(search)), change, { at, ...(author !== undefined && { author }) })
      if (note === undefined) own.delete(placeOf(search))
      else own.set(placeOf(search), note)
      if (own.size === 0) byKey.delete(key)
      else byKey.set(key, own)
    }
  }
  const at: Notes['at'] = (search) => byKey.get(searchKey(search, search.sampleIndex))?.get(placeOf(search))
  return {
    // Only searches whose name has a note are hashed.
    of: (search) => (byKey.has(keyOf(search.trajectory)) ? at(notedSearch(search)) : undefined),
    at,
    has: (key) => byKey.has(key),
    size: [...byKey.values()].reduce((sum, own) => sum + own.size, 0),
    unreadable: bad.count(),
    warn: () => bad.warn(noteLog.ifLost),
  }
}

function placeOf({ step, ask, sha256: hash }: NoteLine['search']): string {
  return `${step ?? ''} ${ask ?? ''} ${hash}`
}

/** The notes that count for figures, with a warning about unreadable ones; none if verdicts count as judged. */
export async function readCorrections(folder: string, asJudged: boolean): Promise<Pick<Notes, 'of'>> {
  if (asJudged) return { of: () => undefined }
  const notes = await readNotes(folder)
  notes.warn()
  return notes
}

/** Changes whenever a note does. */
export async function notesVersion(folder: string): Promise<string> {
  const found = await plainFile(logFile(folder, noteLog))
  return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs}`
}

/** Why no notes can be taken in a run; undefined if they can. */
export async function whyNoNotes(folder: string): Promise<string | undefined> {
  const file = logFile(folder, noteLog)
  const code = await access(
    (await stat(file).catch(() => undefined)) === undefined ? folder : file,
    constants.W_OK,
  ).catch(errorCodeOf)
  return code === undefined ? undefined : `${file} cannot be written (${code}).`
}

/**
 * Appends lines without the lock of the run, which may belong to a process that is working in it. Each call is one write in append mode, so
 * several processes can append at once. A torn last line is ended first; readers then skip and report it.
 */
export async function appendNotes(folder: string, lines: readonly NoteLine[]): Promise<void> {
  if (lines.length === 0) return
  for (const line of lines) checkLine(folder, noteLog, line)
  const path = logFile(folder, noteLog)
  let file: FileHandle | undefined
  try {
    // Neither a link nor a pipe is followed, which a foreign run folder may contain.
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
    file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o666)
    if (!(await file.stat()).isFile()) throw new UserError('notes-not-a-file', 'it is not a file')
    const bytes = Buffer.from(
      `${(await isTorn(file)) ? '\n' : ''}${lines.map((line) => `${JSON.stringify(line)}\n`).join('')}`,
    )
    const { bytesWritten } = await file.write(bytes)
    if (bytesWritten < bytes.length) throw Object.assign(new Error('only a part was written'), { code: 'ENOSPC' })
    await file.datasync()
  } catch (cause) {
    throw unwritable(path, cause, 'Earlier notes are kept.')
  } finally {
    await file?.close()
  }
}

export interface NewNote {
  readonly search: LoggedSearch
  /** The note that the search has. */
  readonly before: SearchNote | undefined
  readonly change: NoteChange
  /** Signs the change. */
  readonly author?: string | undefined
}

/** Stores a change of a note. Throws `UserError` for a change that has no sense, and the error of a failed write. */
export async function takeNote(folder: string, { search, before, change, author }: NewNote): Promise<void> {
  const at = new Date().toISOString()
  const signed = { at, ...(author !== undefined && { author }) }
  if (Object.keys(change).length === 0) {
    throw new UserError('note-empty', 'The note is empty: give a star, a tag, a verdict or a comment.')
  }
  if ((changedNote(before, change, signed)?.tags.length ?? 0) > noteLimits.tags) {
    throw new UserError('too-many-tags', `A search has at most ${noteLimits.tags} tags: remove one first.`)
  }
  if (isHandVerdict(change.verdict) && search.trajectory.end === 'failed') {
    throw new UserError('nothing-to-correct', 'The search failed: it has no answer whose verdict could be corrected.')
  }
  await appendNotes(folder, [{ search: notedSearch(search), ...signed, ...change }])
}

function isHandVerdict(verdict: NoteChange['verdict']): boolean {
  return verdict !== undefined && verdict !== 'as-judged'
}

/** Whether the file ends within a line. */
async function isTorn(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const last = Buffer.alloc(1)
  await file.read(last, 0, 1, size - 1)
  return last.toString() !== '\n'
}

/**
 * Appends the notes of other runs that this one lacks, in the order in which they were taken. Those about searches that are not in it have no
 * effect.
 */
export async function carryNotes(from: readonly string[], to: string): Promise<void> {
  const held = new Set<string>()
  for await (const line of readJsonl(logFile(to, noteLog), lineSchema)) held.add(canonicalJson(line))
  const lines = new Map<string, NoteLine>()
  for (const folder of from) {
    const file = logFile(folder, noteLog)
    if ((await plainFile(file)) === undefined) continue
    for await (const line of readJsonl(file, lineSchema)) {
      const text = canonicalJson(line)
      if (!held.has(text)) lines.set(text, line)
    }
  }
  await appendNotes(
    to,
    [...lines.values()].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)),
  )
}

/** The name with which notes are signed. Throws `UserError` if this machine knows none. */
export function machineUser(): string {
  try {
    return userInfo().username.slice(0, noteLimits.author)
  } catch (cause) {
    throw new UserError('no-user-name', 'This machine has no name for its user. Leave out --author.', { cause })
  }
}
