/** Plans a fork: from which turn a stored search goes on, with what change, by which policy. Pure. */
import { tidyBox } from '../protocol/box.ts'
import type { TurnChange } from '../protocol/changed-turn.ts'
import { originalCount, shownBefore } from '../protocol/originals.ts'
import { boxStepOf, profileHash } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { resolveSource } from '../protocol/resolve-box.ts'
import { sourceAt } from '../protocol/source.ts'
import type { ForkChange, Parent, Trajectory } from '../protocol/trajectory.ts'
import { UserError } from '../shared/errors.ts'
import type { Begun } from './begun.ts'

export interface ForkWords extends TurnChange {
  /** The turn that is changed, or without a change the first one that is taken anew; counted from 1. */
  readonly turn: number
}

/** Where a fork goes on. */
export interface ForkUnder {
  /** Name of the policy. */
  readonly policy: string
  readonly profile: Profile
  readonly seed: number
  readonly maxTurns: number
  /** The part of `Parent` that names the parent. */
  readonly named?: Pick<Parent, 'run' | 'step' | 'ask'>
}

/** Throws `UserError` for a turn, a source or a limit that the search does not have, and if nothing is changed. */
export function planFork(parent: Trajectory, { turn, look: asked, thought }: ForkWords, under: ForkUnder): Begun {
  const look = asked && { ...asked, boxRel: tidyBox(asked.boxRel, boxStepOf(under.profile)) }
  const { turns, observations, sampleIndex, ask, policy } = parent
  if (!Number.isInteger(turn) || turn < 1 || turn > turns.length) {
    const has = turns.length === 0 ? 'has no turns' : `has turns 1 to ${turns.length}`
    throw new UserError('no-such-turn', `The search ${has}, so it cannot be forked at turn ${turn}.`)
  }
  const rewritten = look !== undefined || thought !== undefined
  const kept = turns.slice(0, rewritten ? turn : turn - 1)
  if (under.maxTurns <= kept.length) {
    throw new UserError(
      'fork-over-limit',
      `The turn limit ${under.maxTurns} counts the turns before the fork and leaves none after turn ${kept.length}. Raise it.`,
    )
  }
  const shown = shownBefore(parent, turn)
  if (look !== undefined && !(look.source < shown)) {
    throw new UserError(
      'no-such-source',
      `${sourceAt(look.source, originalCount(observations))} was not shown before turn ${turn}.`,
    )
  }
  if (look && !(look.boxRel[0] < look.boxRel[2] && look.boxRel[1] < look.boxRel[3])) {
    throw new UserError(
      'fork-box-empty',
      `The box ${look.boxRel.join(', ')} is empty. Give left, top, right and bottom, with left less than right and top less than bottom.`,
    )
  }
  const changed: ForkChange[] = [
    ...(look ? (['box'] as const) : []),
    ...(thought !== undefined ? (['thought'] as const) : []),
    ...(under.policy !== policy ? (['policy'] as const) : []),
    ...(profileHash(under.profile) !== parent.profile.sha256 ? (['profile'] as const) : []),
    ...(under.seed !== parent.seed ? (['seed'] as const) : []),
  ]
  if (changed.length === 0) {
    throw new UserError(
      'fork-unchanged',
      'Nothing is changed, so the same search would follow. Change the box, the thought, the policy or the seed.',
    )
  }
  return {
    turns: kept,
    observations,
    ...(rewritten && { change: { look, thought } }),
    parent: { sampleIndex, ...(ask !== undefined && { ask }), ...under.named, policy, turn, changed },
  }
}

/** The index of the picture that a name means, such as `observation_2`. Throws `UserError` for one that was not shown before the turn. */
export function sourceNamed(name: string, parent: Trajectory, turn: number): number {
  const originals = originalCount(parent.observations)
  const count = shownBefore(parent, turn)
  const named = resolveSource(name, { count, originals }, { errorText: 'helpful', parse: 'lenient' })
  if ('index' in named) return named.index
  const names = Array.from({ length: count }, (_, index) => sourceAt(index, originals))
  throw new UserError('no-such-source', `There is no ${name} before turn ${turn}. Name one of ${names.join(', ')}.`)
}
