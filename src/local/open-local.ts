/** A GGUF model as an `Endpoint`: llama.cpp in a child process, without a server that the user has to start. */
import { availableParallelism } from 'node:os'
import type { Endpoint, ModelInfo } from '../endpoint/endpoint.ts'
import { serverKinds } from '../endpoint/server-kinds.ts'
import type { ServerKind } from '../endpoint/server-kinds.ts'
import { messageOf, throwIfAborted, UserError } from '../shared/errors.ts'
import { installAdvice } from './addon.ts'
import type { LlamaEngine } from './addon.ts'
import { runInAddon } from './addon-runner.ts'
import { findEngine, serverVariable } from './engine.ts'
import { readGguf } from './gguf.ts'
import type { Gguf } from './gguf.ts'
import { planLocal } from './plan.ts'
import type { Runner, ToRun } from './runner.ts'
import { runInServer } from './server-runner.ts'

export interface LocalOptions {
  /** Paths of GGUF files: the model, and its vision projector. */
  readonly model: string
  readonly mmproj: string
  /** Context length of one conversation in tokens; default: what a search needs, as far as memory allows. */
  readonly context?: number | undefined
  /** Searches at once; default 1. */
  readonly searches?: number | undefined
  /** CPU threads; default: all. */
  readonly threads?: number | undefined
  /** Pixels of the largest view; pictures up to this size are not scaled down. */
  readonly viewPixels: number
}

export interface OpenedLocal {
  readonly endpoint: Omit<Endpoint, 'close'> & { close(): Promise<void> }
  readonly model: ModelInfo
  /** One sentence for the user about how it runs. */
  readonly about: string
}

/** Texts for the user for either engine; sampling uses the temperature only. */
const ownKind: ServerKind = {
  ...serverKinds.llamacpp,
  title: 'llama.cpp in this program',
  samplingFields: { top_p: 1, top_k: 0, min_p: 0 },
  moreImages: () => 'give the model a larger --context: it has no separate picture limit',
  seeing: 'Use a model with its --mmproj file.',
}
const kinds: Readonly<Record<LlamaEngine['kind'], ServerKind>> = {
  addon: { ...ownKind, stop: 'kept' },
  server: ownKind,
}

/** Throws `UserError` if llama.cpp is not installed, there is not enough memory, or the files are not a vision-language model. */
export async function openLocal(options: LocalOptions): Promise<OpenedLocal> {
  const { model: path, mmproj, viewPixels, threads = availableParallelism() } = options
  const engine = findEngine()
  const [head, eyes] = await Promise.all([readGguf(path), readGguf(mmproj)])
  checkParts(path, head, mmproj, eyes)
  const wanted = { context: options.context, searches: options.searches ?? 1, free: process.availableMemory() }
  const { context, slots, mrope, cell, bytes, trainedContext } = planLocal(head, eyes, wanted)
  const viewTokens = Math.ceil(viewPixels / cell ** 2)
  // Rounded up, so that views with odd sides are not scaled down either.
  const imageTokens = Math.ceil(viewTokens * 1.1)
  const runner = await start(engine, { model: path, mmproj, context, slots, threads, mrope, cell, imageTokens })
  const { model } = runner
  const endpoint: OpenedLocal['endpoint'] = {
    baseUrl: `local:${path}`,
    kind: { ...kinds[engine.kind], moreContext: moreContext(context, trainedContext) },
    models: [model],
    async complete(request, listening = {}) {
      throwIfAborted(listening.signal)
      return runner.complete(request, listening)
    },
    spent: () => runner.spent(),
    close: () => runner.close(),
  }
  const views = Math.floor((context - promptTokens) / (viewTokens + turnTokens))
  const room = views < fewViews ? '; --max-pixels makes room for more' : ''
  const about =
    `Runs here, on ${runner.where}, in up to ${(bytes / 2 ** 30).toFixed(1)} GiB: context ${context.toLocaleString('en')} of ` +
    `${trainedContext.toLocaleString('en')} tokens, ${views < 1 ? 'less than one view' : `about ${views} view${views === 1 ? '' : 's'}`} of ${viewPixels.toLocaleString('en')} pixels${room}` +
    `${slots > 1 ? `; ${slots} searches at once` : ''}.`
  const slowness = engine.slow && !runner.card ? slownessText(head, eyes) : ''
  return { endpoint, model, about: `${about}${slowness}` }
}

function moreContext(context: number, trainedContext: number): string {
  const smaller = 'make its views smaller with --max-pixels'
  const larger = `give it a larger --context (up to ${trainedContext.toLocaleString('en')})`
  return context < trainedContext ? `${smaller}, or ${larger}` : smaller
}

function start(engine: LlamaEngine, run: ToRun): Promise<Runner> {
  const started = engine.kind === 'server' ? runInServer(engine.path, run, kinds.server) : runInAddon(engine.path, run)
  return started.catch((error: unknown) => {
    throw unloadable(engine, run.model, error)
  })
}

/** Mean tokens of the system prompt with the question, and of the text of a turn, under the profile `default`. */
const promptTokens = 500
const turnTokens = 150
const fewViews = 6

/** Total size of both files; smaller models are fast on any machine. */
const slowBytes = 200 * 2 ** 20
/** `general.file_type` of weights that take more than eight bits: F32, F16, BF16. */
const wideTypes: readonly unknown[] = [0, 1, 32]

/** What to do about an addon without vector instructions. */
function slownessText(head: Gguf, eyes: Gguf): string {
  if (head.bytes + eyes.bytes < slowBytes) return ''
  const wide = wideTypes.includes(eyes.values.get('general.file_type'))
    ? ' An 8-bit projector is four times as fast here: use a file mmproj-...-Q8_0.gguf, or make one with llama.cpp: `convert_hf_to_gguf.py <folder> --mmproj --outtype q8_0`.'
    : ''
  return ` This build of llama.cpp uses no vector instructions, so each picture takes minutes. ${installAdvice}.${wide}`
}

/** Model and projector are easily mixed up. */
function checkParts(path: string, head: Gguf, mmproj: string, eyes: Gguf): void {
  const sees = (file: Gguf): boolean => file.values.get('general.architecture') === 'clip'
  if (sees(head)) {
    throw new UserError(
      'model-is-mmproj',
      `${path} is a projector, not a model. Name it as --mmproj, and the model as local:<file>.`,
    )
  }
  if (!sees(eyes)) {
    throw new UserError(
      'mmproj-no-eyes',
      `--mmproj ${mmproj} is a model, not a projector, which is usually named mmproj-<model>.gguf.`,
    )
  }
}

function unloadable(engine: LlamaEngine, path: string, error: unknown): UserError {
  const other =
    engine.kind === 'server' ? ` ${engine.path} ran it: update that, or set ${serverVariable}= to use the addon.` : ''
  const text = `${path} and its --mmproj could not be loaded. ${messageOf(error)}${other}`
  return new UserError('model-file-broken', text, { cause: error })
}
