/** The input of the Ask form, kept in this tab across pages and reloads. */
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

/** What this page wrote itself, in the same tab. */
export function readDraft(): FormDraft {
  try {
    const draft: FormDraft = JSON.parse(sessionStorage.getItem(key) ?? '{}')
    return draft
  } catch {
    return {}
  }
}

/** Updates the given fields and keeps the others. */
export function keepDraft(changes: FormDraft): void {
  try {
    sessionStorage.setItem(key, JSON.stringify({ ...readDraft(), ...changes }))
  } catch {
    // Without session storage the form starts empty each time.
  }
}
