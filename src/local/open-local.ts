/** A model in a file as an `Endpoint`: llama.cpp in a process of this program, without a server. */
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CompletionOptions, CompletionRequest, Completion, Endpoint, ModelInfo } from '../endpoint/endpoint.ts'
import { serverKinds } from '../endpoint/server-kinds.ts'
import type { ServerKind } from '../endpoint/server-kinds.ts'
import {
  AbortedError,
  ContextLengthError,
  contextLengthCode,
  messageOf,
  MiniO3Error,
  throwIfAborted,
} from '../shared/errors.ts'
import { TransportError, UserError } from '../shared/errors.ts'
import { findAddon } from './addon.ts'
import { readGguf } from './gguf.ts'
import type { Gguf } from './gguf.ts'
import { startLlama } from './llama-process.ts'
import type { LlamaProcess } from './llama-process.ts'
import type { OpenOrder, ReplyProgress } from './orders.ts'
import { planLocal } from './plan.ts'
import { askedOf, completionOf } from './request.ts'

export interface LocalOptions {
  /** Paths of GGUF files: the model, and what it sees with. */
  readonly model: string
  readonly mmproj: string
  /** Tokens of one conversation; default: as many as a search takes and memory allows. */
  readonly context?: number | undefined
  /** Searches at once; default 1. */
  readonly searches?: number | undefined
  /** Of the processor; default: all. */
  readonly threads?: number | undefined
  /** Of the largest view: pictures up to it are not shrunk. */
  readonly viewPixels: number
}

export interface OpenedLocal {
  readonly endpoint: Omit<Endpoint, 'close'> & { close(): Promise<void> }
  readonly model: ModelInfo
  /** How it runs, for its user. */
  readonly about: string
}

const localKind: ServerKind = {
  ...serverKinds.llamacpp,
  title: 'llama.cpp in this program',
  stop: 'kept',
  samplingFields: { top_p: 1, top_k: 0, min_p: 0 },
  moreImages: () => 'give the model a larger --context: it has no cap of its own on pictures',
  moreContext: 'give it a larger --context',
  seeing: 'Take a model with its --mmproj file.',
}

/** Throws `UserError` where llama.cpp is not installed, memory is not enough, or the files are not a model that sees. */
export async function openLocal(options: LocalOptions): Promise<OpenedLocal> {
  const { model: path, mmproj, viewPixels, threads = availableParallelism() } = options
  const addon = findAddon()
  const [head, eyes] = await Promise.all([readGguf(path), readGguf(mmproj)])
  checkParts(path, head, mmproj, eyes)
  const wanted = { context: options.context, searches: options.searches ?? 1, free: process.availableMemory() }
  const { context, slots, mrope, cell, bytes, trainedContext } = planLocal(head, eyes, wanted)
  const viewTokens = Math.ceil(viewPixels / cell ** 2)
  const keptFolder = await mkdtemp(join(tmpdir(), 'mini-o3-local-'))
  const keptBytes = await keepableBytes(keptFolder)
  const places = { addon, model: path, mmproj, keptFolder, keptBytes }
  // Rounded up, so that a view of odd sides is not shrunk either.
  const imageTokens = Math.ceil(viewTokens * 1.1)
  const order: OpenOrder = { kind: 'open', ...places, context, slots, threads, mrope, cell, imageTokens }
  let llama = await startLlama(order).catch(async (error: unknown) => {
    await rm(keptFolder, { recursive: true, force: true })
    throw unloadable(path, error)
  })

  /** One that ended is started again: it may have met something that only one request holds. */
  let starting: Promise<LlamaProcess> | undefined
  async function running(): Promise<LlamaProcess> {
    if (!llama.ended() || closed) return llama
    starting ??= startLlama(order).finally(() => (starting = undefined))
    llama = await starting
    return llama
  }
  let closed = false

  const spent = { requests: 0, retries: 0, promptTokens: 0, replyTokens: 0, bytesSent: 0 }
  const model: ModelInfo = { id: path, contextLength: context }
  const endpoint: OpenedLocal['endpoint'] = {
    baseUrl: `local:${path}`,
    kind: localKind,
    models: [model],
    async complete(request, listening = {}) {
      throwIfAborted(listening.signal)
      spent.requests++
      const completion = await ask(await running(), request, listening)
      spent.promptTokens += completion.usage?.promptTokens ?? 0
      spent.replyTokens += completion.usage?.replyTokens ?? 0
      return completion
    },
    spent: () => ({ ...spent }),
    async close() {
      closed = true
      await llama.close()
      await rm(keptFolder, { recursive: true, force: true })
    },
  }
  const views = Math.max(0, Math.floor((context - promptTokens) / (viewTokens + turnTokens)))
  const where = llama.devices.length === 0 ? `${threads} thread${threads === 1 ? '' : 's'}` : llama.devices.join(', ')
  const room = views < fewViews ? '; --max-pixels makes room for more' : ''
  const about =
    `Runs here, on ${where}, in up to ${(bytes / 2 ** 30).toFixed(1)} GiB: context ${context.toLocaleString('en')} of ` +
    `${trainedContext.toLocaleString('en')} tokens, about ${views} views of ${viewPixels.toLocaleString('en')} pixels${room}` +
    `${slots > 1 ? `; ${slots} searches at once` : ''}.`
  return { endpoint, model, about }
}

/** Of the system prompt with its question, and of what is said about each view: means of searches under `default`. */
const promptTokens = 500
const turnTokens = 150
const fewViews = 6

async function ask(
  llama: LlamaProcess,
  request: CompletionRequest,
  { signal, onNews }: CompletionOptions,
): Promise<Completion> {
  const onProgress = (progress: ReplyProgress): void => {
    if (progress.kind === 'reading') {
      onNews?.({ kind: 'waiting', why: `The model reads ${progress.tokens.toLocaleString('en')} tokens.` })
      return
    }
    const { text, thinking } = progress
    if (thinking !== '') onNews?.({ kind: 'thinking', text: thinking })
    if (text !== '') onNews?.({ kind: 'text', text })
  }
  try {
    return completionOf(await llama.complete(await askedOf(request, onNews !== undefined), onProgress, signal), request)
  } catch (error) {
    if (!(error instanceof MiniO3Error)) throw error
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason })
    if (error.code === contextLengthCode) throw new ContextLengthError(error.message, { cause: error })
    throw error instanceof TransportError ? error : new TransportError(error.code, error.message, { cause: error })
  }
}

/** The two are easily taken for each other. */
function checkParts(path: string, head: Gguf, mmproj: string, eyes: Gguf): void {
  const sees = (file: Gguf): boolean => file.values.get('general.architecture') === 'clip'
  if (sees(head)) {
    throw new UserError(
      'model-is-mmproj',
      `${path} is what a model sees with. Name it as --mmproj, and the model as local:<file>.`,
    )
  }
  if (!sees(eyes)) {
    throw new UserError(
      'mmproj-no-eyes',
      `--mmproj ${mmproj} holds a model, not what it sees with: that file is mostly named mmproj-<model>.gguf.`,
    )
  }
}

function unloadable(path: string, error: unknown): UserError {
  const why = messageOf(error)
  return new UserError('model-file-broken', `${path} and its --mmproj could not be loaded. ${why}`, { cause: error })
}

/** A quarter of what is free there, and no more than a machine would miss. */
async function keepableBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.min((bavail * bsize) / 4, 16 * 2 ** 30)
}
