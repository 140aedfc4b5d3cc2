/** Converts a request of an endpoint to llama.cpp's form, and its reply back. */
import { sharp } from '../shared/native.ts'
import type { EncodedImage, EncodedMessage } from '../endpoint/exchange/encode-message.ts'
import type { Completion, CompletionRequest } from '../endpoint/endpoint.ts'
import { readReply } from '../endpoint/exchange/read-reply.ts'
import { TransportError } from '../shared/errors.ts'
import { mediaMarker } from './orders.ts'
import type { CompleteOrder, LocalReply, Media } from './orders.ts'

export type LocalAsked = Omit<CompleteOrder, 'kind' | 'id'>

/** Defaults of a server for requests without these fields. */
const usual = { maxTokens: 8192, temperature: 1, topP: 1, seed: 0 }

export async function askedOf(request: CompletionRequest, live: boolean): Promise<LocalAsked> {
  const { messages, stop = [], tools = [] } = request
  const { maxTokens = usual.maxTokens, temperature = usual.temperature, topP = usual.topP, seed = usual.seed } = request
  const media = await Promise.all(messages.flatMap(({ pieces }) => pieces.filter(isImage)).map(mediaOf))
  return { messages: jsonOf(messages), media, tools, stop, maxTokens, temperature, topP, seed, live }
}

function isImage(piece: Uint8Array | EncodedImage): piece is EncodedImage {
  return !(piece instanceof Uint8Array)
}

const picturePart = JSON.stringify({ type: 'media_marker', text: mediaMarker })

/** Text that happens to contain the picture marker must not be taken for a picture. */
function jsonOf(messages: readonly EncodedMessage[]): string {
  const plain = (text: string): string => text.replaceAll(mediaMarker, '<media>')
  const texts = messages.map(({ pieces }) =>
    pieces.map((piece) => (isImage(piece) ? picturePart : plain(Buffer.from(piece).toString()))).join(''),
  )
  return `[${texts.join()}]`
}

/** A picture is sent again in every later request of its conversation; what is read of it goes when the picture does. */
const read = new WeakMap<EncodedImage, Promise<Media>>()

function mediaOf(image: EncodedImage): Promise<Media> {
  const media = read.get(image) ?? readMedia(image)
  read.set(image, media)
  return media
}

async function readMedia({ sha256, dataUrl: bytes }: EncodedImage): Promise<Media> {
  const dataUrl = Buffer.from(bytes).toString('latin1')
  const file = Buffer.from(dataUrl.slice(dataUrl.indexOf(',') + 1), 'base64')
  const { width, height } = await sharp(file, { limitInputPixels: false }).metadata()
  return { sha256, dataUrl, width, height }
}

/** Parsed like the reply of any server. */
export function completionOf(reply: LocalReply, { stop = [], messages }: CompletionRequest): Completion {
  const { content, thinking, toolCalls, finish, promptTokens, replyTokens, cachedTokens } = reply
  const message = {
    role: 'assistant',
    content,
    ...(thinking !== '' && { reasoning_content: thinking }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
  }
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: replyTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  }
  const body = JSON.stringify({ choices: [{ message, finish_reason: finish }], usage })
  const completion = readReply(body, { stop, stripped: false, refused: [], messages: messages.length })
  if ('status' in completion) throw new TransportError('reply-unreadable', completion.text)
  return completion
}
