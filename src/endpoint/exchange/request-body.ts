/** Assembles the body of a request from encoded messages, without re-serialising them. Pure. */
import type { EncodedImage, EncodedMessage } from './encode-message.ts'
import { asItCame, rewritten, withShortId } from './encode-reply.ts'
import type { ReplyForms } from './encode-reply.ts'
import type { CompletionRequest } from '../endpoint.ts'
import type { ServerKind } from '../server-kinds.ts'

/** What was learnt about a server beyond its kind. */
export interface Habits {
  /** Parameters that it refused and that are not sent again. */
  readonly dropped: ReadonlySet<string>
  /** Hashes of pictures that it is assumed to have; these are sent by id. */
  readonly heldImages: ReadonlySet<string>
  /** The form in which it accepts its own replies. */
  readonly replyForms: ReplyForms
}

export interface RequestBody {
  readonly pieces: readonly Uint8Array[]
  /** Total size of all pieces. */
  readonly bytes: number
  /** Names of the fields besides model and messages. */
  readonly fields: readonly string[]
  /** Hashes of all pictures, and how many were sent by id. */
  readonly images: readonly string[]
  readonly imagesById: number
}

/** `streamed`: request a stream, unless the server is known not to support it. */
export function requestBody(
  request: CompletionRequest,
  kind: ServerKind,
  habits: Habits,
  { streamed }: { readonly streamed: boolean },
): RequestBody {
  const pieces: Uint8Array[] = [Buffer.from(`{"model":${JSON.stringify(request.model)},"messages":[`)]
  const images: string[] = []
  let imagesById = 0
  for (const [index, message] of sentMessages(request, habits).entries()) {
    if (index > 0) pieces.push(comma)
    for (const piece of message) {
      if (piece instanceof Uint8Array) {
        pieces.push(piece)
        continue
      }
      images.push(piece.sha256)
      const byId = kind.imageIds && habits.heldImages.has(piece.sha256)
      if (byId) imagesById++
      pieces.push(...imagePieces(piece, kind, byId))
    }
  }
  const fields = requestFields(request, kind, habits.dropped, streamed)
  const names = Object.keys(fields)
  pieces.push(Buffer.from(names.length === 0 ? ']}' : `],${JSON.stringify(fields).slice(1)}`))
  return { pieces, bytes: pieces.reduce((sum, { length }) => sum + length, 0), fields: names, images, imagesById }
}

/** The messages in the form that the server accepts. */
export function sentMessages({ messages }: CompletionRequest, { replyForms }: Habits): EncodedMessage['pieces'][] {
  return messages.flatMap((message, index) => {
    if (replyForms === asItCame) return [message.pieces]
    const isBridged = replyForms.bridged && message.role === 'user' && messages[index - 1]?.role === 'tool'
    const pieces = inForm(message, replyForms)
    return isBridged ? [[rewritten(bridge, replyForms)], pieces] : [pieces]
  })
}

function inForm({ role, reply, pieces }: EncodedMessage, replyForms: ReplyForms): EncodedMessage['pieces'] {
  if (reply !== undefined) return [rewritten(reply, replyForms)]
  if (role !== 'tool' || !replyForms.shortIds) return pieces
  return pieces.map((piece) => (piece instanceof Uint8Array ? withShortId(piece) : piece))
}

const comma = Buffer.from(',')
const bridge = { role: 'assistant', content: 'I look at the picture.' }
const urlStart = Buffer.from('{"type":"image_url","image_url":{"url":"')

/** vLLM's format (documented under multimodal inputs): the picture, or null if vLLM has it cached. */
function imagePieces({ sha256, dataUrl }: EncodedImage, kind: ServerKind, byId: boolean): Uint8Array[] {
  if (byId) return [Buffer.from(`{"type":"image_url","image_url":null,"uuid":"${sha256}"}`)]
  const detail = kind.imageDetail === undefined ? '' : `,"detail":"${kind.imageDetail}"`
  const id = kind.imageIds ? `,"uuid":"${sha256}"` : ''
  return [urlStart, dataUrl, Buffer.from(`"${detail}}${id}}`)]
}

/** All fields besides model and messages. */
export function requestFields(
  { stop, maxTokens, temperature, topP, seed, tools }: CompletionRequest,
  kind: ServerKind,
  dropped: ReadonlySet<string>,
  streamed: boolean,
): Record<string, unknown> {
  const { maxTokensField } = kind
  const otherField = maxTokensField === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  const stopping = stop !== undefined && stop.length > 0 && kind.stop !== 'unsent' && !dropped.has('stop')
  const all: Record<string, unknown> = {
    ...(stopping && { stop, ...kind.stopFields }),
    [dropped.has(maxTokensField) ? otherField : maxTokensField]: maxTokens,
    ...(temperature !== undefined && kind.samplingFields),
    temperature,
    ...(topP !== undefined && { top_p: topP }),
    seed: kind.seed ? seed : undefined,
    tools: tools === undefined || tools.length === 0 ? undefined : tools,
    ...(streamed && !dropped.has('stream') && { stream: true, stream_options: { include_usage: true } }),
  }
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== undefined && !dropped.has(name)))
}
