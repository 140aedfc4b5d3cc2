/**
 * A model of the test server: the embedded engine behind the protocol. Data are checked against every rule of length and
 * position before they are trained on; the reply begins where the first weight or advantage is not 0.
 */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import sharp from 'sharp'
import { createEmbeddedEngine, type EmbeddedEngineOptions } from '../src/engine/embedded/embedded-engine.ts'
import { promptOf } from '../src/engine/engine.ts'
import type { AdamParameters, Datum, Loss, SampledReply } from '../src/engine/engine.ts'
import { defaultConfig, patchTokens } from '../src/model/config.ts'
import { special } from '../src/model/tokenizer.ts'
import type { Pixels } from '../src/vision/picture.ts'
import type { Sent, SentChunk, SentDatum } from './tinker-requests.ts'

/** What is wrong with a request: answered as the failure of its future. */
export class BadRequest extends Error {}

export type TrainingInput = Sent<'forward_backward'>['forward_backward_input']
type SamplingParams = Sent<'asample'>['sampling_params']

export interface ServedModel {
  /** Ends a reply. */
  readonly endToken: number
  train(input: TrainingInput): Promise<{ logprobs: number[][] }>
  /** The same without a gradient. */
  forward(input: TrainingInput): Promise<{ logprobs: number[][] }>
  step(adam: Sent<'optim_step'>['adam_params']): Promise<{ gradientNorm: number }>
  save(file: string): Promise<void>
  load(file: string, optimizer: boolean): Promise<void>
  sampler(): Promise<(chunks: readonly SentChunk[], params: SamplingParams) => Promise<SampledReply>>
  close(): Promise<void>
}

export async function serveModel(options: EmbeddedEngineOptions & { readonly base?: string }): Promise<ServedModel> {
  const engine = createEmbeddedEngine(options)
  if (options.base !== undefined) await engine.loadWeights(options.base)
  async function pass({ data, loss_fn, loss_fn_config }: TrainingInput, learn: boolean) {
    const loss = lossOf(loss_fn, loss_fn_config)
    if (loss.kind !== 'cross-entropy' && loss.kind !== 'ppo')
      throw new BadRequest(`the small model has no ${loss.kind}`)
    const read = await Promise.all(
      data.map((datum) => readDatum(datum, loss, loss_fn_config !== undefined && 'formed' in loss_fn_config)),
    )
    const logprobs = learn ? (await engine.forwardBackward(read, loss)).logprobs : await engine.forward(read)
    // One for every position of the sequence, as the protocol has it.
    return {
      logprobs: logprobs.map((row, d) => {
        const length = data[d]!.loss_fn_inputs.target_tokens.data.length
        return [...Array.from({ length: length - row.length }, () => 0), ...row]
      }),
    }
  }
  return {
    endToken: special.end,
    train: (input) => pass(input, true),
    forward: (input) => pass(input, false),
    step: (adam) => engine.optimStep(adamOf(adam)),
    async save(file) {
      await mkdir(dirname(file), { recursive: true })
      await engine.save(file)
    },
    load: (file, optimizer) => (optimizer ? engine.load(file) : engine.loadWeights(file)),
    async sampler() {
      const sampler = await engine.sampler()
      return async (chunks, { seed, temperature, max_tokens: maxTokens, formed }) => {
        const { view, text } = await readChunks(chunks)
        return sampler.sample(
          { prompt: promptOf(view, text), seed, temperature, maxTokens, formed },
          { signal: undefined },
        )
      }
    },
    close: () => engine.close(),
  }
}

export function adamOf(sent: Sent<'optim_step'>['adam_params']): AdamParameters {
  const { learning_rate, beta1, beta2, eps, weight_decay, grad_clip_norm } = sent
  return {
    learningRate: learning_rate,
    beta1,
    beta2,
    epsilon: eps,
    weightDecay: weight_decay,
    clipNorm: grad_clip_norm === 0 ? Infinity : grad_clip_norm,
  }
}

/** The loss that a request names, with the range that it names for it. */
export function lossOf(name: TrainingInput['loss_fn'], config: TrainingInput['loss_fn_config']): Loss {
  if (name === 'cross_entropy') {
    if (config) throw new BadRequest('cross_entropy takes no loss_fn_config')
    return { kind: 'cross-entropy' }
  }
  // SkyRL fails at a range for it, and has its own.
  if (name === 'cispo' && !config) return { kind: name, clipLow: 1, clipHigh: 4 }
  if (!config) throw new BadRequest('both thresholds have to be sent')
  if (name === 'dppo') {
    if (!('delta_low' in config)) throw new BadRequest('dppo takes delta_low and delta_high')
    return { kind: name, clipLow: config.delta_low, clipHigh: config.delta_high }
  }
  if (!('clip_low_threshold' in config))
    throw new BadRequest(`${name} takes clip_low_threshold and clip_high_threshold`)
  const { clip_low_threshold: low, clip_high_threshold: high } = config
  return { kind: name, clipLow: 1 - low, clipHigh: high - 1 }
}

