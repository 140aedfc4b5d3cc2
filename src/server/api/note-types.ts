/** The JSON API between pages and server: notes about the searches of a run. Types only. */
import type { SearchFacts } from '../../protocol/filter/facts.ts'
import type { NoteChange } from '../../protocol/note.ts'

/** The response to a `NoteRequest`, and a part of `RunDetails`. */
export interface RunNotes {
  readonly version: string
  /** The items with a note, which take the place of those without. */
  readonly items: readonly SearchFacts[]
  /** Number of notes about searches that the run no longer has, or has with another content. */
  readonly lost: number
  /** Lines of the notes that cannot be read. */
  readonly unreadable: number
  /** Signs changes, if set. */
  readonly author?: string
  /** Why no note can be stored. */
  readonly closed?: string
}

/** `GET /api/runs/<name>/notes` */
export interface LoggedNotes {
  /** See `RunDetails`. */
  readonly log: string
  readonly notes: RunNotes
}

/** `POST /api/runs/<name>/items/<n>/note` */
export interface NoteRequest {
  /** The `log` of the `RunDetails` that the index is of. */
  readonly log: string
  readonly change: NoteChange
  /** The comment that a changed one began from, empty for none: if another is stored by then, the response is `CommentChanged`. */
  readonly from?: string
}

/** The code of the 409 response to a comment that would replace one that the page has not seen. */
export type CommentChanged = 'comment_changed'
