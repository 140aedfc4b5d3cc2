/**
 * The small policy that ships, as a `Policy`: each turn is sampled by the embedded engine from the question, its own
 * last turn and the view. Many sessions at once share the engine, which reads their prompts in batches.
 */
import { fileURLToPath } from 'node:url'
import type { SampledReply, Sampler } from '../../engine/engine.ts'
import { createEmbeddedEngine } from '../../engine/embedded/embedded-engine.ts'
import { defaultConfig, textTokens } from '../../model/config.ts'
import { phrases } from '../../model/language.ts'
import { decode, encode, special } from '../../model/tokenizer.ts'
import { type Goal, parseGoal } from '../../probe/problem.ts'
import { colours, shapes } from '../../probe/scene.ts'
import { pixelBox } from '../../protocol/box.ts'
import type { Problem } from '../../protocol/problem.ts'
import { ContextLengthError, UserError } from '../../shared/errors.ts'
import { hashSeed } from '../../shared/random.ts'
import type { Pixels } from '../../vision/picture.ts'
import { region } from '../../vision/region.ts'
import type { Message, Policy, Reply, Session } from '../policy.ts'
import { viewTokens } from './context-budget.ts'
import { questionTokens, turnPrompt } from './turn-prompt.ts'

export interface EmbeddedPolicyOptions {
  /** A `.safetensors` file; default: the one that ships. */
  readonly checkpoint?: string
  /** 1 samples as in training, lower is surer, 0 takes the likeliest token. */
  readonly temperature?: number
  readonly workers?: number
}

/** The policy that ships: the cold start after reinforcement learning. */
export const shippedCheckpoint: string = shipped('rl')
/** The cold start, which ships beside it: where reinforcement learning begins. */
export const coldStartCheckpoint: string = shipped('sft')

function shipped(stage: 'sft' | 'rl'): string {
  return fileURLToPath(new URL(`../../../models/${stage}.safetensors`, import.meta.url))
}

const longestReply = 48
/** Text tokens that a reply needs at least: prompts that leave less do not fit. */
const shortestRoom = 20
const digits = [...'0123456789'].map((digit) => encode(digit)[0]!)

/** Loads a checkpoint and opens its engine. Throws `UserError` when the file is missing or foreign. */
export async function embeddedPolicy(options: EmbeddedPolicyOptions = {}): Promise<Policy> {
  const engine = createEmbeddedEngine({ workers: options.workers })
  try {
    await engine.load(options.checkpoint ?? shippedCheckpoint)
  } catch (error) {
    await engine.close()
    throw error
  }
  const policy = samplerPolicy('embedded', await engine.sampler(), options.temperature ?? 1)
  return { ...policy, close: () => engine.close() }
}

/** A policy over any sampler of the small model, such as one that is being trained. */
export function samplerPolicy(name: string, sampler: Sampler, temperature: number): Policy {
  return {
    name,
    open: (problem, { seed }) => {
      return openSession(sampler, checkQuestion(problem), temperature, hashSeed(problem.docId, seed))
    },
  }
}

/** The goal of a problem. Throws `UserError` unless its question is one that generated scenes come with. */
export function checkQuestion({ question }: Pick<Problem, 'question'>): Goal {
  const goal = parseGoal(question)
  if (goal) return goal
  throw new UserError(
    'question-unknown',
    `The embedded policy only knows generated scenes and the question "${phrases.question} <colour> <shape>?", with ` +
      `colours ${colours.join(', ')} and shapes ${shapes.join(', ')}. ` +
      'For any other, name a vision-language model: --policy chat:<model> --base-url <url>.',
  )
}

function openSession(sampler: Sampler, goal: Goal, temperature: number, seed: number): Session {
  let question: readonly number[] = []
  let last: readonly number[] = []
  let view: Pixels | undefined

  async function reply(message: Message, turn: number, forced: boolean): Promise<Reply> {
    if (message.kind === 'question') question = questionTokens(message)
    if (message.kind !== 'error') view = await asSeen(message.view.pixels)
    const prompt = turnPrompt(question, last, message)
    if (prompt.length + shortestRoom > textTokens(defaultConfig)) {
      throw new ContextLengthError(`${prompt.length} tokens leave no room for a reply.`)
    }
    const start = forced ? answerStart() : []
    const seen = { view: view!, tokens: prompt }
    const sampled = await sampler.sample({
      prompt: seen,
      ...(forced ? { replyStart: start, allowed: digits } : { formed: true }),
      seed: hashSeed(seed, turn),
      temperature,
      maxTokens: forced ? 1 : longestReply,
    })
    const written = forced ? [...start, ...sampled.tokens, ...answerEnd(sampled)] : sampled.tokens
    const fresh = prompt.length - (message.kind === 'question' ? 0 : question.length + last.length)
    const pictures = message.kind === 'error' ? 0 : viewTokens(message.view.pixels)
    last = written
    return {
      text: decode(written),
      finish: sampled.ended || forced ? 'stop' : 'length',
      usage: { promptTokens: fresh + pictures, imageTokens: pictures, replyTokens: written.length },
      ...(!forced && {
        sample: {
          prompt: seen,
          reply: sampled.ended ? [...sampled.tokens, special.end] : sampled.tokens,
          logprobs: sampled.logprobs,
          formed: true,
        },
      }),
    }
  }

  /** The words with which the policy reports a find, up to the digit. */
  function answerStart(): number[] {
    const { colour, shape } = goal
    return encode(`${phrases.goal} ${colour} ${shape}.${phrases.see} ${shape}${phrases.found}`)
  }

  return {
    take: (message, { turn }) => reply(message, turn, false),
    answerNow: (message, { turn }) => reply(message, turn, true),
    close: () => {},
  }
}

/** The view at the one size that the model looks at; it holds no more than what was sent. */
async function asSeen(sent: Pixels): Promise<Pixels> {
  const size = { width: defaultConfig.viewPx, height: defaultConfig.viewPx }
  return sent.width === size.width && sent.height === size.height
    ? sent
    : region(sent, pixelBox(0, 0, sent.width, sent.height), size, 'area')
}

function answerEnd({ tokens }: SampledReply): number[] {
  return [...encode('.'), ...encode(phrases.answer), tokens[0]!, ...encode(phrases.endAnswer)]
}
