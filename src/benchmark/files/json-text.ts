/** Tolerant JSON: Python's `NaN` and `Infinity` are read as null, and null as absent. Pure. */

const nonFinite = /-?\b(?:NaN|Infinity)\b/g

/** Replaces NaN and infinities by null. */
export function standardJson(text: string): string {
  if (text.search(nonFinite) < 0) return text
  const parts: string[] = []
  for (let at = 0; at < text.length;) {
    const open = text.indexOf('"', at)
    parts.push(text.slice(at, open < 0 ? undefined : open).replace(nonFinite, 'null'))
    if (open < 0) break
    const end = stringEnd(text, open)
    parts.push(text.slice(open, end))
    at = end
  }
  return parts.join('')
}

/** Position after the string that starts at `open`. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

/** Removes fields with null, which pandas writes for missing values. Other values are returned unchanged. */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, own]) => own !== null))
}
