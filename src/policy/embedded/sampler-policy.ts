/**
 * A policy over any sampler of the small model: each turn is sampled from the question, its own last turn and the view. Concurrent
 * sessions share the sampler, which may batch their prompts. Runs in Node and in browsers.
 */
import type { Sampler } from '../../engine/engine.ts'
import { phrases } from '../../model/language.ts'
import { keepsToForm } from '../../model/grammar.ts'
import { encodeText, special } from '../../model/tokenizer.ts'
import { type Goal, parseGoal } from '../../probe/problem.ts'
import { colours, shapes } from '../../probe/scene.ts'
import type { Problem } from '../../protocol/problem.ts'
import { UserError } from '../../shared/errors.ts'
import { hashSeed } from '../../shared/random.ts'
import { defined } from '../../shared/known.ts'
import type { Pixels } from '../../vision/picture.ts'
import type { Message, Policy, Reply, Session, TurnOptions, View } from '../policy.ts'
import { answerTurn, takeTurn } from './take-turn.ts'
import type { TakenTurn, TurnContext } from './take-turn.ts'
import { questionTokens } from './turn-prompt.ts'

/** `sampler`: for example of a model in training. */
export function samplerPolicy(name: string, sampler: Sampler, temperature: number): Policy {
  return {
    name,
    open: (problem, { seed }) => {
      return openSession(sampler, checkQuestion(problem), temperature, hashSeed(problem.docId, seed))
    },
  }
}

const searchApart = 'use a vision-language model: --policy chat:<model> --base-url <url>'

/** The goal of a problem. Throws `UserError` unless its question is one of the generated scenes; `others`: what to do for other questions. */
export function checkQuestion({ question }: Pick<Problem, 'question'>, others = searchApart): Goal {
  const goal = parseGoal(question)
  if (goal) return goal
  throw new UserError(
    'question-unknown',
    `The embedded policy only knows generated scenes and the question "${phrases.question} <colour> <shape>?", with ` +
      `colours ${colours.join(', ')} and shapes ${shapes.join(', ')}. ` +
      `For other questions ${others}.`,
  )
}

function openSession(sampler: Sampler, goal: Goal, temperature: number, seed: number): Session {
  let question: readonly number[] = []
  let lastReply: readonly number[] = []
  let shown: View | undefined
  let view: Pixels | undefined

  function hear(message: Message): void {
    if (message.kind === 'question') question = questionTokens(message)
    if (message.kind === 'error') return
    shown = message.view
    view = undefined
  }

  async function reply(
    message: Message,
    { turn, signal }: TurnOptions,
    take: (context: TurnContext) => Promise<TakenTurn>,
  ): Promise<Reply> {
    hear(message)
    view ??= await shown?.pixels()
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
    // Its context is its last turn and the newest view, which is not drawn before it is looked at.
    adopt: async (message, { text }, { isLast }) => {
      hear(message)
      lastReply = encodeText(text)
      if (isLast) checkReadable(text)
    },
    close: () => {},
  }
}

/** Throws `UserError` for a turn that someone else wrote in another form than the policy's own, which it could not make sense of. */
function checkReadable(text: string): void {
  if (keepsToForm([...encodeText(text), special.end])) return
  throw new UserError(
    'turn-not-readable',
    'The embedded policy only reads turns in its own vocabulary: thoughts such as "Goal: red heart. Nothing here. To check: original_image c4 f2.", ' +
      'with the places of a view named a1 to h8 or nw, ne, sw, se, and boxes in sixteenths of the picture. ' +
      'Leave the thought as it is, write it in these words, or continue with a vision-language model.',
  )
}

/** The tokens with which the policy reports a find, up to the digit. */
function answerStart({ colour, shape }: Goal): number[] {
  return encodeText(`${phrases.goal} ${colour} ${shape}.${phrases.see} ${shape}${phrases.found}`)
}
