/** What a search tells its policy, and what the policy said, as chat messages. Pure. */
import type { ChatMessage, ContentPart, ImagePart, ToolCall } from '../../endpoint/exchange/messages.ts'

const mark = '<image>'

/** The text with the picture in the place of its `<image>`: text before it, if any, picture, text behind it, if any. */
export function userMessage(text: string, image?: ImagePart): ChatMessage {
  if (image === undefined) return { role: 'user', content: text }
  const at = text.indexOf(mark)
  const [before, after] = at < 0 ? ['', text] : [text.slice(0, at), text.slice(at + mark.length)]
  return { role: 'user', content: [...textPart(before), image, ...textPart(after)] }
}

function textPart(text: string): ContentPart[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

const notCarriedOut = 'Not carried out: the last call of a turn counts.'

/**
 * What followed from native calls. Every call of a turn wants its result, though the last one alone counts (as the dialect
 * reads them); no server takes a picture in a result, so it comes in a message of the user behind them.
 */
export function resultMessages(calls: readonly ToolCall[], text: string, image?: ImagePart): ChatMessage[] {
  const content = text
    .replace(mark, '')
    .replaceAll(/\n{2,}/g, '\n')
    .trim()
  const results = calls.map(({ id }, at): ChatMessage => ({
    role: 'tool',
    content: at === calls.length - 1 ? content : notCarriedOut,
    toolCallId: id,
  }))
  return image === undefined ? results : [...results, { role: 'user', content: [image] }]
}

/** The turn as text: what was said, then every native call, as models write calls that have no field of their own. */
export function turnText(text: string, calls: readonly ToolCall[]): string {
  const written = calls.map(
    ({ name, arguments: json }) =>
      `<tool_call>{"name": ${JSON.stringify(name)}, "arguments": ${json.trim() === '' ? '{}' : json}}</tool_call>`,
  )
  return text + written.join('')
}
