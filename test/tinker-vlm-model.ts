/**
 * A vision-language model of the test server: checks every sequence as a real one would have to, counts the tokens of every
 * picture for itself, and computes with a bigram model.
 */
import sharp from 'sharp'
import type { Loss } from '../src/engine/engine.ts'
import type { ChatModel } from '../src/model/renderer/chat-model.ts'
import { type Bigram, learnFrom } from './bigram.ts'
import { ids } from './qwen-files.ts'
import {
  adamOf,
  BadRequest,
  checkLengths,
  lossOf,
  ownTokensOf,
  type ServedModel,
  type TrainingInput,
} from './tinker-model.ts'
import type { SentChunk, SentDatum } from './tinker-requests.ts'

export function serveVlm(model: ChatModel, bigram: Bigram): ServedModel {
  async function pass({ data, loss_fn, loss_fn_config }: TrainingInput, learn: boolean) {
    const loss = lossOf(loss_fn, loss_fn_config)
    const read = await Promise.all(data.map((datum) => readDatum(datum, loss, model)))
    const sampledApart = data.filter(({ loss_fn_inputs }) => loss_fn_inputs.rollout_logprobs).length
    if (sampledApart > 0 && sampledApart < data.length)
      throw new BadRequest('rollout_logprobs of some data, not of all')
    const logprobs = data.map(({ loss_fn_inputs }, d) => {
      const { target_tokens, weights, advantages, logprobs: old, rollout_logprobs: rollout = old } = loss_fn_inputs
      const before = (i: number): number => read[d]![i]!
      const own = ownTokensOf(loss_fn_inputs)?.flatMap((value, i) => (value === 1 ? [i] : [])) ?? []
      const moved = own.map((i) => bigram.logprob(before(i), target_tokens.data[i]!) - (old?.data[i] ?? 0))
      const ofSearch = moved.reduce((a, b) => a + b, 0) / moved.length
      return target_tokens.data.map((token, i) => {
        const given = (advantages ?? weights)!.data[i]!
        if (given === 0) return own.includes(i) ? bigram.logprob(before(i), token) : 0
        const of = { weight: given, advantage: given, oldLogprob: old?.data[i], rollout: rollout?.data[i], ofSearch }
        const lesson = { before: before(i), token, ...of }
        return learn ? learnFrom(bigram, lesson, loss) : bigram.logprob(lesson.before, token)
      })
    })
    return { logprobs }
  }
  return {
    endToken: ids.end,
    train: (input) => pass(input, true),
    forward: (input) => pass(input, false),
    step: async (adam) => bigram.step(adamOf(adam)),
    save: (file) => bigram.save(file),
    load: (file, optimizer) => bigram.load(file, optimizer),
    async sampler() {
      const sample = bigram.sampler()
      return async (chunks, params) => {
        const { seed, temperature, max_tokens: maxTokens } = params
        const positions = await positionsOf(chunks, model)
        return sample(positions.at(-1)!, { seed, temperature, maxTokens })
      }
    },
    close: async () => {},
  }
}

/** Every position of the expanded sequence. */
async function positionsOf(chunks: readonly SentChunk[], model: ChatModel): Promise<number[]> {
  const positions: number[] = []
  for (const [i, chunk] of chunks.entries()) {
    if (chunk.type === 'encoded_text') {
      if (chunks[i - 1]?.type === 'encoded_text') throw new BadRequest('text that stands together has to be one chunk')
      if (chunk.tokens.includes(ids.imagePad)) throw new BadRequest('the server places picture tokens itself')
      positions.push(...chunk.tokens)
      continue
    }
    const [before, after] = [chunks[i - 1], chunks[i + 1]]
    const opened = before?.type === 'encoded_text' && before.tokens.at(-1) === ids.visionStart
    const closed = after?.type === 'encoded_text' && after.tokens[0] === ids.visionEnd
    if (!opened || !closed) throw new BadRequest('a picture outside of its marks')
    const { width, height, format } = await sharp(Buffer.from(chunk.data, 'base64')).metadata()
    if (format !== chunk.format) throw new BadRequest(`a ${format} said to be ${chunk.format}`)
    const { size, tokens } = model.fit({ width, height })
    if (tokens !== chunk.expected_tokens)
      throw new BadRequest(`Expected ${chunk.expected_tokens} tokens, got ${tokens} from image`)
    if (size.width !== width || size.height !== height) throw new BadRequest('a picture that would be resized again')
    for (let n = 0; n < tokens; n++) positions.push(ids.imagePad)
  }
  return positions
}

/** The tokens before each target; every rule of length and position checked. */
async function readDatum(datum: SentDatum, loss: Loss, model: ChatModel): Promise<number[]> {
  const positions = await positionsOf(datum.model_input.chunks, model)
  checkLengths(datum, positions.length, loss)
  const { target_tokens, ...others } = datum.loss_fn_inputs
  for (const [i, target] of target_tokens.data.entries()) {
    const next = positions[i + 1]
    const wanted = next === ids.imagePad ? 0 : (next ?? target)
    if (target !== wanted) throw new BadRequest(`target ${i} is ${target}, not ${wanted}`)
    if (next === ids.imagePad && Object.values(others).some((tensor) => tensor?.data[i] !== 0))
      throw new BadRequest('something to learn where a picture is')
  }
  return positions
}
