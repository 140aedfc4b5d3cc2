/** The notes of a run for the pages: which search of its log each is about, and changes that a page sends. */
import { z } from 'zod'
import type { FoundRun } from '../../runs/find-runs.ts'
import type { NoteChange } from '../../protocol/note.ts'
import { noteChangeSchema, notedSearch, notesVersion, readNotes, takeNote, whyNoNotes } from '../../runs/notes.ts'
import type { NoteLine, Notes } from '../../runs/notes.ts'
import type { IndexedSearch } from '../../runs/search-index.ts'
import type { LoggedSearch } from '../../runs/searches.ts'
import { MiniO3Error, UserError } from '../../shared/errors.ts'
import { recentValues } from '../../shared/recent.ts'
import type { CommentChanged, RunNotes } from '../api/note-types.ts'
import { HttpError } from '../http/http-error.ts'
import { shaped } from '../http/shaped.ts'
import { listedSearch } from './items.ts'
import type { ListedSearch, RunIndex } from './items.ts'

interface KnownNotes {
  readonly told: RunNotes
  /** The searches with a note, with what it changes, by their index in the log. */
  readonly byIndex: ReadonlyMap<number, ListedSearch>
}

export interface NoteKeeper {
  of(run: FoundRun, index: RunIndex): Promise<KnownNotes>
  /** Stores a change of the note about the search at an index. Throws `HttpError` or `UserError` if it cannot be stored. */
  change(run: FoundRun, index: RunIndex, at: number, request: unknown): Promise<KnownNotes>
}

/** How notes name a search, and the search with its note as JSON. */
interface Named {
  readonly name: NoteLine['search']
  readonly text?: string
  readonly listed?: ListedSearch
}

interface Known extends KnownNotes {
  readonly log: string
  readonly entries: number
  readonly file: Notes
  readonly named: Map<number, Named>
}

/** Number of runs whose notes are cached. */
const mostRuns = 16

const requestSchema = z.object({ log: z.string(), change: noteChangeSchema, from: z.string().exactOptional() })

/** `author` signs the changes. */
export function noteKeeper(author?: string): NoteKeeper {
  const cache = recentValues<Known>(mostRuns)
  /** One change after the other, so that each sees the comment of the one before. */
  let last: Promise<unknown> = Promise.resolve()

  async function of({ path }: FoundRun, index: RunIndex): Promise<KnownNotes> {
    const before = cache.get(path)
    const version = await notesVersion(path)
    const same = before?.log === index.log && before.entries <= index.entries.length ? before : undefined
    const isCurrent = before?.told.version === version
    if (same && isCurrent && same.entries === index.entries.length) return same
    const file = isCurrent ? before.file : await readNotes(path)
    const named = same?.named ?? new Map<number, Named>()
    const { log, entries } = index
    const byIndex = file.size === 0 ? new Map<number, ListedSearch>() : await matched(file, index, named)
    const closed = await whyNoNotes(path)
    const told: RunNotes = {
      version,
      items: [...byIndex.values()].map(({ item }) => item),
      lost: Math.max(0, file.size - byIndex.size),
      unreadable: file.unreadable,
      ...(author !== undefined && { author }),
      ...(closed !== undefined && { closed }),
    }
    return cache.set(path, { log, entries: entries.length, named, told, byIndex, file })
  }

  async function change(run: FoundRun, index: RunIndex, at: number, request: unknown): Promise<KnownNotes> {
    const { log, change, from } = shaped(requestSchema, request)
    if (log !== index.log) {
      const why =
        'The log of this run was replaced. Reload the page, and add the note to the search that it then shows.'
      throw new HttpError(409, 'log_replaced', why)
    }
    const entry = index.entries[at]
    const search = entry && (await searchIn(index, entry))
    if (search === undefined) throw new HttpError(404, 'no_search', 'The run has no such search.')
    const note = (await of(run, index)).byIndex.get(at)?.item.note
    checkComment(note?.comment ?? '', change, from)
    try {
      await takeNote(run.path, { search, before: note, change, author })
    } catch (cause) {
      if (cause instanceof UserError || !(cause instanceof MiniO3Error)) throw cause
      throw new HttpError(409, 'note_not_saved', cause.message, { cause })
    }
    return of(run, index)
  }

  return {
    of,
    change(...changed) {
      const done = last.then(() => change(...changed))
      last = done.catch(() => {})
      return done
    },
  }
}

/** Throws `HttpError` 409 if a comment would replace another one than that which it began from. */
function checkComment(stored: string, { comment }: NoteChange, from: string | undefined): void {
  if (comment === undefined || from === undefined || stored === from || stored === comment) return
  const code: CommentChanged = 'comment_changed'
  throw new HttpError(409, code, 'The comment of this search was changed meanwhile. Read it before it is replaced.')
}

/** Reads the searches whose names have notes, each once. */
async function matched(file: Notes, index: RunIndex, named: Map<number, Named>): Promise<Map<number, ListedSearch>> {
  const byIndex = new Map<number, ListedSearch>()
  for (const [at, entry] of index.entries.entries()) {
    if (!file.has(entry.key)) continue
    const known = named.get(at)
    const search = known === undefined ? await searchIn(index, entry) : undefined
    const name = known?.name ?? (search && notedSearch(search))
    if (name === undefined) continue
    const note = file.at(name)
    const text = note && JSON.stringify(note)
    if (known?.listed !== undefined && known.text === text) {
      byIndex.set(at, known.listed)
      continue
    }
    const noted = note && (search ?? (await searchIn(index, entry)))
    const listed = noted && withCost(listedSearch(noted, at, { note }), entry.kept)
    named.set(at, { name, ...(text !== undefined && { text }), ...(listed && { listed }) })
    if (listed) byIndex.set(at, listed)
  }
  return byIndex
}

/** Prices are known where the log is read. */
function withCost(listed: ListedSearch, { item: { cost } }: ListedSearch): ListedSearch {
  return cost === undefined ? listed : { ...listed, item: { ...listed.item, cost } }
}

async function searchIn(index: RunIndex, entry: IndexedSearch<ListedSearch>): Promise<LoggedSearch | undefined> {
  const trajectory = await index.read(entry).catch(() => undefined)
  const { step, advantage } = entry.kept.item
  return (
    trajectory && { trajectory, ...(step !== undefined && { step }), ...(advantage !== undefined && { advantage }) }
  )
}
