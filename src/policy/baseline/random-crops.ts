/** A baseline that looks at random places: the policy reads and decides when to answer, chance decides where to look. */
import { relativeBox } from '../../protocol/box.ts'
import { grounding, groundingTurn } from '../../protocol/dialects/grounding.ts'
import { profiles } from '../../protocol/profile.ts'
import { random } from '../../shared/random.ts'
import type { Random } from '../../shared/random.ts'
import type { Policy, Reply } from '../policy.ts'

/**
 * What `inner` finds without choosing where to look. It takes every turn as usual: it sees the view, thinks, and answers when it
 * wants to. But each zoom is replaced by a random square of the original, so reading, stopping and limits are those of the policy
 * and only the places are not.
 *
 * Sides are drawn log-uniformly from `sideRel` (fractions of the picture); the default spans the usual crops of a search, from the
 * first zoom (1/4) to the second (1/16). One disadvantage is unavoidable with the same reader: the policy believes that it sees the
 * place it asked for, so its notes about places are wrong, and a policy that attends to the centre of its crop may miss a target
 * at the edge.
 */
export function randomCropsPolicy(inner: Policy, sideRel: readonly [number, number] = [1 / 16, 1 / 4]): Policy {
  return {
    name: `random crops for ${inner.name}`,
    open: (problem, options) => {
      const session = inner.open(problem, options)
      const rng = random('random-crops', problem.dataSource, problem.docId, options.seed)
      return {
        take: async (message, turn) => {
          const reply = await session.take(message, turn)
          return zooms(reply) ? zoomAnywhere(reply, rng, sideRel) : reply
        },
        ...(session.adopt && { adopt: session.adopt.bind(session) }),
        close: () => session.close(),
      }
    },
    close: async () => inner.close?.(),
  }
}

/** Whether the turn zooms. */
function zooms({ text, failure }: Reply): boolean {
  const rules = profiles.embedded
  return failure === undefined && !!grounding.call(text, rules) && grounding.answer(text, rules) === undefined
}

/** The reply with a random zoom, and without tokens, since the sampled ones differ from this text. */
function zoomAnywhere({ usage }: Reply, rng: Random, [low, high]: readonly [number, number]): Reply {
  const side = low * (high / low) ** rng.next()
  const x = rng.between(0, 1 - side)
  const y = rng.between(0, 1 - side)
  const text = groundingTurn('Anywhere.', { boxRel: relativeBox(x, y, x + side, y + side) })
  return { text, finish: 'stop', usage }
}
