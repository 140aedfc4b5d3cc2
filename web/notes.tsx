/** The notes of a search: a star, its verdict, tags and a comment, to read and, on a server, to edit. */
import { useEffect, useState } from 'preact/hooks'
import { noteLimits, tagOf } from '../src/protocol/note.ts'
import type { NoteChange, SearchNote } from '../src/protocol/note.ts'
import { NoteComment } from './note-comment.tsx'
import type { EntryNotes, NoteTaker } from './use-notes.ts'

interface Props {
  readonly notes: EntryNotes
  readonly taker: NoteTaker
  /** Whether the search has an answer whose verdict can be corrected. */
  readonly correctable: boolean
}

const verdicts = ['right', 'wrong', 'as-judged'] as const
const verdictWords = { right: 'right', wrong: 'wrong', 'as-judged': 'as judged' } as const

/** The verdict after the one of a note, for the key that goes through them. */
export function nextVerdict(note: SearchNote | undefined): NonNullable<NoteChange['verdict']> {
  return note?.verdict === undefined ? 'right' : note.verdict === 'right' ? 'wrong' : 'as-judged'
}

export function NotesPanel({ notes, taker, correctable }: Props) {
  const { note, hint } = notes
  return (
    <section class="notes-panel" aria-label="Notes">
      <div class="notes-row">
        <button
          type="button"
          class="star"
          aria-pressed={note?.starred ?? false}
          onClick={() => void taker.take({ starred: !note?.starred })}
        >
          <span aria-hidden="true">{note?.starred ? '★' : '☆'}</span> star <kbd>s</kbd>
        </button>
        {correctable && (
          <div class="verdicts" role="group" aria-label="Verdict by hand">
            {verdicts.map((verdict) => (
              <button
                key={verdict}
                type="button"
                aria-pressed={(note?.verdict ?? 'as-judged') === verdict}
                onClick={() => void taker.take({ verdict })}
              >
                {verdictWords[verdict]}
              </button>
            ))}
            <kbd>v</kbd>
          </div>
        )}
        <Tags notes={notes} taker={taker} />
        {taker.undo && (
          <button type="button" onClick={taker.undo}>
            undo <kbd>u</kbd>
          </button>
        )}
      </div>
      <NoteComment key={notes.id} notes={notes} taker={taker} />
      {taker.error !== undefined && (
        <p class="problem" role="alert">
          Not saved: {taker.error}
        </p>
      )}
      {(hint !== undefined || note !== undefined || notes.author !== undefined) && (
        <p class="soft" role="status">
          {[hint, note && changedText(note), notes.author !== undefined && `Notes are signed ${notes.author}.`]
            .filter(Boolean)
            .join(' ')}
        </p>
      )}
    </section>
  )
}

function Tags({ notes: { note, tags, id }, taker }: Pick<Props, 'notes' | 'taker'>) {
  const [text, setText] = useState('')
  useEffect(() => setText(''), [id])
  const list = 'note-tags'
  const own = note?.tags ?? []
  const tag = tagOf(text)
  const add = async (): Promise<void> => {
    if (tag === '') return
    // Emptied at once, for the next tag.
    setText('')
    if (!(await taker.take({ tag: [tag] }))) setText((typed) => typed || text)
  }
  return (
    <div class="tags" role="group" aria-label="Tags">
      {own.map((one) => (
        <span key={one} class="tag">
          <bdi>{one}</bdi>
          <button type="button" aria-label={`Remove the tag ${one}`} onClick={() => void taker.take({ untag: [one] })}>
            ×
          </button>
        </span>
      ))}
      <label>
        <span class="hidden">Add a tag</span>
        <input
          class="add-tag"
          list={list}
          placeholder="add a tag"
          maxLength={noteLimits.tag}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur()
            if (event.key !== 'Enter') return
            event.preventDefault()
            void add()
          }}
        />{' '}
        <kbd>g</kbd>
      </label>
      <datalist id={list}>
        {tags
          .filter((one) => !own.includes(one))
          .map((one) => (
            <option key={one} value={one} />
          ))}
      </datalist>
    </div>
  )
}

/** The notes in a line, to read. */
export function NoteSummary({ notes }: { readonly notes: EntryNotes | undefined }) {
  const { note, asJudged, hint } = notes ?? {}
  if (notes === undefined || note === undefined) return null
  return (
    <p class="note-line">
      {note.starred && (
        <span role="img" aria-label="starred">
          ★
        </span>
      )}
      {asJudged !== undefined && <span>corrected by hand, judged {asJudged}</span>}
      {note.tags.map((tag) => (
        <bdi key={tag} class="tag">
          {tag}
        </bdi>
      ))}
      {note.comment !== undefined && <q dir="auto">{note.comment}</q>}
      {note.author !== undefined && <span class="soft">{note.author}</span>}
      {notes.take === undefined && hint !== undefined && <span class="soft">{hint}</span>}
    </p>
  )
}

function changedText({ at, author }: SearchNote): string {
  return `Last changed ${new Date(at).toLocaleString()}${author === undefined ? '' : ` by ${author}`}.`
}
