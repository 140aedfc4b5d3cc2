/** Parses a call exactly like the released loop's regular expression, without evaluating text. Pure. */
import { readPython } from '../python-list.ts'
import type { WrittenCall } from './dialect.ts'

const callStart = '<grounding>{"bbox_2d": '
const sourceKey = '"source": '
const quotes = [`'`, ',', '"'] as const
const callEnd = '}</grounding>'

/**
 * The pattern of the released loop is greedy: it takes the last `callStart` that is followed by a comma, a source key and an end;
 * the box up to the last such comma; the name up to the last end.
 */
export function readStrictCall(text: string): WrittenCall | undefined {
  const end = Math.max(...quotes.map((quote) => text.lastIndexOf(quote + callEnd)))
  const key = lastSourceKey(text, end - sourceKey.length - 1)
  const comma = lastIndexBefore(text, ',', key - 1)
  const start = lastIndexBefore(text, callStart, comma - callStart.length)
  if (start < 0) return undefined
  const written = text.slice(start + callStart.length, comma)
  const read = readPython(written)
  const box = 'error' in read ? { bbox: undefined, unread: read.error } : { bbox: read.value }
  return { ...box, source: text.slice(key + sourceKey.length + 1, end), written: written.trim() }
}

/** Start of the last source key at or before `latest` that is followed by a quote. */
function lastSourceKey(text: string, latest: number): number {
  let at = lastIndexBefore(text, sourceKey, latest)
  while (at >= 0 && !quotes.some((quote) => text[at + sourceKey.length] === quote)) {
    at = lastIndexBefore(text, sourceKey, at - 1)
  }
  return at
}

/** Like `lastIndexOf`, but finds nothing for a negative position. */
function lastIndexBefore(text: string, part: string, position: number): number {
  return position < 0 ? -1 : text.lastIndexOf(part, position)
}
