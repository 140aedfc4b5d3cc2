/**
 * Samples one turn of the embedded policy. Sessions in this process and the endpoint both use it, so the same conversation and seed
 * give the same turn.
 */
import type { SampledReply, Sampler, SampleRequest } from '../../engine/engine.ts'
import { promptOf } from '../../engine/engine.ts'
import { defaultConfig, textTokens } from '../../model/config.ts'
import { phrases } from '../../model/language.ts'
import { decodeTokens, encodeText, special } from '../../model/tokenizer.ts'
import { pixelBox } from '../../protocol/box.ts'
import { ContextLengthError } from '../../shared/errors.ts'
import { hashSeed } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'
import type { Pixels } from '../../vision/picture.ts'
import { region } from '../../vision/region.ts'
import type { Reply } from '../policy.ts'
import { viewTokens } from './context-budget.ts'
import { freshTokens, turnPrompt } from './turn-prompt.ts'
import type { Said } from './turn-prompt.ts'

export interface TurnContext {
  /** See `questionTokens`. */
  readonly question: readonly number[]
  /** The reply of the previous turn without its end mark; empty before the first. */
  readonly lastReply: readonly number[]
  readonly message: Said
  /** The newest view. */
  readonly view: Pixels
  /** Seed of the search; each turn has its own random stream. */
  readonly seed: number
  /** Counted from 1. */
  readonly turn: number
  /** 0 is greedy. */
  readonly temperature: number
  /** See `Sampler.sample`. */
  readonly signal: AbortSignal | undefined
  /** Token limit of the reply; default and maximum: `longestReply`. */
  readonly maxTokens?: number | undefined
}

export interface TakenTurn {
  readonly reply: Reply
  /** The tokens of the reply without its end mark: `lastReply` of the next turn. */
  readonly written: readonly number[]
}

/** Token limit of a reply. */
export const longestReply = 48
/** Tokens that a reply needs at least; a prompt that leaves less does not fit. */
const shortestRoom = 20
const digits = [...'0123456789'].map((digit) => itemAt(encodeText(digit), 0))

/** Samples a turn that follows the grammar, as in training. Throws `ContextLengthError`. */
export async function takeTurn(sampler: Sampler, context: TurnContext): Promise<TakenTurn> {
  const maxTokens = Math.min(longestReply, context.maxTokens ?? longestReply)
  const request = { ...(await requestOf(context)), formed: true, maxTokens }
  const sampled = await sampler.sample(request, context)
  const sample = {
    prompt: request.prompt,
    reply: sampled.ended ? [...sampled.tokens, special.end] : sampled.tokens,
    logprobs: sampled.logprobs,
    ...(sampled.entropies && { entropies: sampled.entropies }),
    formed: true,
  }
  const taken = takenTurn(context, sampled.tokens, sampled.ended ? 'stop' : 'length')
  return { ...taken, reply: { ...taken.reply, sample } }
}

/** A turn that consists of `start` and an answer digit, the only sampled token. */
export async function answerTurn(sampler: Sampler, context: TurnContext, start: readonly number[]): Promise<TakenTurn> {
  const request = { ...(await requestOf(context)), replyStart: start, allowed: digits, maxTokens: 1 }
  const sampled = await sampler.sample(request, context)
  return takenTurn(context, [...start, ...sampled.tokens, ...answerEnd(sampled)], 'stop')
}

async function requestOf(context: TurnContext): Promise<Pick<SampleRequest, 'prompt' | 'seed' | 'temperature'>> {
  const { question, lastReply, message, view, seed, turn, temperature } = context
  const tokens = turnPrompt(question, lastReply, message)
  if (tokens.length + shortestRoom > textTokens(defaultConfig)) {
    throw new ContextLengthError(`${tokens.length} prompt tokens leave no room for a reply.`)
  }
  return { prompt: promptOf(await asSeen(view), tokens), seed: hashSeed(seed, turn), temperature }
}

function takenTurn(
  { question, message, view }: TurnContext,
  written: readonly number[],
  finish: Reply['finish'],
): TakenTurn {
  const imageTokens = message.kind === 'error' ? 0 : viewTokens(view)
  const promptTokens = freshTokens(question, message) + imageTokens
  return {
    reply: { text: decodeTokens(written), finish, usage: { promptTokens, imageTokens, replyTokens: written.length } },
    written,
  }
}

/** The view resized to the model's input size. */
async function asSeen(sent: Pixels): Promise<Pixels> {
  const size = { width: defaultConfig.viewPx, height: defaultConfig.viewPx }
  return sent.width === size.width && sent.height === size.height
    ? sent
    : region(sent, pixelBox(0, 0, sent.width, sent.height), size, 'area')
}

function answerEnd({ tokens }: SampledReply): number[] {
  return [...encodeText('.'), ...encodeText(phrases.answer), itemAt(tokens, 0), ...encodeText(phrases.endAnswer)]
}
