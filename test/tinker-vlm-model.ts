/**
 * A vision-language model of the test server: checks every sequence as a real one would have to, counts the tokens of every
 * picture for itself, and leaves the arithmetic to a bigram model or to a real one.
 */
import sharp from 'sharp'
import type { AdamParameters, Loss, SampledReply } from '../src/engine/engine.ts'
import type { ChatModel } from '../src/model/renderer/chat-model.ts'
import { type Bigram, learnFrom } from './bigram.ts'
import {
  adamOf,
  BadRequest,
  checkLengths,
  lossOf,
  ownTokensOf,
  type ServedModel,
  type TrainingInput,
} from './tinker-model.ts'
import type { Sent, SentChunk, SentDatum } from './tinker-requests.ts'

/** A sequence that was checked. */
interface ReadDatum {
  readonly chunks: readonly SentChunk[]
  /** Tokens of the expanded sequence; `picture` where a picture stands. */
  readonly positions: readonly number[]
  readonly inputs: SentDatum['loss_fn_inputs']
}

type SentPrompt = Pick<ReadDatum, 'chunks' | 'positions'>
type SamplingParams = Sent<'asample'>['sampling_params']

/** What computes. */
export interface Computing {
  /** The log-probability of each target. */
  pass(data: readonly ReadDatum[], loss: Loss, learn: boolean): Promise<number[][]>
  step(adam: AdamParameters): Promise<{ gradientNorm: number }>
  /** Samples by the weights of now. */
  sampler(): Promise<(prompt: SentPrompt, params: SamplingParams) => Promise<SampledReply>>
  save(file: string): Promise<void>
  load(file: string, optimizer: boolean): Promise<void>
  close(): Promise<void>
}

/** In place of a token that a picture stands for. */
const picture = -1

export function serveVlm(model: ChatModel, computing: Computing): ServedModel {
  async function pass({ data, loss_fn, loss_fn_config }: TrainingInput, learn: boolean) {
    const loss = lossOf(loss_fn, loss_fn_config)
    const read = await Promise.all(data.map((datum) => readDatum(datum, loss, model)))
    const sampledApart = data.filter(({ loss_fn_inputs }) => loss_fn_inputs.rollout_logprobs).length
    if (sampledApart > 0 && sampledApart < data.length)
      throw new BadRequest('rollout_logprobs of some data, not of all')
    return { logprobs: await computing.pass(read, loss, learn) }
  }
  return {
    endToken: model.end,
    train: (input) => pass(input, true),
    forward: (input) => pass(input, false),
    step: (adam) => computing.step(adamOf(adam)),
    save: (file) => computing.save(file),
    load: (file, optimizer) => computing.load(file, optimizer),
    async sampler() {
      const sample = await computing.sampler()
      return async (chunks, params) => sample({ chunks, positions: await positionsOf(chunks, model) }, params)
    },
    close: () => computing.close(),
  }
}

/** Whatever stands before the last token, pictures too, is nothing to it. */
export function bigramComputing(bigram: Bigram): Computing {
  return {
    pass: async (data, loss, learn) =>
      data.map(({ positions, inputs }) => {
        const { target_tokens, weights, advantages, logprobs: old, rollout_logprobs: rollout = old } = inputs
        const own = ownTokensOf(inputs)?.flatMap((value, i) => (value === 1 ? [i] : [])) ?? []
        const logprobOf = (i: number): number => bigram.logprob(positions[i]!, target_tokens.data[i]!)
        const moved = own.map((i) => logprobOf(i) - (old?.data[i] ?? 0))
        const ofSearch = moved.reduce((a, b) => a + b, 0) / moved.length
        return target_tokens.data.map((token, i) => {
          const given = (advantages ?? weights)!.data[i]!
          if (given === 0) return own.includes(i) ? logprobOf(i) : 0
          const of = { weight: given, advantage: given, oldLogprob: old?.data[i], rollout: rollout?.data[i], ofSearch }
          return learn ? learnFrom(bigram, { before: positions[i]!, token, ...of }, loss) : logprobOf(i)
        })
      }),
    step: async (adam) => bigram.step(adam),
    async sampler() {
      const sample = bigram.sampler()
      return async ({ positions }, { seed, temperature, max_tokens: maxTokens }) =>
        sample(positions.at(-1)!, { seed, temperature, maxTokens })
    },
    save: (file) => bigram.save(file),
    load: (file, optimizer) => bigram.load(file, optimizer),
    close: async () => {},
  }
}

/** Every position of the expanded sequence. */
async function positionsOf(chunks: readonly SentChunk[], model: ChatModel): Promise<number[]> {
  const { tokenizer, pictureTokens } = model
  const [opens, closes] = [tokenizer.idOf('<|vision_start|>'), tokenizer.idOf('<|vision_end|>')]
  const positions: number[] = []
  for (const [i, chunk] of chunks.entries()) {
    if (chunk.type === 'encoded_text') {
      if (chunks[i - 1]?.type === 'encoded_text') throw new BadRequest('text that stands together has to be one chunk')
      const own = (token: number): boolean => token === opens || token === closes
      if (chunk.tokens.some((token) => pictureTokens.has(token) && !own(token)))
        throw new BadRequest('the server places picture tokens itself')
      positions.push(...chunk.tokens)
      continue
    }
    const [before, after] = [chunks[i - 1], chunks[i + 1]]
    const opened = before?.type === 'encoded_text' && before.tokens.at(-1) === opens
    const closed = after?.type === 'encoded_text' && after.tokens[0] === closes
    if (!opened || !closed) throw new BadRequest('a picture outside of its marks')
    const { width, height, format } = await sharp(Buffer.from(chunk.data, 'base64')).metadata()
    if (format !== chunk.format) throw new BadRequest(`a ${format} said to be ${chunk.format}`)
    const { size, tokens } = model.fit({ width, height })
    if (tokens !== chunk.expected_tokens)
      throw new BadRequest(`Expected ${chunk.expected_tokens} tokens, got ${tokens} from image`)
    if (size.width !== width || size.height !== height) throw new BadRequest('a picture that would be resized again')
    for (let n = 0; n < tokens; n++) positions.push(picture)
  }
  return positions
}

/** The sequence; every rule of length and position checked. */
async function readDatum(datum: SentDatum, loss: Loss, model: ChatModel): Promise<ReadDatum> {
  const { chunks } = datum.model_input
  const positions = await positionsOf(chunks, model)
  checkLengths(datum, positions.length, loss)
  const { target_tokens, ...others } = datum.loss_fn_inputs
  for (const [i, target] of target_tokens.data.entries()) {
    const next = positions[i + 1]
    const wanted = next === picture ? 0 : (next ?? target)
    if (target !== wanted) throw new BadRequest(`target ${i} is ${target}, not ${wanted}`)
    if (next === picture && Object.values(others).some((tensor) => tensor?.data[i] !== 0))
      throw new BadRequest('something to learn where a picture is')
  }
  return { chunks, positions, inputs: datum.loss_fn_inputs }
}
