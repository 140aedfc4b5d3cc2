/**
 * A turn of a stored search, taken apart, and as the model that is to learn it would write it: behind what its template opens, and
 * its call in its own form.
 */
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import { stripEnd, stripStart } from '../../model/renderer/python-text.ts'
import { calledFunction, callStart } from '../../protocol/dialects/tool-call.ts'
import type { Fields } from '../../shared/fields.ts'

const [opens, closes] = ['<think>', '</think>']

export interface TurnParts {
  /** Through the mark that closes a thought and the line breaks behind it, as it stands; empty: no thought is closed. */
  readonly opening: string
  readonly thought: string | undefined
  /** Behind `opening`, up to a call. */
  readonly said: string
  readonly call?: { readonly name: string; readonly values: Fields }
}

/** `tools`: of a profile that calls functions; the last call counts, as in the search, in whichever form it is. */
export function turnParts(text: string, tools?: readonly object[]): TurnParts {
  const closed = text.indexOf(closes)
  const said = closed < 0 ? text : text.slice(closed + closes.length).replace(/^\n+/, '')
  const opening = text.slice(0, text.length - said.length)
  const thought = closed < 0 ? undefined : text.slice(0, closed).replace(opens, '')
  if (tools === undefined || !said.includes(callStart)) return { opening, thought, said }
  // Of any function.
  const call = calledFunction(said, 'last', '', { parse: 'lenient', tools: [] })
  if (call === undefined || typeof call.name !== 'string') return { opening, thought, said }
  const { name, values } = call
  return { opening, thought, said: stripEnd(said.slice(0, said.indexOf(callStart))), call: { name, values } }
}

/** `tools`: see `turnParts`. */
export function storedTurn(text: string, model: ChatModel, tools?: readonly object[]): string {
  const { thought: around, begun, trims } = model.layout(tools)
  const { opening, thought, said, call } = turnParts(text, tools)
  const withCall = (before: string): string =>
    call && model.family.call ? model.family.call.write(before, call.name, call.values) : before
  if (around === undefined) return withCall(opening + said)
  const acted = withCall(said)
  // A thought that was never closed stays open.
  if (thought === undefined && said.includes(opens)) return begun === '' ? acted : stripStart(acted.replace(opens, ''))
  return `${around[0]}${stripStart(stripEnd(thought ?? ''))}${around[1]}${trims ? stripEnd(acted) : acted}`
}
