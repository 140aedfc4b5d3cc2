/** One turn and no tool: the reply is the answer, with or without tags. Pure. */
import type { Prompts } from '../prompts.ts'
import { pick, plainAnswer, taggedAnswers, thoughtBefore } from './written-turn.ts'
import type { Dialect } from './written-turn.ts'

const tags = /<\/?(?:think|answer)>/

export const answerOnly: Dialect = {
  stop: [],
  callForm: '',
  thought: (text) => (tags.test(text) ? thoughtBefore(text, tags) : undefined),
  call: () => undefined,
  answer: (text, { answerPick }) => pick(taggedAnswers(text), answerPick) ?? plainAnswer(text),
  answers: taggedAnswers,
}

/** Nothing follows the question. */
export const directPrompts: Prompts = {
  system:
    'You answer a question about a picture. Look closely, then give your answer alone: <answer>your answer</answer>.',
  question: '<image>\n{question}',
  observation: '<image>',
  error: '{error}',
}
