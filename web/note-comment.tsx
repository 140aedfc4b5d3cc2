/** The comment of a note, to edit. One that somebody else has saved since typing began is shown beside it, and never replaced unasked. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { noteLimits } from '../src/protocol/note.ts'
import { keepNoteDraft, readNoteDraft } from './note-draft.ts'
import type { NoteDraft } from './note-draft.ts'
import type { EntryNotes, NoteTaker } from './use-notes.ts'

interface Props {
  readonly notes: EntryNotes
  readonly taker: NoteTaker
}

/** Saved when it is left. What was typed stays in this tab until it is stored. */
export function NoteComment({ notes: { note, id }, taker }: Props) {
  const stored = note?.comment ?? ''
  /** Undefined while nothing was typed that is not stored. */
  const [draft, setDraft] = useState(() => readNoteDraft(id))
  const latest = useRef(draft)
  const keep = (next: NoteDraft | undefined): void => {
    latest.current = next
    setDraft(next)
    keepNoteDraft(id, next)
  }
  useEffect(() => {
    if (latest.current?.text === stored) keep(undefined)
  }, [stored])
  const text = draft?.text ?? stored
  const other = draft !== undefined && draft.from !== stored && draft.text !== stored
  const save = async (wanted: NoteDraft | undefined = latest.current): Promise<void> => {
    if (wanted === undefined) return
    keep(wanted)
    if (wanted.text !== stored && !(await taker.take({ comment: wanted.text }, wanted.from))) return
    // Typing may have gone on meanwhile.
    const typed = latest.current
    keep(typed === undefined || typed.text === wanted.text ? undefined : { ...typed, from: wanted.text })
  }
  return (
    <>
      <label class="comment">
        <span class="hidden">Comment</span>
        <textarea
          dir="auto"
          rows={Math.min(6, Math.max(1, text.split('\n').length))}
          maxLength={noteLimits.comment}
          placeholder="comment (n); saved when you leave the field, or by Ctrl-Enter"
          value={text}
          onInput={(event) => keep({ text: event.currentTarget.value, from: latest.current?.from ?? stored })}
          onBlur={() => void (other || save())}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur()
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !other) void save()
          }}
        />
      </label>
      {other && (
        <div class="other-comment" role="alert">
          <p>
            Not saved: {stored === '' ? 'the comment was removed' : 'another comment was saved'} since you began to
            type.
          </p>
          {stored !== '' && <q dir="auto">{stored}</q>}
          <div class="notes-row">
            <button type="button" onClick={() => void save({ text, from: stored })}>
              save mine
            </button>
            {stored !== '' && (
              <button type="button" onClick={() => void save({ text: `${stored}\n${text}`, from: stored })}>
                save both
              </button>
            )}
            <button type="button" onClick={() => keep(undefined)}>
              {stored === '' ? 'discard mine' : 'keep the other'}
            </button>
          </div>
        </div>
      )}
    </>
  )
}
