/** Removes an API key from text that a server sent, whole or in part. Pure. */
import { itemAt } from '../shared/known.ts'

/** Parts of a key that are shorter than this may be any word. */
const leastPart = 8

/**
 * The text with `***` in place of the key and of every part of it of at least eight characters, as it is, URL-encoded or in
 * base64, also where other characters (blanks, invisible ones) stand between its own. Call it before text is cut: half a
 * key that a cut leaves would no longer be found.
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

/** How the key's own characters come out in base64, wherever it begins in what is encoded. */
function base64Forms(key: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(' '.repeat(before) + key).toString('base64')
    // The first and the last few characters also depend on what stands before and behind.
    return encoded.slice(before === 0 ? 0 : before + 1, -4)
  })
}

/** The characters that a key can have, and where each stands in the text. */
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
