/** A single turn without tools: the reply is the answer, with or without tags. Pure. */
import { baseProfile } from '../base-profile.ts'
import type { Profile } from '../base-profile.ts'
import type { Prompts } from '../prompts.ts'
import { pick, plainAnswer, taggedAnswers, thoughtBefore } from './written-turn.ts'
import { partsBy } from './turn-parts.ts'
import type { Dialect } from './dialect.ts'

const tags = /<\/?(?:think|answer)>/i

export const answerOnly: Dialect = {
  stop: [],
  callForm: '',
  thought: (text) => (tags.test(text) ? thoughtBefore(text, tags) : undefined),
  call: () => undefined,
  answer: (text, { answerPick }) => pick(taggedAnswers(text), answerPick) ?? plainAnswer(text),
  answers: taggedAnswers,
  parts: partsBy({ marks: tags, plain: true }),
}

/** Only the question is ever sent. */
const directPrompts: Prompts = {
  system:
    'You answer a question about a picture. Look closely, then give your answer alone: <answer>your answer</answer>.',
  question: '<image>\n{question}',
  observation: '<image>',
  error: '{error}',
}

/** The model without search: one turn, no tool; the baseline for searching. */
export const directProfile: Profile = {
  ...baseProfile,
  name: 'direct',
  prompts: directPrompts,
  dialect: 'answer-only',
  maxTurns: 1,
  maxImages: 1,
}
