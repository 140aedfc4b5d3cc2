/** A chat message as the JSON bytes of an OpenAI-compatible request. Pure. */
import type { ChatMessage, ContentPart, ToolCall } from './messages.ts'

/** The bytes of one message; they stay the same however often they are sent. */
export type EncodedMessage = Uint8Array & { readonly __encodedMessage: true }

export function encodeMessage(message: ChatMessage): EncodedMessage {
  return Buffer.from(JSON.stringify(wireMessage(message))) as unknown as EncodedMessage
}

function wireMessage(message: ChatMessage): object {
  switch (message.role) {
    case 'user':
      return {
        role: 'user',
        content: typeof message.content === 'string' ? message.content : message.content.map(wirePart),
      }
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content,
        ...(message.toolCalls === undefined ? {} : { tool_calls: message.toolCalls.map(wireCall) }),
      }
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content }
    case 'system':
      return message
  }
}

function wirePart(part: ContentPart): object {
  if (part.type === 'text') return part
  const data = Buffer.from(part.bytes.buffer, part.bytes.byteOffset, part.bytes.byteLength).toString('base64')
  return { type: 'image_url', image_url: { url: `data:${part.mime};base64,${data}` } }
}

function wireCall({ id, name, arguments: text }: ToolCall): object {
  return { id, type: 'function', function: { name, arguments: text } }
}
