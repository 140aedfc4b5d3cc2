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
