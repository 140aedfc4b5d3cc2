/** A baseline that never looks: it answers in its first turn, with one of the possible answers drawn at random. */
import { random } from '../../shared/random.ts'
import type { Policy } from '../policy.ts'

/**
 * What can be had without a picture. `answers` are the possible ones, each drawn as often: where a set's answers are
 * balanced, always naming the commonest would do no better.
 */
export function blindPolicy(answers: readonly string[]): Policy {
  return {
    name: 'blind',
    open: (problem, { seed }) => {
      const rng = random('blind', problem.dataSource, problem.docId, seed)
      return {
        take: async () => ({
          text: `<think>I do not look.</think><answer>${rng.pick(answers)}</answer>`,
          finish: 'stop',
          usage: { promptTokens: 0, imageTokens: 0, replyTokens: 0 },
        }),
        close() {},
      }
    },
  }
}
