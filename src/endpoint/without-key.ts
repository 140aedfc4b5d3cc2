/** Removes an API key, or parts of it, from text that a server sent. Pure. */
import { itemAt } from '../shared/known.ts'

/** Shorter parts of a key could be ordinary text. */
const leastPart = 8

/**
 * Replaces by `***` the key and every part of it of at least eight characters, plain, URL-encoded or in base64, even if other characters
 * (whitespace, invisible ones) are interspersed. Call it before truncating, since half a key would no longer be recognised.
 */
export function withoutKey(text: string, key: string | undefined): string {
  if (key === undefined || key === '') return text
  if (key.length < leastPart) return text.replaceAll(key, '***')
  const parts = partsOf(key)
  const { visible, places } = visibleCharacters(text)
  const masked: { from: number; to: number }[] = []
  for (let at = 0; at + leastPart <= visible.length; at++) {
    if (!parts.has(visible.slice(at, at + leastPart))) continue
    const last = masked.at(-1)
    const to = at + leastPart
    if (last !== undefined && at <= last.to) last.to = to
    else masked.push({ from: at, to })
  }
  let cleaned = ''
  let done = 0
  for (const { from, to } of masked) {
    cleaned += `${text.slice(done, places[from])}***`
    done = itemAt(places, to - 1) + 1
  }
  return cleaned + text.slice(done)
}

function partsOf(key: string): ReadonlySet<string> {
  const parts = new Set<string>()
  for (const form of [key, encodeURIComponent(key), ...base64Forms(key)]) {
    for (let at = 0; at + leastPart <= form.length; at++) parts.add(form.slice(at, at + leastPart))
  }
  return parts
}

/** The base64 forms of the key for every alignment. */
function base64Forms(key: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(' '.repeat(before) + key).toString('base64')
    // The first and last characters also depend on the adjacent bytes.
    return encoded.slice(before === 0 ? 0 : before + 1, -4)
  })
}

/** The characters that a key can contain, with their positions in the text. */
function visibleCharacters(text: string): { readonly visible: string; readonly places: readonly number[] } {
  const places: number[] = []
  let visible = ''
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x21 || code > 0x7e) continue
    visible += text[at]
    places.push(at)
  }
  return { visible, places }
}
