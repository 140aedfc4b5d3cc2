/**
 * Chat messages. A message is encoded once and sent as the same bytes in every later request, so that conversations are append-only
 * and the server's prefix cache always hits. Pure.
 */

/** A picture in a message: its encoded bytes (JPEG or PNG) and its hash. */
export interface ImagePart {
  readonly type: 'image'
  readonly bytes: Uint8Array
  readonly mime: 'image/jpeg' | 'image/png'
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string
}

export type ContentPart = { readonly type: 'text'; readonly text: string } | ImagePart

/** A native function call. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** Unparsed JSON text as written by the model. */
  readonly arguments: string
}

export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string | readonly ContentPart[] }
  | { readonly role: 'assistant'; readonly content: string }
  | { readonly role: 'tool'; readonly content: string; readonly toolCallId: string }
