/** Reads the native calls of a reply: every call gets an id of its own, and arguments that can be read. Pure. */
import { readLooseValue } from '../../protocol/loose-value.ts'
import { fieldsOf } from '../../shared/fields.ts'
import { jsonOrUndefined } from '../../shared/json.ts'
import type { ToolCall } from './messages.ts'

/** Calls of one reply at most: a model that repeats itself writes thousands, and each would need a result. */
const mostCalls = 64

/** Keeps ids as received; a missing or repeated id is generated in the form that Mistral requires (nine alphanumerics). */
export function readCalls(calls: unknown, messages: number): ToolCall[] {
  if (!Array.isArray(calls)) return []
  const taken = new Set<string>()
  return calls.slice(0, mostCalls).flatMap((call, index) => {
    const { id: given, function: called } = fieldsOf(call) ?? {}
    const { name, arguments: values } = fieldsOf(called) ?? {}
    if (typeof name !== 'string') return []
    const own = `call${String((messages * 100 + index) % 100_000).padStart(5, '0')}`
    const id = typeof given === 'string' && given !== '' && !taken.has(given) ? given : own
    taken.add(id)
    return [{ id, name, arguments: typeof values === 'string' ? lastObject(values) : JSON.stringify(values ?? {}) }]
  })
}

/** Some servers stream an empty object first, or all arguments once more at the end, and some models write a fence around them. */
function lastObject(text: string): string {
  if (jsonOrUndefined(text) !== undefined) return text
  let last = text
  for (let at = text.indexOf('{'); at >= 0;) {
    const read = readLooseValue(text, at)
    if (read === undefined) return last
    last = text.slice(at, read.end)
    at = text.indexOf('{', read.end)
  }
  return last
}
