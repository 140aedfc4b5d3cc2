/** Comments that were typed and are not stored yet, kept in this tab across pages and reloads. */
const keyOf = (id: string): string => `mini-o3.note ${id}`

export function readNoteDraft(id: string): string | undefined {
  try {
    return sessionStorage.getItem(keyOf(id)) ?? undefined
  } catch {
    return undefined
  }
}

/** Undefined: it is stored. */
export function keepNoteDraft(id: string, text: string | undefined): void {
  try {
    if (text === undefined) sessionStorage.removeItem(keyOf(id))
    else sessionStorage.setItem(keyOf(id), text)
  } catch {
    // Without session storage a comment is only kept until the page is left.
  }
}