async function readDatum(datum: SentDatum, loss: Loss, formed: boolean): Promise<Datum> {
  const { chunks } = datum.model_input
  const { target_tokens, weights, advantages, logprobs } = datum.loss_fn_inputs
  const { view, text } = await readChunks(chunks)
  const image = patchTokens(defaultConfig)
  const length = image + text.length
  checkLengths(datum, length, loss)
  const targets = target_tokens.data
  const positions = [...Array.from({ length: image }, () => 0), ...text]
  for (let i = 0; i + 1 < length; i++) {
    if (targets[i] !== positions[i + 1]) throw new BadRequest(`target ${i} is ${targets[i]}, not ${positions[i + 1]}`)
  }
  const given = (loss.kind === 'cross-entropy' ? weights : advantages)!
  const start = given.data.findIndex((value) => value !== 0)
  if (start < image) throw new BadRequest('nothing to learn, or a weight where the picture is')
  if (logprobs?.data.slice(0, start).some((value) => value !== 0))
    throw new BadRequest('old log-probabilities of a prompt')
  const reply = targets.slice(start)
  const prompt = promptOf(view, text.slice(0, start - image + 1))
  return loss.kind === 'cross-entropy'
    ? { prompt, reply, weights: given.data.slice(start) }
    : { prompt, reply, formed, advantages: given.data.slice(start), oldLogprobs: logprobs!.data.slice(start) }
}

/** Each array along the expanded sequence, and those that the loss needs. */
export function checkLengths({ loss_fn_inputs }: SentDatum, length: number, loss: Loss): void {
  for (const [name, tensor] of Object.entries(loss_fn_inputs)) {
    if (tensor.data.length !== length || tensor.shape[0] !== length)
      throw new BadRequest(`${name} has ${tensor.data.length} entries for a sequence of ${length}`)
  }
  const { target_tokens: _, weights, advantages, logprobs, ...others } = loss_fn_inputs
  if (loss.kind === 'cross-entropy') {
    if (!weights || advantages || logprobs || Object.keys(others).length > 0)
      throw new BadRequest('cross_entropy takes weights alone')
    return
  }
  if (!advantages || !logprobs) throw new BadRequest(`wrong inputs for ${loss.kind}`)
  const mask = ownTokensOf(loss_fn_inputs)
  if (mask?.some((value, i) => value !== 1 && (value !== 0 || advantages.data[i] !== 0)))
    throw new BadRequest('a mask of other values than 0 and 1, or one that leaves learned tokens out')
  if (loss.kind === 'gspo' && !mask) throw new BadRequest('gspo is not told which tokens are the policy’s')
}

/** Which tokens are the policy's own, where a request says so. */
export function ownTokensOf({
  weights,
  sequence_ratio_mask,
}: SentDatum['loss_fn_inputs']): readonly number[] | undefined {
  if (weights && sequence_ratio_mask) throw new BadRequest('two masks')
  return (weights ?? sequence_ratio_mask)?.data
}

/** One view, then text: what the small model reads. Picture tokens are counted, not believed. */
async function readChunks(chunks: readonly SentChunk[]): Promise<{ view: Pixels; text: number[] }> {
  const [image, ...texts] = chunks
  if (image?.type !== 'image' || texts.length === 0) throw new BadRequest('the model reads one view and text behind it')
  if (texts.length > 1) throw new BadRequest('text that stands together has to be one chunk')
  const own = patchTokens(defaultConfig)
  if (image.expected_tokens !== own)
    throw new BadRequest(`Expected ${image.expected_tokens} tokens, got ${own} from image`)
  const { data, info } = await sharp(Buffer.from(image.data, 'base64'))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  if (info.format !== 'raw' || info.width !== defaultConfig.viewPx || info.height !== defaultConfig.viewPx)
    throw new BadRequest(`a view of ${info.width} x ${info.height}`)
  const text = texts.flatMap((chunk) => (chunk.type === 'encoded_text' ? chunk.tokens : []))
  if (text.includes(special.pad)) throw new BadRequest('padding among the tokens')
  return { view: { width: info.width, height: info.height, data }, text }
}
