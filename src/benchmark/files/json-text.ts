/** JSON as programs really write it: Python's `NaN` and `Infinity` are read as null, and null as absent. Pure. */

const nonFinite = /-?\b(?:NaN|Infinity)\b/g

/** The text with null for each number that is none. */
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

/** Behind the string that starts at `open`; an escape skips the character behind it. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

/** Fields that hold null are left out: pandas writes a missing value so. Anything but an object stays what it is. */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, own]) => own !== null))
}
