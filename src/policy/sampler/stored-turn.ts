/** A turn of a stored search as the model that is to learn it would write it: behind what its template opens, calls in its own form. */
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import { stripEnd, stripStart } from '../../model/renderer/python-text.ts'
import { callEnd, callStart } from '../../protocol/dialects/tool-call.ts'
import { fieldsOf } from '../../shared/fields.ts'
import { parseJson } from '../../shared/json.ts'

const [opens, closes] = ['<think>', '</think>']

/** `tools`: of a profile that calls functions; see `Conversation`. */
export function storedTurn(text: string, model: ChatModel, tools?: readonly object[]): string {
  const { thought, begun, trims } = model.layout(tools)
  const called = tools === undefined ? text : withOwnCall(text, model)
  if (thought === undefined) return called
  const closed = called.indexOf(closes)
  // A thought that was cut off stays open.
  if (closed < 0 && called.includes(opens)) return begun === '' ? called : stripStart(called.replace(opens, ''))
  const [before, behind] = thought
  const thinking = called.slice(0, Math.max(0, closed)).replace(opens, '')
  const said = closed < 0 ? called : called.slice(closed + closes.length).replace(/^\n+/, '')
  return `${before}${stripStart(stripEnd(thinking))}${behind}${trims ? stripEnd(said) : said}`
}

/** The last call counts, as in the search. What cannot be read stays as it is. */
function withOwnCall(text: string, { family }: ChatModel): string {
  const [first, last] = [text.indexOf(callStart), text.lastIndexOf(callStart)]
  if (first < 0 || family.call === undefined) return text
  const body = text.slice(last + callStart.length).split(callEnd, 1)
  const call = readCall(body.join(''))
  return call === undefined ? text : family.call.write(stripEnd(text.slice(0, first)), call.name, call.values)
}

function readCall(
  text: string,
): { readonly name: string; readonly values: Readonly<Record<string, unknown>> } | undefined {
  try {
    const call = fieldsOf(parseJson(text))
    const [name, values] = [call?.['name'], fieldsOf(call?.['arguments'])]
    return typeof name === 'string' && values !== undefined ? { name, values } : undefined
  } catch {
    return undefined
  }
}
