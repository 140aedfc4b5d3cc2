/**
 * The smallest language model: the next token follows from the last one alone, by a table of logits. It samples, learns and
 * forgets exactly as a large one does, so that training over the wire can be compared with training in process, bit by bit.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type {
  AdamParameters,
  Datum,
  Engine,
  Loss,
  PolicyLoss,
  Prompt,
  SampledReply,
  SampleRequest,
} from '../src/engine/engine.ts'
import { random } from '../src/shared/random.ts'

type SampledAs = Pick<SampleRequest, 'seed' | 'temperature' | 'maxTokens'>

export interface Bigram {
  logprob(before: number, token: number): number
  /** Adds the gradient of `-coefficient · log p(token | before)`. */
  learn(before: number, token: number, coefficient: number): void
  step(adam: AdamParameters): { readonly gradientNorm: number }
  /** Samples by the weights of now, whatever is learned afterwards. */
  sampler(): (last: number, request: SampledAs) => SampledReply
  save(file: string): Promise<void>
  load(file: string, optimiser: boolean): Promise<void>
}

/** `likely`: pairs that begin with a high logit. */
export function createBigram(
  vocabulary: readonly number[],
  end: number,
  likely: readonly (readonly [number, number])[],
): Bigram {
  const size = vocabulary.length
  const place = new Map(vocabulary.map((token, i) => [token, i]))
  const at = (before: number, token: number): number => place.get(before)! * size + place.get(token)!
  let logits = new Float64Array(size * size)
  for (const [before, token] of likely) logits[at(before, token)] = 8
  let gradient = new Float64Array(size * size)
  let [mean, square, steps] = [new Float64Array(size * size), new Float64Array(size * size), 0]

  function row(before: number, from = logits): Float64Array {
    const start = place.get(before)! * size
    return from.subarray(start, start + size)
  }
  function sampleFrom(weights: typeof logits, last: number, { seed, temperature, maxTokens }: SampledAs): SampledReply {
    const rng = random('bigram', seed)
    const tokens: number[] = []
    const logprobs: number[] = []
    for (let before = last; tokens.length < maxTokens; before = tokens.at(-1)!) {
      const values = row(before, weights).map((value) => value / temperature)
      const total = logSum(values)
      let left = rng.next()
      const drawn = values.findIndex((value) => (left -= Math.exp(value - total)) < 0)
      const token = vocabulary[drawn < 0 ? size - 1 : drawn]!
      logprobs.push(weights[at(before, token)]! - logSum(row(before, weights)))
      if (token === end) return { tokens, logprobs, ended: true }
      tokens.push(token)
    }
    return { tokens, logprobs, ended: false }
  }
  function logSum(values: Float64Array): number {
    return Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0))
  }

  return {
    logprob: (before, token) => logits[at(before, token)]! - logSum(row(before)),
    learn(before, token, coefficient) {
      const total = logSum(row(before))
      const start = place.get(before)! * size
      for (let i = 0; i < size; i++) gradient[start + i]! += coefficient * Math.exp(logits[start + i]! - total)
      gradient[at(before, token)]! -= coefficient
    },
    step({ learningRate, beta1, beta2, epsilon, weightDecay, clipNorm }) {
      const gradientNorm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0))
      const scale = gradientNorm > clipNorm ? clipNorm / gradientNorm : 1
      steps++
      for (let i = 0; i < gradient.length; i++) {
        const value = gradient[i]!
        mean[i] = beta1 * mean[i]! + (1 - beta1) * value * scale
        square[i] = beta2 * square[i]! + (1 - beta2) * (value * scale) ** 2
        const size1 = mean[i]! / (1 - beta1 ** steps)
        const size2 = Math.sqrt(square[i]! / (1 - beta2 ** steps)) + epsilon
        logits[i]! -= learningRate * (size1 / size2 + weightDecay * logits[i]!)
      }
      gradient.fill(0)
      return { gradientNorm }
    },
    sampler() {
      const held = logits.slice()
      return (last, request) => sampleFrom(held, last, request)
    },
    async save(file) {
      await mkdir(dirname(file), { recursive: true })
      const state = { logits: bytesOf(logits), mean: bytesOf(mean), square: bytesOf(square), steps }
      await writeFile(file, JSON.stringify(state))
    },
    async load(file, optimiser) {
      const state = JSON.parse(await readFile(file, 'utf8'))
      logits = numbersIn(state.logits)
      gradient = new Float64Array(size * size)
      mean = optimiser ? numbersIn(state.mean) : new Float64Array(size * size)
      square = optimiser ? numbersIn(state.square) : new Float64Array(size * size)
      steps = optimiser ? state.steps : 0
    },
  }
}

