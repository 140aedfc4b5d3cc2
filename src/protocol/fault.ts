/** Compares failures: those that differ only in numbers, identifiers and quoted text are alike. Pure. */
import { contextLengthCode, withheldCode } from '../shared/errors.ts'

interface Fault {
  readonly code: string
  readonly message: string
}

/** One cause each, however a server words it. */
const plainCauses: ReadonlySet<string> = new Set([
  contextLengthCode,
  withheldCode,
  'connection-cut',
  'connection-stale',
  'endpoint-busy',
])

/** Longer messages differ in what they quote. */
const mostCompared = 1_000

/** Equal for failures that are alike: the code, and the message without what differs from request to request. */
export function faultOf({ code, message }: Fault): string {
  if (plainCauses.has(code)) return code
  const words = message
    .slice(0, mostCompared)
    .replaceAll(/"(?:[^"\\]|\\.)*"?|`[^`]*`?|(?<!\w)'[^']*'(?!\w)/gs, '#')
    // An identifier may consist of letters alone.
    .replaceAll(/\b(id|request|trace|session)([:=]\s*|\s+)[\w-]*_[\w-]+/gi, '$1 #')
    .replaceAll(/[\w-]+/g, (word) => (/\d|^[a-f-]{8,}$/i.test(word) ? '#' : word))
    // A number may have several parts, such as an address, a version or a list.
    .replaceAll(/#(?:[\s.,:/x×-]*#)+/g, '#')
    .replaceAll(/# (\w+?)s\b/g, '# $1')
  return `${code} ${words
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replace(/(?<![. ])[. ]+$/, '')}`
}
