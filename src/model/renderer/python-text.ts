/** Texts as chat templates make them, which are written for Python. Pure. */

/** JSON as `json.dumps(value, ensure_ascii=False)` writes it. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${pythonJson(one)}`)
    .join(', ')}}`
}

/** What `str.strip` takes for a blank: a byte order mark is none, and separators of records are. */
const blank = /^(?:[^\S\u{FEFF}]|[\u{1C}-\u{1F}\u{85}])$/u

export function stripStart(text: string): string {
  let at = 0
  while (at < text.length && blank.test(text.charAt(at))) at++
  return text.slice(at)
}

export function stripEnd(text: string): string {
  let end = text.length
  while (end > 0 && blank.test(text.charAt(end - 1))) end--
  return text.slice(0, end)
}
