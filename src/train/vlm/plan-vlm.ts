/** What training a vision-language model on a server comes to, before anything is sent. No picture is opened. */
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import type { Size } from '../../protocol/box.ts'
import type { Profile, ViewRule } from '../../protocol/profile.ts'
import type { Example } from './example.ts'
import type { Plan } from '../plan.ts'
import type { RunRlSettings } from '../rl/run-rl.ts'
import type { SftSettings } from '../sft/sft.ts'

/** A token on the wire as JSON: its id, and for training its target, weight or advantage, and log-probability. */
const tokenBytes = { sampling: 7, training: 30 } as const
/** Of a picture, for each of its tokens, in base64 (docs/cluster.md). */
const imageTokenBytes = 530
/** What a turn is told beside its picture, about: the mark-up of messages and the words of an observation. */
const toldTokens = 80

export async function planVlmSft(
  examples: readonly Example[],
  model: ChatModel,
  { steps, batch }: SftSettings,
): Promise<Plan> {
  let [images, text] = [0, 0]
  for (const example of examples) {
    for (const { message, viewSizes, reply } of await example.lessons()) {
      for (const size of viewSizes) images += model.fit(size).tokens
      const system = message.kind === 'question' ? message.system : ''
      text += model.tokenizer.encode(system + message.text).length + model.tokenizer.encode(reply).length
    }
  }
  const sequences = steps * batch
  const share = sequences / examples.length
  const [imageTokens, textTokens] = [Math.round(images * share), Math.round(text * share)]
  return {
    steps,
    sequences,
    trainedTokens: imageTokens + textTokens,
    sampledTokens: 0,
    promptTokens: 0,
    sentBytes: imageTokens * (imageTokenBytes + tokenBytes.training) + textTokens * tokenBytes.training,
    samplingRounds: 1,
    atMost: false,
  }
}

/** Every search as long as it can be: all turns, the largest pictures, the longest replies, up to the context limit. */
export function planVlmRl(settings: RunRlSettings, model: ChatModel, profile: Profile, maxTokens: number): Plan {
  const { steps, problemsPerStep, groupSize, maxTurns, updates, oldLogprobs } = settings
  const { contextLimit, maxImages } = profile
  const searches = steps * problemsPerStep * groupSize
  const first = largest(profile.firstView, model)
  const later = largest(profile.observationView, model)
  let [held, images, read, readImages, turns] = [0, 0, 0, 0, 0]
  for (; turns < maxTurns && held < (contextLimit ?? Infinity); turns++) {
    const shown = turns === 0 ? first : turns < (maxImages ?? Infinity) ? later : 0
    images += shown
    held += shown + toldTokens
    read += held
    readImages += images
    held += maxTokens
  }
  // Ratios to the trainer's own log-probabilities cost a pass more.
  const passes = oldLogprobs === 'trainer' ? 2 : 1
  const sampling = readImages * imageTokenBytes + (read - readImages) * tokenBytes.sampling
  const training = images * imageTokenBytes + held * tokenBytes.training
  return {
    steps: steps * updates,
    sequences: searches,
    trainedTokens: searches * held * passes,
    sampledTokens: searches * turns * maxTokens,
    promptTokens: searches * read,
    sentBytes: searches * (sampling + training * passes),
    samplingRounds: settings.maxSamplingRounds,
    atMost: true,
  }
}

/** Tokens of the largest picture that a rule lets through. */
function largest(rule: ViewRule, model: ChatModel): number {
  const side = (pixels: number): Size => ({
    width: Math.floor(Math.sqrt(pixels)),
    height: Math.floor(Math.sqrt(pixels)),
  })
  return model.fit(rule.kind === 'exact' ? rule : side(rule.maxPixels)).tokens
}
