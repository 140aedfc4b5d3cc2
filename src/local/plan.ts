/** Plans how to run a model: context length, concurrent conversations, and whether memory suffices. Pure. */
import { UserError } from '../shared/errors.ts'
import type { Gguf } from './gguf.ts'

export interface LocalPlan {
  /** Context length of one conversation in tokens. */
  readonly context: number
  readonly slots: number
  /** Bytes in memory: weights, key-value caches, and working memory. */
  readonly bytes: number
  readonly trainedContext: number
  /** A picture takes fewer positions than tokens (M-RoPE). */
  readonly mrope: boolean
  /** Pixels of a picture that make one token, along a side. */
  readonly cell: number
}

export interface Wanted {
  readonly context?: number | undefined
  /** Number of concurrent searches. */
  readonly searches: number
  /** Free memory in bytes. */
  readonly free: number
}

/** Twelve views of 2 million pixels with the text of their turns. */
const usualContext = 32_768
/** A question with one view. */
const leastContext = 4096
/** More concurrent searches are no faster, since they share the processor. */
const mostSlots = 4
/** Working memory of llama.cpp: an estimate. */
const workingBytes = 700 * 2 ** 20
/** Left to other programs. */
const share = 0.9

/** Throws `UserError` with the figures if memory is clearly insufficient. */
export function planLocal(model: Gguf, mmproj: Gguf, { context: asked, searches, free }: Wanted): LocalPlan {
  const architecture = String(model.values.get('general.architecture') ?? '')
  const figure = (key: string): number => numberOf(model, `${architecture}.${key}`)
  const trainedContext = figure('context_length') || usualContext
  if (asked !== undefined && asked > trainedContext) {
    throw new UserError(
      'context-too-long',
      `--context ${asked} is too long: the model was trained for ${trainedContext} tokens. Use at most that many.`,
    )
  }
  const perToken = cacheBytes(model, architecture)
  const fixed = model.bytes + mmproj.bytes + workingBytes
  const bytesFor = (context: number, slots: number): number => fixed + perToken * context * slots
  const room = free * share
  const least = asked ?? Math.min(leastContext, trainedContext)
  if (bytesFor(least, 1) > room) {
    const parts = `weights ${gib(model.bytes + mmproj.bytes)}, ${least.toLocaleString('en')} tokens of context ${gib(perToken * least)}, buffers ${gib(workingBytes)}`
    const less = asked === undefined ? '' : ' a smaller --context,'
    throw new UserError(
      'memory-too-small',
      `The model needs ${gib(bytesFor(least, 1))} of memory (${parts}), and ${gib(free)} are free. ` +
        `Use${less} a smaller model or stronger quantisation, or close other programs.`,
    )
  }
  // A context that fits one search has priority over concurrency.
  const fits = (context: number, slots: number): boolean => bytesFor(context, slots) <= room
  let context = asked ?? Math.min(usualContext, trainedContext)
  while (context / 2 >= least && !fits(context, 1)) context = Math.floor(context / 2)
  let slots = Math.min(mostSlots, searches)
  while (slots > 1 && !fits(context, slots)) slots--
  return {
    context,
    slots,
    bytes: bytesFor(context, slots),
    trainedContext,
    mrope: model.values.has(`${architecture}.rope.dimension_sections`),
    cell:
      (numberOf(mmproj, 'clip.vision.patch_size') || 14) * (numberOf(mmproj, 'clip.vision.spatial_merge_size') || 2),
  }
}

/** Bytes of one token in all layers, with keys and values of 16 bits. */
function cacheBytes(model: Gguf, architecture: string): number {
  const figure = (key: string): number => numberOf(model, `${architecture}.${key}`)
  const heads = figure('attention.head_count')
  const side = heads > 0 ? figure('embedding_length') / heads : 0
  const length = (figure('attention.key_length') || side) + (figure('attention.value_length') || side)
  const perLayer = model.values.get(`${architecture}.attention.head_count_kv`) ?? heads
  const kvHeads = Array.isArray(perLayer)
    ? perLayer.reduce((sum: number, one: number) => sum + one, 0)
    : Number(perLayer) * figure('block_count')
  return kvHeads * length * 2
}

function numberOf({ values }: Gguf, key: string): number {
  const value = values.get(key)
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`
}