/** Their bytes as text: to write a quarter of a million numbers in decimals takes longer than to learn them. */
const bytesOf = (numbers: Float64Array): string => Buffer.from(numbers.buffer).toString('base64')
export const numbersIn = (text: string) => new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)

/** One token of a sequence to learn from. */
export interface Lesson {
  readonly before: number
  readonly token: number
  readonly weight?: number | undefined
  readonly advantage?: number | undefined
  readonly oldLogprob?: number | undefined
  /** As sampled, where that is another one. */
  readonly rollout?: number | undefined
  /** The mean over its search of what log-probabilities have moved by. */
  readonly ofSearch?: number | undefined
}

/** The log-probability of the token, and the gradient of its loss added up. */
export function learnFrom(model: Bigram, lesson: Lesson, loss: Loss): number {
  const { before, token, weight } = lesson
  const logprob = model.logprob(before, token)
  model.learn(before, token, loss.kind === 'cross-entropy' ? weight! : slopeOf(lesson, loss, logprob))
  return logprob
}

/** How fast the objective of a token rises with its log-probability. */
function slopeOf(lesson: Lesson, { kind, clipLow, clipHigh }: PolicyLoss, logprob: number): number {
  const { oldLogprob: old, rollout = old, advantage, ofSearch } = lesson
  if (kind === 'dppo') {
    const rise = Math.exp(logprob) - Math.exp(rollout!)
    if ((advantage! > 0 && rise > clipHigh) || (advantage! < 0 && rise < -clipLow)) return 0
    return Math.exp(logprob - rollout!) * advantage!
  }
  const ratio = kind === 'gspo' ? Math.exp(ofSearch!) : Math.exp(logprob - old!)
  const clipped = Math.min(1 + clipHigh, Math.max(1 - clipLow, ratio))
  if (kind === 'cispo') return clipped * advantage!
  return ratio * advantage! <= clipped * advantage! ? ratio * advantage! : 0
}

/** The model as an engine of this process. */
export function bigramEngine(model: Bigram): Engine {
  const beforeOf = ({ prompt, reply }: Datum, i: number): number => (i === 0 ? lastOf(prompt) : reply[i - 1]!)
  return {
    about: { engine: 'test' },
    ignoredSettings: [],
    checkpointSuffix: '.json',
    async forwardBackward(data, loss) {
      const logprobs = data.map((datum) =>
        datum.reply.map((token, i) => {
          const [weight, advantage, oldLogprob] = [datum.weights?.[i], datum.advantages?.[i], datum.oldLogprobs?.[i]]
          return learnFrom(model, { before: beforeOf(datum, i), token, weight, advantage, oldLogprob }, loss)
        }),
      )
      return { loss: Number.NaN, logprobs }
    },
    forward: async (data) =>
      data.map((datum) => datum.reply.map((token, i) => model.logprob(beforeOf(datum, i), token))),
    optimStep: async (adam) => model.step(adam),
    samplesApart: true,
    async sampler() {
      const sample = model.sampler()
      return { sample: async (request) => sample(lastOf(request.prompt), request) }
    },
    save: (file) => model.save(file),
    saveForUse: (file) => model.save(file),
    load: (file) => model.load(file, true),
    loadWeights: (file) => model.load(file, false),
    discard: async () => {},
    close: async () => {},
  }
}

function lastOf(prompt: Prompt): number {
  const chunk = prompt.at(-1)!
  if (chunk.kind !== 'text') throw new Error('a prompt that ends in a picture')
  return chunk.tokens.at(-1)!
}
