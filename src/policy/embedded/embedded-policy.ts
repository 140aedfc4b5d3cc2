/**
 * The small policy that ships, as a `Policy`: each turn is sampled by the embedded engine from the question, its own
 * last turn and the view. Many sessions at once share the engine, which reads their prompts in batches.
 */
import { fileURLToPath } from 'node:url'
import type { Sampler } from '../../engine/engine.ts'
import { createEmbeddedEngine } from '../../engine/embedded/embedded-engine.ts'
import { phrases } from '../../model/language.ts'
import { encodeText } from '../../model/tokenizer.ts'
import { type Goal, parseGoal } from '../../probe/problem.ts'
import { colours, shapes } from '../../probe/scene.ts'
import type { Problem } from '../../protocol/problem.ts'
import { UserError } from '../../shared/errors.ts'
import { hashSeed } from '../../shared/random.ts'
import { defined } from '../../shared/known.ts'
import type { Pixels } from '../../vision/picture.ts'
import type { Message, Policy, Reply, Session, TurnOptions } from '../policy.ts'
import { answerTurn, takeTurn } from './take-turn.ts'
import type { TakenTurn, TurnContext } from './take-turn.ts'
import { questionTokens } from './turn-prompt.ts'

export interface EmbeddedPolicyOptions {
  /** A `.safetensors` file; default: the one that ships. */
  readonly checkpoint?: string | undefined
  /** 1 samples as in training, lower is surer, 0 takes the likeliest token. */
  readonly temperature?: number
  readonly workers?: number | undefined
}

/** The policy that ships: the cold start after reinforcement learning. */
export const shippedCheckpoint: string = shipped('rl')
/** The cold start, which ships beside it: where reinforcement learning begins. */
export const coldStartCheckpoint: string = shipped('sft')

function shipped(stage: 'sft' | 'rl'): string {
  return fileURLToPath(new URL(`../../../models/${stage}.safetensors`, import.meta.url))
}

/** Loads a checkpoint and opens its engine. Throws `UserError` when the file is missing or foreign. */
export async function embeddedPolicy(options: EmbeddedPolicyOptions = {}): Promise<Policy> {
  const { sampler, close } = await openEmbeddedSampler(options)
  return { ...samplerPolicy('embedded', sampler, options.temperature ?? 1), close }
}

/** The same without a policy around it, for those who keep conversations themselves. */
export async function openEmbeddedSampler(
  options: Pick<EmbeddedPolicyOptions, 'checkpoint' | 'workers'>,
): Promise<{ readonly sampler: Sampler; close(): Promise<void> }> {
  const engine = createEmbeddedEngine({ workers: options.workers })
  try {
    await engine.load(options.checkpoint ?? shippedCheckpoint)
    return { sampler: await engine.sampler(), close: () => engine.close() }
  } catch (error) {
    await engine.close()
    throw error
  }
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
  let lastReply: readonly number[] = []
  let view: Pixels | undefined

  async function reply(
    message: Message,
    { turn, signal }: TurnOptions,
    take: (context: TurnContext) => Promise<TakenTurn>,
  ): Promise<Reply> {
    if (message.kind === 'question') question = questionTokens(message)
    if (message.kind !== 'error') view = await message.view.pixels()
    const taken = await take({
      question,
      lastReply,
      message,
      view: defined(view, 'a view'),
      seed,
      turn,
      temperature,
      signal,
    })
    lastReply = taken.written
    return taken.reply
  }

  return {
    take: (message, options) => reply(message, options, (context) => takeTurn(sampler, context)),
    answerNow: (message, options) =>
      reply(message, options, (context) => answerTurn(sampler, context, answerStart(goal))),
    close: () => {},
  }
}

/** The words with which the policy reports a find, up to the digit. */
function answerStart({ colour, shape }: Goal): number[] {
  return encodeText(`${phrases.goal} ${colour} ${shape}.${phrases.see} ${shape}${phrases.found}`)
}
