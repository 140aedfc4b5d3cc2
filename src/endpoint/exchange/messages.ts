/**
 * Chat messages as bytes: a message is encoded once, when it is written, and sent as those bytes in every later request,
 * so that a conversation only ever grows at its end and a server's prefix cache always hits. Pure.
 */

/** A picture in a message: its encoded bytes (JPEG or PNG), and a name by which a server may keep it. */
export interface ImagePart {
  readonly type: 'image'
  readonly bytes: Uint8Array
  readonly mime: 'image/jpeg' | 'image/png'
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string
}

export type ContentPart = { readonly type: 'text'; readonly text: string } | ImagePart

/** A call of a declared function. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text as the model wrote it; not parsed here. */
  readonly arguments: string
}

export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string | readonly ContentPart[] }
  | { readonly role: 'assistant'; readonly content: string }
  | { readonly role: 'tool'; readonly content: string; readonly toolCallId: string }
