/** A baseline that sees only the overview: a policy that is made to answer in its first turn. */
import { UserError } from '../../shared/errors.ts'
import { defined } from '../../shared/known.ts'
import type { Policy } from '../policy.ts'

/**
 * What `inner` reads at once, before any search: the same weights, the same first view, the same question, and a first
 * turn that has to be an answer. It is not trained for that, so it tells what searching adds to this very policy and not
 * how well a policy made for one look would do.
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
          `The policy ${inner.name} cannot be made to answer at once. Take the overview of an embedded policy.`,
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
