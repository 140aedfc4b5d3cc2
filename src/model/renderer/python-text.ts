/** Texts as chat templates make them, which are written for Python. Pure. */

/** JSON as `json.dumps(value, ensure_ascii=False)` writes it. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${pythonJson(one)}`)
    .join(', ')}}`
}

/** Blanks of Python alone; a byte order mark is one of JavaScript alone. */
const separators = '\u{1C}\u{1D}\u{1E}\u{1F}\u{85}'
const isBlank = (character: string): boolean =>
  separators.includes(character) || (character !== '\u{FEFF}' && character.trim() === '')

/** As `str.lstrip`. */
export function stripStart(text: string): string {
  let at = 0
  while (at < text.length && isBlank(text.charAt(at))) at++
  return text.slice(at)
}

/** As `str.rstrip`. */
export function stripEnd(text: string): string {
  let end = text.length
  while (end > 0 && isBlank(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** Without whatever is a blank in either language. */
export function withoutBlanks(text: string): string {
  return [...text].filter((character) => !isBlank(character) && character.trim() !== '').join('')
}
