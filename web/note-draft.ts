/** Comments that were typed and are not stored yet, kept in this tab across pages and reloads. */
import { fieldsOf } from '../src/shared/fields.ts'

export interface NoteDraft {
  readonly text: string
  /** The stored comment when typing began. */
  readonly from: string
}

const keyOf = (id: string): string => `mini-o3.note ${id}`

export function readNoteDraft(id: string): NoteDraft | undefined {
  try {
    const kept = sessionStorage.getItem(keyOf(id))
    return kept === null ? undefined : draftIn(kept)
  } catch {
    return undefined
  }
}

/** Pages of earlier versions kept the text alone; what it began from is then unknown. */
function draftIn(kept: string): NoteDraft {
  try {
    const { text, from } = fieldsOf(JSON.parse(kept)) ?? {}
    if (typeof text === 'string' && typeof from === 'string') return { text, from }
  } catch {
    // Not JSON: the text alone.
  }
  return { text: kept, from: '' }
}

/** Undefined: it is stored. */
export function keepNoteDraft(id: string, draft: NoteDraft | undefined): void {
  try {
    if (draft === undefined) sessionStorage.removeItem(keyOf(id))
    else sessionStorage.setItem(keyOf(id), JSON.stringify(draft))
  } catch {
    // Without session storage a comment is only kept until the page is left.
  }
}
