/** Counts the reasons of many searches, those that are alike together, each with a search to look at. Pure. */
import { faultOf } from './fault.ts'
import type { Problem } from './problem.ts'
import { reasonText } from './reason.ts'
import type { Reason } from './reason.ts'

/** Names a search, so that it can be opened. */
export interface SearchName extends Pick<Problem, 'dataSource' | 'docId'> {
  readonly sampleIndex: number
}

export interface ReasonCount extends Reason {
  /** Number of searches. */
  readonly count: number
  /** The first of these searches. */
  readonly search?: SearchName
}

export interface ReasonCounter {
  /** `search` is called for the first of its searches. Returns how often this reason has been added, the new one included. */
  add(reason: Reason, search?: () => SearchName): number
  /** The commonest first. Each has the message of its first search. */
  counts(): ReasonCount[]
}

export function reasonCounter(): ReasonCounter {
  const counts = new Map<string, { -readonly [Name in keyof ReasonCount]: ReasonCount[Name] }>()
  return {
    add(reason, search) {
      const key = reasonKey(reason)
      const known = counts.get(key)
      if (known !== undefined) return ++known.count
      counts.set(key, { ...reason, count: 1, ...(search && { search: search() }) })
      return 1
    },
    counts: () => [...counts.values()].toSorted((a, b) => b.count - a.count),
  }
}

export function countReasons(reasons: Iterable<Reason | undefined>): ReasonCount[] {
  const counter = reasonCounter()
  for (const reason of reasons) if (reason !== undefined) counter.add(reason)
  return counter.counts()
}

/** Equal for reasons that are alike. */
export function reasonKey(reason: Reason): string {
  return `${reason.kind} ${faultOf(reason)}`
}

/** For example `12 x failed (reply-cut): ... [such as set/12, sample 3]`, of at most `longest` characters. */
export function reasonCountText({ count, search, ...reason }: ReasonCount, longest = Number.POSITIVE_INFINITY): string {
  const before = `${count} x `
  const after = search === undefined ? '' : ` [such as ${searchNameText(search)}]`
  return `${before}${reasonText(reason, longest - before.length - after.length)}${after}`
}

/** For example `set/12, sample 3`; samples are counted from 1, as on pages and in filters. */
export function searchNameText({ dataSource, docId, sampleIndex }: SearchName): string {
  return `${dataSource}/${docId}, sample ${sampleIndex + 1}`
}
