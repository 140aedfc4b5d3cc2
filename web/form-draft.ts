/** What stands in the form to ask, kept while other pages are looked at and when the page is loaded anew, in this tab. */
import type { PictureRow } from '../src/server/api/types.ts'

export interface FormDraft {
  readonly picture?: PictureRow
  readonly furtherPictures?: readonly PictureRow[]
  readonly question?: string
  readonly policy?: string
  readonly maxTurns?: number
  readonly samples?: number
}

const key = 'mini-o3.ask'

export function readDraft(): FormDraft {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? '{}') as FormDraft
  } catch {
    return {}
  }
}

/** Changes what is named, and leaves the rest as it is. */
export function keepDraft(changes: FormDraft): void {
  try {
    sessionStorage.setItem(key, JSON.stringify({ ...readDraft(), ...changes }))
  } catch {
    // A browser that keeps nothing begins anew each time.
  }
}
