/** A model in a file as an `Endpoint`: llama.cpp in a process of this program, without a server. */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { EncodedImage, EncodedMessage } from '../endpoint/exchange/encode-message.ts'
import type { CompletionRequest, Endpoint, ModelInfo } from '../endpoint/endpoint.ts'
import { readReply } from '../endpoint/exchange/read-reply.ts'
import { serverKinds } from '../endpoint/server-kinds.ts'
import type { ServerKind } from '../endpoint/server-kinds.ts'
import {
  AbortedError,
  ContextLengthError,
  contextLengthCode,
  messageOf,
  MiniO3Error,
  throwIfAborted,
  TransportError,
  UserError,
} from '../shared/errors.ts'
import { findAddon } from './addon.ts'
import { startLlama } from './llama-process.ts'
import type { LlamaProcess } from './llama-process.ts'
import { mediaMarker } from './orders.ts'
import type { Media, OpenOrder, LocalReply } from './orders.ts'

export interface LocalOptions {
  readonly model: string
  readonly mmproj: string
  readonly context?: number | undefined
  readonly slots?: number | undefined
}

const localKind: ServerKind = {
  ...serverKinds.llamacpp,
  title: 'llama.cpp in this program',
  samplingFields: { top_p: 1, top_k: 0, min_p: 0 },
  stop: 'kept',
}

export async function openLocal({
  model: path,
  mmproj,
  context = 32_768,
  slots: wanted = 1,
}: LocalOptions): Promise<{ readonly endpoint: Endpoint; readonly model: ModelInfo }> {
  const slots = Math.min(wanted, 4)
  const addon = findAddon()
  const keptFolder = await mkdtemp(join(tmpdir(), 'mini-o3-local-'))
  const order: OpenOrder = {
    kind: 'open',
    addon,
    model: path,
    mmproj,
    context,
    slots,
    threads: availableParallelism(),
    mrope: true,
    imageTokens: 4096,
    keptFolder,
    keptBytes: 4e9,
  }
  const tidy = (): Promise<void> => rm(keptFolder, { recursive: true, force: true })
  const llama = await startLlama(order).catch(async (error: unknown) => {
    await tidy()
    throw new UserError('local-model-unreadable', `${path} could not be loaded. ${messageOf(error)}`, { cause: error })
  })
  const model: ModelInfo = { id: path, contextLength: context }
  const spent = { requests: 0, retries: 0, promptTokens: 0, replyTokens: 0, bytesSent: 0 }
  const endpoint: Endpoint = {
    baseUrl: '',
    kind: localKind,
    models: [model],
    async complete(request, { signal } = {}) {
      spent.requests++
      throwIfAborted(signal)
      const reply = await ask(llama, request, signal)
      spent.promptTokens += reply.promptTokens
      spent.replyTokens += reply.replyTokens
      const { stop = [], messages } = request
      const completion = readReply(bodyOf(reply), { stop, stripped: false, refused: [], messages: messages.length })
      if ('status' in completion) throw new TransportError('reply-unreadable', completion.text)
      return completion
    },
    spent: () => ({ ...spent }),
    close: () => void llama.close().then(tidy),
  }
  return { endpoint, model }
}

async function ask(
  llama: LlamaProcess,
  request: CompletionRequest,
  signal: AbortSignal | undefined,
): Promise<LocalReply> {
  const { messages, stop = [], tools = [], maxTokens = 8192, temperature = 1, topP = 1, seed = 0 } = request
  const media = await Promise.all(messages.flatMap(({ pieces }) => pieces.filter(isImage)).map(mediaOf))
  const order = { messages: jsonOf(messages), media, tools, stop, maxTokens, temperature, topP, seed }
  try {
    return await llama.complete(order, () => {}, signal)
  } catch (error) {
    if (!(error instanceof MiniO3Error)) throw error
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason })
    if (error.code === contextLengthCode) throw new ContextLengthError(error.message, { cause: error })
    throw new TransportError(error.code, error.message, { cause: error })
  }
}

function isImage(piece: Uint8Array | EncodedImage): piece is EncodedImage {
  return !(piece instanceof Uint8Array)
}

const marker = JSON.stringify({ type: 'media_marker', text: mediaMarker })

function jsonOf(messages: readonly EncodedMessage[]): string {
  const texts = messages.map(({ pieces }) =>
    pieces
      .map((piece) => (isImage(piece) ? marker : Buffer.from(piece).toString().replaceAll(mediaMarker, '')))
      .join(''),
  )
  return `[${texts.join()}]`
}

const known = new WeakMap<EncodedImage, Promise<Media>>()

function mediaOf(image: EncodedImage): Promise<Media> {
  const made = known.get(image) ?? readMedia(image)
  known.set(image, made)
  return made
}

async function readMedia({ sha256, dataUrl }: EncodedImage): Promise<Media> {
  const text = Buffer.from(dataUrl).toString('latin1')
  const bytes = Buffer.from(text.slice(text.indexOf(',') + 1), 'base64')
  const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata()
  return { sha256, dataUrl: text, width, height }
}

function bodyOf({ content, thinking, toolCalls, finish, promptTokens, replyTokens, cachedTokens }: LocalReply): string {
  const message = {
    role: 'assistant',
    content,
    ...(thinking !== '' && { reasoning_content: thinking }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
  }
  return JSON.stringify({
    choices: [{ message, finish_reason: finish }],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: replyTokens,
      prompt_tokens_details: { cached_tokens: cachedTokens },
    },
  })
}
