/** What follows from a reply: the end of the search, a mistake to be told back, or a new observation. Pure. */
import type { Reply } from '../policy/policy.ts'
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { Size } from '../protocol/box.ts'
import type { ParsedTurn } from '../protocol/parse-turn.ts'
import type { Profile } from '../protocol/profile.ts'
import { resolveBox, resolveSource, withinParent } from '../protocol/resolve-box.ts'
import type { Action, End, Observation } from '../protocol/trajectory.ts'
import type { TurnError } from '../protocol/turn-error.ts'
import { fitSize } from '../vision/fit.ts'

export type NextStep =
  | { readonly kind: 'end'; readonly end: End }
  | { readonly kind: 'error'; readonly error: TurnError }
  | { readonly kind: 'observe'; readonly observation: Observation }

/** Where a search stands after its newest reply. */
export interface Standing {
  /** The newest turn, counted from 1. */
  readonly turn: number
  readonly maxTurns: number
  readonly contextTokens: number
  readonly observations: readonly Observation[]
}

/**
 * The released loop's order (reference 5.7): a reply without a call ends the search; one with a call, even a mistaken one,
 * ends it when it is the last turn, when no more pictures are allowed, or when the context is full.
 */
export function nextStep(reply: Reply, parsed: ParsedTurn, standing: Standing, profile: Profile): NextStep {
  if ('error' in parsed) {
    if (parsed.code === 'no-action') return { kind: 'end', end: 'void' }
    return limitReached(standing, profile) ?? { kind: 'error', error: parsed }
  }
  const { action } = parsed
  if (action.kind === 'answer') return { kind: 'end', end: reply.finish === 'length' ? 'void' : 'answered' }
  return limitReached(standing, profile) ?? zoomed(action, standing.observations, profile)
}

function limitReached(standing: Standing, profile: Profile): NextStep | undefined {
  const { turn, maxTurns, contextTokens, observations } = standing
  if (turn >= maxTurns) return { kind: 'end', end: 'over-turn' }
  if (profile.maxImages !== null && observations.length >= profile.maxImages) return { kind: 'end', end: 'over-image' }
  return contextTokens >= contextBound(profile) ? { kind: 'end', end: 'over-context' } : undefined
}

function zoomed(
  { source, boxRel }: Extract<Action, { readonly kind: 'grounding' }>,
  observations: readonly Observation[],
  profile: Profile,
): NextStep {
  const named = resolveSource(source, observations.length, profile)
  if ('error' in named) return { kind: 'error', error: named }
  const parent = observations[named.index]!
  const box = resolveBox(boxRel, boxSize(parent.boxPx), profile)
  if ('error' in box) return { kind: 'error', error: box }
  const observation: Observation = {
    index: observations.length,
    parent: parent.index,
    boxPx: box.boxPx,
    boxInOriginalPx: withinParent(box.boxPx, parent.boxInOriginalPx),
    view: fitSize(boxSize(box.boxPx), profile.observationView),
  }
  return { kind: 'observe', observation }
}

/** Observation 0: the whole picture. */
export function originalObservation({ width, height }: Size, profile: Profile): Observation {
  const boxPx = pixelBox(0, 0, width, height)
  return { index: 0, parent: null, boxPx, boxInOriginalPx: boxPx, view: fitSize({ width, height }, profile.firstView) }
}

/** A search whose context holds this many tokens has reached the end of it. */
export function contextBound({ contextLimit, contextReserve }: Profile): number {
  return contextLimit === null ? Number.POSITIVE_INFINITY : contextLimit - contextReserve
}
