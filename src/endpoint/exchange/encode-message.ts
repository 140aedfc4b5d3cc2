/** Encodes a chat message as JSON bytes, once; the same bytes are sent in every later request. Pure. */
import type { Fields } from '../../shared/fields.ts'
import type { ChatMessage, ContentPart } from './messages.ts'

/** A picture within a message; how it is sent depends on the kind of server and on whether the server has it cached. */
export interface EncodedImage {
  /** Hex SHA-256 of the file, also its id for servers that cache pictures. */
  readonly sha256: string
  /** `data:image/jpeg;base64,...` */
  readonly dataUrl: Uint8Array
}

/** JSON text as bytes, interleaved with pictures. */
export interface EncodedMessage {
  readonly role: ChatMessage['role']
  /** The fields of a message that the server wrote, for servers that accept it only in another form. */
  readonly reply?: Fields
  readonly pieces: readonly (Uint8Array | EncodedImage)[]
}

export function encodeMessage(message: ChatMessage): EncodedMessage {
  if (message.role !== 'user' || typeof message.content === 'string') {
    const fields = wireMessage(message)
    // An exemplar is a reply too.
    return { role: message.role, ...(message.role === 'assistant' && { reply: fields }), pieces: [encoded(fields)] }
  }
  const pieces: (Uint8Array | EncodedImage)[] = []
  let text = '{"role":"user","content":['
  message.content.forEach((part, index) => {
    if (index > 0) text += ','
    if (part.type === 'text') {
      text += JSON.stringify({ type: 'text', text: part.text })
    } else {
      pieces.push(Buffer.from(text), encodeImage(part))
      text = ''
    }
  })
  return { role: 'user', pieces: [...pieces, Buffer.from(`${text}]}`)] }
}

function encodeImage({ bytes, mime, sha256 }: Extract<ContentPart, { readonly type: 'image' }>): EncodedImage {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  return { sha256, dataUrl: Buffer.from(`data:${mime};base64,${data}`, 'latin1') }
}

function encoded(fields: Fields): Uint8Array {
  return Buffer.from(JSON.stringify(fields))
}

function wireMessage(message: ChatMessage): Fields {
  if (message.role !== 'tool') return { role: message.role, content: message.content }
  return { role: 'tool', tool_call_id: message.toolCallId, content: message.content }
}
