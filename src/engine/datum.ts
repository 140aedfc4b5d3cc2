/** A training example: a reply and its prompt, in chunks of text and pictures. */
import { defaultConfig, patchTokens } from '../model/config.ts'
import type { Pixels } from '../vision/picture.ts'

/** A stretch of what a reply is conditioned on. */
export type PromptChunk =
  | { readonly kind: 'text'; readonly tokens: readonly number[] }
  /** A view for the small model: pixels at its input size. */
  | { readonly kind: 'view'; readonly view: Pixels }
  /** What a vision-language model on a server is sent: a picture file that takes `tokens` positions. */
  | {
      readonly kind: 'image'
      readonly format: 'png' | 'jpeg'
      readonly tokens: number
      /** The same bytes each time; made again rather than kept, as thousands of searches wait for their turns. */
      readonly bytes: () => Promise<Uint8Array>
    }

/**
 * What a reply is conditioned on, in order. The prompt of a later turn reuses the chunk objects of the turn before it, followed by
 * that turn's reply as a chunk of its own: so an engine recognises both as one sequence by identity.
 */
export type Prompt = readonly PromptChunk[]

/** Whether the prompt starts with that of an earlier turn and its reply, chunk for chunk. */
export function continuesFrom(
  prompt: Prompt,
  earlier: { readonly prompt: Prompt; readonly reply: readonly number[] },
): boolean {
  const { length } = earlier.prompt
  const next = prompt[length]
  return (
    earlier.prompt.every((chunk, i) => chunk === prompt[i]) &&
    next?.kind === 'text' &&
    next.tokens.length === earlier.reply.length &&
    next.tokens.every((token, i) => token === earlier.reply[i])
  )
}

/** A prompt as the small model reads it: one view, and the text behind it. */
export function promptOf(view: Pixels, tokens: readonly number[]): Prompt {
  return [
    { kind: 'view', view },
    { kind: 'text', tokens },
  ]
}

/** The inverse of `promptOf`. Throws `RangeError` for a prompt of another form. */
export function viewAndText(prompt: Prompt): { readonly view: Pixels; readonly tokens: readonly number[] } {
  const [first, second, ...more] = prompt
  if (first?.kind === 'view' && second?.kind === 'text' && more.length === 0) {
    return { view: first.view, tokens: second.tokens }
  }
  throw new RangeError(
    `a prompt of ${prompt.map(({ kind }) => kind).join(', ')}; the small model reads a view, then text`,
  )
}

/** Tokens of all text in a prompt. */
export function textLength(prompt: Prompt): number {
  return prompt.reduce((sum, chunk) => sum + (chunk.kind === 'text' ? chunk.tokens.length : 0), 0)
}

/** Positions of a prompt in the model's context, pictures at their full length. */
export function promptLength(prompt: Prompt): number {
  return prompt.reduce((sum, chunk) => {
    if (chunk.kind === 'view') return sum + patchTokens(defaultConfig)
    return sum + (chunk.kind === 'image' ? chunk.tokens : chunk.tokens.length)
  }, 0)
}

/** One turn to learn from. Arrays run along `reply`. */
export interface Datum {
  readonly prompt: Prompt
  readonly reply: readonly number[]
  /** Cross-entropy weights (SFT). */
  readonly weights?: readonly number[]
  /** Advantages and the sampler's log-probabilities (RL). */
  readonly advantages?: readonly number[]
  readonly oldLogprobs?: readonly number[]
  /** Where `oldLogprobs` are the trainer's: those of the sampler, for servers that correct for what lies between the two. */
  readonly rolloutLogprobs?: readonly number[]
  /** In RL: the reply was held to the form of a turn, and p is the probability among the tokens that could come. */
  readonly formed?: boolean | undefined
}
