/** A baseline that never looks: it answers in its first turn, with one of the possible answers drawn at random. */
import { letterAt } from '../../benchmark/choices.ts'
import type { Problem } from '../../protocol/problem.ts'
import { groundingTurn } from '../../protocol/dialects/grounding.ts'
import { random } from '../../shared/random.ts'
import type { Policy } from '../policy.ts'

/**
 * What can be had without a picture. `answers` are the possible ones, each drawn as often: where a set's answers are
 * balanced, always naming the commonest would do no better. Of a problem with choices one is drawn: its letter where the
 * question names letters, else its words.
 */
export function blindPolicy(answers: readonly string[]): Policy {
  return {
    name: 'blind',
    open: (problem, { seed }) => {
      const possible = choicesOf(problem) ?? answers
      const rng = random('blind', problem.dataSource, problem.docId, seed)
      return {
        take: async () => ({
          text: groundingTurn('I do not look.', { answer: rng.pick(possible) }),
          finish: 'stop',
          usage: { promptTokens: 0, imageTokens: 0, replyTokens: 0 },
        }),
        close() {},
      }
    },
  }
}

function choicesOf({ question, choices }: Problem): readonly string[] | undefined {
  const letters = choices?.map((_, index) => letterAt(index))
  const isLettered = choices?.every(
    (choice, index) =>
      question.includes(`(${letterAt(index)}) ${choice}`) || question.includes(`${letterAt(index)}. ${choice}`),
  )
  return isLettered ? letters : choices
}
