/** Notes that people take about a search: a star, tags, a corrected verdict and a comment, and how changes add up. Pure. */
import type { Trajectory } from './trajectory.ts'

/** Largest lengths in characters, and the largest number of tags of one search. */
export const noteLimits = { comment: 4000, tag: 60, tags: 32, author: 200 } as const

export const handVerdicts = ['right', 'wrong'] as const
type HandVerdict = (typeof handVerdicts)[number]

export interface SearchNote {
  readonly starred: boolean
  /** Sorted. */
  readonly tags: readonly string[]
  /** Replaces the verdict of the judge in all figures. */
  readonly verdict?: HandVerdict
  readonly comment?: string
  /** Who changed the note last, if known. */
  readonly author?: string
  /** When it was changed last, ISO 8601. */
  readonly at: string
}

/** Only what changes. `as-judged` takes a corrected verdict back, an empty comment removes the comment. */
export interface NoteChange {
  readonly starred?: boolean
  readonly tag?: readonly string[]
  readonly untag?: readonly string[]
  readonly verdict?: HandVerdict | 'as-judged'
  readonly comment?: string
}

/** A tag as it is stored: one line, with single spaces. */
export function tagOf(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim()
}

/** The note after a change; undefined if nothing is left of it. Field by field, the last change counts. */
export function changedNote(
  before: SearchNote | undefined,
  change: NoteChange,
  { at, author }: Pick<SearchNote, 'at' | 'author'>,
): SearchNote | undefined {
  const starred = change.starred ?? before?.starred ?? false
  const tags = new Set([...(before?.tags ?? []), ...(change.tag ?? [])])
  for (const tag of change.untag ?? []) tags.delete(tag)
  const verdict = change.verdict ?? before?.verdict ?? 'as-judged'
  const comment = change.comment ?? before?.comment ?? ''
  if (!starred && tags.size === 0 && verdict === 'as-judged' && comment === '') return undefined
  return {
    starred,
    tags: [...tags].toSorted((a, b) => (a < b ? -1 : 1)),
    ...(verdict !== 'as-judged' && { verdict }),
    ...(comment !== '' && { comment }),
    ...(author !== undefined && { author }),
    at,
  }
}

/** Items by index, with those that have a note in the place of those without. */
export function withNoted<T extends { readonly index: number }>(
  items: readonly T[],
  noted: readonly T[],
): readonly T[] {
  if (noted.length === 0) return items
  const byIndex = new Map(noted.map((item) => [item.index, item]))
  return items.map((item) => byIndex.get(item.index) ?? item)
}

/** The change that takes `change` back. */
export function undoing(before: SearchNote | undefined, change: NoteChange): NoteChange {
  const had = (tag: string): boolean => before?.tags.includes(tag) ?? false
  const [tag, untag] = [(change.untag ?? []).filter(had), (change.tag ?? []).filter((one) => !had(one))]
  return {
    ...(change.starred !== undefined && { starred: before?.starred ?? false }),
    ...(tag.length > 0 && { tag }),
    ...(untag.length > 0 && { untag }),
    ...(change.verdict !== undefined && { verdict: before?.verdict ?? 'as-judged' }),
    ...(change.comment !== undefined && { comment: before?.comment ?? '' }),
  }
}

/** The reason of a verdict that a person gave. */
const handReason = 'corrected by hand'

/**
 * The search with the verdict that a person gave; the same object if that changes nothing. A failed search has no answer, and keeps its
 * verdict.
 */
export function withHandVerdict<T extends Pick<Trajectory, 'end' | 'verdict'>>(
  search: T,
  note: SearchNote | undefined,
): T {
  const { end, verdict } = search
  if (note?.verdict === undefined || end === 'failed') return search
  const kind = note.verdict === 'right' ? 'correct' : 'wrong'
  if (verdict?.kind === kind && (kind === 'wrong' || (verdict.score ?? 1) === 1)) return search
  return { ...search, verdict: { kind, reason: handReason } }
}
