/** The released loop's reading of a call, exact to the blank (reference 5.4), without its evaluation of text. Pure. */
import { readLooseValue } from './loose-value.ts'
import type { LooseValue } from './loose-value.ts'

/** A call as it was written, its box and its source not yet checked. */
export interface WrittenCall {
  readonly bbox: LooseValue | undefined
  readonly source: string
  /** The text of the box, to be quoted in an error. */
  readonly written: string
}

const callStart = '<grounding>{"bbox_2d": '
const sourceKey = '"source": '
const quotes = [`'`, ',', '"'] as const
const callEnd = '}</grounding>'

/**
 * The last call of a text: `callStart`, a list, `sourceKey`, a name between two of `quotes`, `callEnd`, with nothing
 * else between them. The last start that has such a tail behind it counts.
 */
export function readStrictCall(text: string): WrittenCall | undefined {
  const lastEnd = Math.max(...quotes.map((quote) => text.lastIndexOf(quote + callEnd)))
  const tail = findSourceKey(text, lastEnd, 'last', 0)
  if (tail === undefined) return undefined
  const start = lastIndexBefore(text, callStart, tail - callStart.length)
  if (start < 0) return undefined
  const boxAt = start + callStart.length
  const key = findSourceKey(text, lastEnd, 'first', boxAt)!
  const nameAt = key + sourceKey.length + 1
  const ends = quotes.map((quote) => text.indexOf(quote + callEnd, nameAt)).filter((at) => at >= 0)
  const written = text.slice(boxAt, key).trim().replace(/,$/, '').trimEnd()
  return { bbox: readList(written), source: text.slice(nameAt, Math.min(...ends)), written }
}

/** A source key, followed by a quote, that has a whole name and end behind it. */
function findSourceKey(text: string, lastEnd: number, which: 'first' | 'last', from: number): number | undefined {
  const latest = lastEnd - sourceKey.length - 1
  let at = which === 'first' ? text.indexOf(sourceKey, from) : lastIndexBefore(text, sourceKey, latest)
  while (at >= from && at <= latest) {
    if (quotes.some((quote) => text[at + sourceKey.length] === quote)) return at
    at = which === 'first' ? text.indexOf(sourceKey, at + 1) : lastIndexBefore(text, sourceKey, at - 1)
  }
  return undefined
}

/** Like `lastIndexOf`, but with nothing found before a negative position. */
function lastIndexBefore(text: string, part: string, position: number): number {
  return position < 0 ? -1 : text.lastIndexOf(part, position)
}

/** A list in square brackets with nothing behind it; a tuple is no list. */
function readList(text: string): LooseValue | undefined {
  const read = text.startsWith('[') ? readLooseValue(text) : undefined
  return read?.end === text.length ? read.value : undefined
}
