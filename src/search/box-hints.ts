/** Detects that the model wrote boxes in another unit, or for a resized picture, from a finished search. Pure. */
import { estimatedTextTokens, viewTokens } from '../policy/chat/token-estimate.ts'
import { policyNamed } from '../policy/registry/kinds.ts'
import { oddBoxes } from '../protocol/box-unit.ts'
import { originalCount } from '../protocol/originals.ts'
import { questionText } from '../protocol/prompts.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'

/** Hints as text for the user. `profile`: the one of the search. */
export function boxHints(trajectory: Trajectory, profile: Profile): string[] {
  return [otherUnit(trajectory), shrunkView(trajectory, profile)].filter((hint) => hint !== undefined)
}

function otherUnit(trajectory: Trajectory): string | undefined {
  const odd = oddBoxes(trajectory)
  return odd && `${odd.count} of ${odd.of} boxes were in another unit. ${odd.fix}`
}

/** Qwen2.5-VL uses a token per 28 x 28 pixels; fewer tokens than that mean that the server shrank the view. */
const cellPixels = 28 * 28

function shrunkView({ policy, problem, turns, observations }: Trajectory, profile: Profile): string | undefined {
  const [turn] = turns
  const originals = observations.slice(0, originalCount(observations))
  if (profile.coordinates !== 'pixel' || !policyNamed(policy)?.kind.imageTokensEstimated || turn === undefined) {
    return undefined
  }
  const { system } = profile.prompts
  const text =
    estimatedTextTokens(system) + estimatedTextTokens(questionText(profile.prompts, problem.question, originals.length))
  const shown = originals.reduce((sum, { view }) => sum + viewTokens(view), 0)
  const counted = turn.usage.promptTokens
  // Only half of the text counts, since its token count is an estimate.
  if (counted === 0 || counted >= shown + text / 2) return undefined
  const seen = Math.max(64, Math.floor((counted - text) / originals.length)) * cellPixels
  return (
    `The server counts ${counted} tokens for a prompt whose ${originals.length === 1 ? 'picture alone has' : 'pictures alone have'} ${shown} on Qwen's grid. If it shrinks ` +
    `pictures, boxes in pixels miss their targets: use --max-pixels ${seen}, or --coordinates relative or thousand.`
  )
}
