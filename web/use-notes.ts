/** The notes of a run on its pages: what is known of them, changes, and taking the last change back. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { undoing } from '../src/protocol/note.ts'
import type { NoteChange, SearchNote } from '../src/protocol/note.ts'
import type { CommentChanged, LoggedNotes, NoteRequest, RunNotes } from '../src/server/api/note-types.ts'
import type { ItemRow } from '../src/server/api/types.ts'
import { errorCodeOf, messageOf } from '../src/shared/errors.ts'
import { fetchJson, postJson, useJson } from './fetch-json.ts'

/** What a page of searches knows about the notes of one of them. */
export interface EntryNotes {
  /** Identifies the search in this browser. */
  readonly id: string
  readonly note: SearchNote | undefined
  /** Set if the verdict was corrected by hand: the one before. */
  readonly asJudged: ItemRow['asJudged']
  /** The tags of the run, the most frequent first. */
  readonly tags: readonly string[]
  /** Signs changes. */
  readonly author?: string | undefined
  /** How notes can be edited, or why they cannot be stored. */
  readonly hint?: string | undefined
  /** Stores a change; absent in a page opened from a file. `from`: see `NoteRequest`. */
  readonly take?: (change: NoteChange, from?: string) => Promise<void>
}

interface NotesOfRun extends LoggedNotes {
  readonly run: string
  readonly onNotes: (notes: RunNotes) => void
}

const refreshMs = 10_000
const commentChanged: CommentChanged = 'comment_changed'

/** The notes of a run whose searches are not listed; undefined until they are loaded. */
export function useRunNotes(run: string): NotesOfRun | undefined {
  const { value } = useJson<LoggedNotes>(`api/runs/${encodeURIComponent(run)}/notes`, refreshMs)
  const [own, setOwn] = useState<RunNotes>()
  useEffect(() => setOwn(undefined), [value])
  return useMemo(() => value && { run, log: value.log, notes: own ?? value.notes, onNotes: setOwn }, [run, value, own])
}

/** The notes about the search at an index of a run. */
export function entryNotes({ run, log, notes, onNotes }: NotesOfRun, index: number): EntryNotes {
  const item = notes.items.find((one) => one.index === index)
  return {
    id: `${run} ${log} ${index}`,
    note: item?.note,
    asJudged: item?.asJudged,
    tags: tagsOf(notes.items),
    author: notes.author,
    hint: notes.closed,
    async take(change, from) {
      const request: NoteRequest = { log, change, ...(from !== undefined && { from }) }
      const path = `api/runs/${encodeURIComponent(run)}`
      try {
        onNotes(await postJson<RunNotes>(`${path}/items/${index}/note`, request))
      } catch (error) {
        if (errorCodeOf(error) === commentChanged) onNotes((await fetchJson<LoggedNotes>(`${path}/notes`)).notes)
        throw error
      }
    },
  }
}

function tagsOf(items: readonly ItemRow[]): string[] {
  const counts = new Map<string, number>()
  for (const { note } of items) for (const tag of note?.tags ?? []) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([tag]) => tag)
}

export interface NoteTaker {
  /** Resolves to whether the change was stored. `from`: see `NoteRequest`; that its comment was changed is no `error`. */
  take(change: NoteChange, from?: string): Promise<boolean>
  /** Takes the last change of this search back; absent if there is none. */
  readonly undo?: (() => void) | undefined
  /** Why the last change was not stored. */
  readonly error: string | undefined
}

interface Done {
  readonly id: string
  readonly back: NoteChange
  /** The comment that was stored, if it was one. */
  readonly from: string | undefined
}

/** For one search after the other: each keeps its own changes to take back. */
export function useNoteTaker(notes: EntryNotes | undefined): NoteTaker {
  const [error, setError] = useState<string>()
  const [done, setDone] = useState<readonly Done[]>([])
  // A key may be pressed again before the page shows the note of the first press.
  const latest = useRef(notes)
  latest.current = notes
  useEffect(() => setError(undefined), [notes?.id])
  // A field that is left because another search is shown still belongs to the one before.
  const own = (): EntryNotes | undefined => (latest.current?.id === notes?.id ? latest.current : notes)
  /** Throws what the server refused. */
  const send = async (change: NoteChange, from?: string): Promise<void> => {
    setError(undefined)
    await own()?.take?.(change, from)
  }
  const tell = (thrown: unknown): void => setError(messageOf(thrown))
  const last = done.findLast(({ id }) => id === notes?.id)
  return {
    error,
    async take(change, from) {
      const before = own()
      if (before?.take === undefined) return false
      try {
        await send(change, from)
      } catch (thrown) {
        if (errorCodeOf(thrown) !== commentChanged) tell(thrown)
        return false
      }
      setDone((all) => [...all, { id: before.id, back: undoing(before.note, change), from: change.comment }])
      return true
    },
    undo:
      last &&
      (() => {
        setDone((all) => all.filter((one) => one !== last))
        if (Object.keys(last.back).length > 0) send(last.back, last.from).catch(tell)
      }),
  }
}
