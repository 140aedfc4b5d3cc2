/** Converts the messages of a search and the replies of its policy to chat messages. Pure. */
import { itemAt, lastOf } from '../../shared/known.ts'
import type { ChatMessage, ContentPart, ImagePart, ToolCall } from '../../endpoint/exchange/messages.ts'

const mark = '<image>'

/** Splits the text at its first `pictures` marks `<image>`; pictures without a mark come first. */
export function textsAround(text: string, pictures: number): string[] {
  const texts = text.split(mark)
  const unmarked = Math.max(0, pictures - (texts.length - 1))
  const marked = pictures - unmarked
  // Further marks are part of the text.
  return [...Array.from({ length: unmarked }, () => ''), ...texts.slice(0, marked), texts.slice(marked).join(mark)]
}

/** The text with pictures in place of its marks. */
export function userMessage(text: string, images: readonly ImagePart[] = []): ChatMessage {
  if (images.length === 0) return { role: 'user', content: text }
  const texts = textsAround(text, images.length)
  const content = images.flatMap((image, index) => [...textPart(itemAt(texts, index)), image])
  return { role: 'user', content: [...content, ...textPart(lastOf(texts))] }
}

function textPart(text: string): ContentPart[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

const notCarriedOut = 'Not carried out: the last call of a turn counts.'

/** The text of an observation without the place of its picture. */
export function resultText(text: string): string {
  return text
    .replace(mark, '')
    .replaceAll(/\n{2,}/g, '\n')
    .trim()
}

/**
 * The results of native calls. Every call of a turn needs a result, although only the last call counts; servers do not accept
 * pictures in a result, so they follow in a user message.
 */
export function resultMessages(calls: readonly ToolCall[], text: string, images: readonly ImagePart[]): ChatMessage[] {
  const content = resultText(text)
  const results = calls.map(({ id }, at): ChatMessage => ({
    role: 'tool',
    content: at === calls.length - 1 ? content : notCarriedOut,
    toolCallId: id,
  }))
  return images.length === 0 ? results : [...results, { role: 'user', content: images }]
}

/** The turn as text: the content, then every native call in `<tool_call>` form. */
export function turnText(text: string, calls: readonly ToolCall[]): string {
  const written = calls.map(
    ({ name, arguments: json }) =>
      `<tool_call>{"name": ${JSON.stringify(name)}, "arguments": ${json.trim() === '' ? '{}' : json}}</tool_call>`,
  )
  return text + written.join('')
}

const callStart = '<tool_call>'
const callEnd = '</tool_call>'

/** Takes apart what `turnText` put together; `turn` numbers the ids of the calls, which are not part of the text. */
export function spokenCalls(
  text: string,
  turn: number,
): { readonly text: string; readonly calls: readonly ToolCall[] } {
  const calls: ToolCall[] = []
  let said = text
  while (said.endsWith(callEnd)) {
    const start = said.lastIndexOf(callStart)
    const call = start < 0 ? undefined : callIn(said.slice(start + callStart.length, -callEnd.length))
    if (call === undefined) break
    calls.unshift(call)
    said = said.slice(0, start)
  }
  // Mistral's servers require ids of nine letters and digits.
  const idOf = (at: number): string => `t${String(turn).padStart(4, '0')}c${String(at).padStart(3, '0')}`
  return { text: said, calls: calls.map((call, at) => ({ ...call, id: idOf(at) })) }
}

/** The arguments are sent back as they were written. */
const writtenCall = /^\s*\{\s*"name"\s*:\s*"((?:[^"\\]|\\.)*)"\s*,\s*"arguments"\s*:\s*(\{[^]*\})\s*\}\s*$/

function callIn(json: string): ToolCall | undefined {
  const [, name, values] = writtenCall.exec(json) ?? []
  return name === undefined || values === undefined ? undefined : { id: '', name, arguments: values }
}
