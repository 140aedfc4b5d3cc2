/** A baseline that only sees the overview: a policy that is forced to answer in its first turn. */
import { UserError } from '../../shared/errors.ts'
import { defined } from '../../shared/known.ts'
import type { Policy } from '../policy.ts'

/**
 * What `inner` knows before any search: the same weights, first view and question, but the first turn has to be an answer. `inner`
 * is not trained for that, so the baseline shows what searching adds to this policy, not how well a policy trained for a single look
 * would do.
 */
export function overviewPolicy(inner: Policy): Policy {
  return {
    name: `overview of ${inner.name}`,
    open: (problem, options) => {
      const session = inner.open(problem, options)
      if (session.answerNow === undefined) {
        session.close()
        throw new UserError(
          'policy-cannot-answer-now',
          `The policy ${inner.name} cannot be forced to answer at once. Use an embedded policy for the overview baseline.`,
        )
      }
      return {
        take: async (message, turn) => defined(await session.answerNow?.(message, turn), 'an answer'),
        close: () => session.close(),
      }
    },
    close: async () => inner.close?.(),
  }
}
