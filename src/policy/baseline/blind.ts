/** A baseline that never looks: it answers in its first turn, with one of the possible answers drawn at random. */
import { letterAt } from '../../benchmark/choices.ts'
import type { Problem } from '../../protocol/problem.ts'
import { groundingTurn } from '../../protocol/dialects/grounding.ts'
import { random } from '../../shared/random.ts'
import type { Policy } from '../policy.ts'

/**
 * What can be scored without a picture. `answers`: the possible answers, drawn uniformly; on a set with balanced answers, always
 * naming the most common one would do no better. For a problem with choices, one choice is drawn: its letter if the question
 * names letters, otherwise its text.
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
        adopt: async () => {},
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
