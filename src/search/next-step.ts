/** What follows from a reply: the end of the search, an error message to the policy, or a new observation. Pure. */
import type { Reply } from '../policy/policy.ts'
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { RelativeBox, Size } from '../protocol/box.ts'
import { boxOnOriginal, shownSize } from '../protocol/orientation.ts'
import type { ParsedTurn } from '../protocol/parse-turn.ts'
import type { Profile } from '../protocol/profile.ts'
import { resolveBox, resolveSource, withinSource } from '../protocol/resolve-box.ts'
import type { End, Observation } from '../protocol/trajectory.ts'
import { plainAnswer } from '../protocol/dialects/written-turn.ts'
import { openThinking } from '../protocol/thinking-marks.ts'
import { turnError } from '../protocol/turn-error.ts'
import type { TurnError } from '../protocol/turn-error.ts'
import type { ToolUse } from '../protocol/view-tools.ts'
import { cropViewSize, fitSize, frameSize, toolViewSize } from '../vision/fit.ts'
import { itemAt, lastOf } from '../shared/known.ts'

export type NextStep =
  | { readonly kind: 'end'; readonly end: End; readonly error?: TurnError }
  /** The search ends; a reply in plain prose is its answer. */
  | { readonly kind: 'plain-answer'; readonly text: string }
  | { readonly kind: 'ask-again' }
  | { readonly kind: 'error'; readonly error: TurnError }
  | { readonly kind: 'observe'; readonly observation: Observation }

/** The state of a search after its newest reply. */
export interface Standing {
  /** The newest turn, counted from 1. */
  readonly turn: number
  readonly maxTurns: number
  readonly contextTokens: number
  /** Whether an earlier turn neither zoomed nor answered and was reminded of the form. */
  readonly reminded: boolean
  readonly observations: readonly Observation[]
  /** Number of observations that are original pictures. */
  readonly originals: number
}

/**
 * Follows the order of the released loop: a reply without a call ends the search; a reply with a call, even an invalid one, ends it
 * if it is the last turn, no more pictures are allowed, or the context is full.
 */
export function nextStep(reply: Reply, parsed: ParsedTurn, standing: Standing, profile: Profile): NextStep {
  const { flow } = profile
  if ('error' in parsed && parsed.code === 'no-action') {
    if (flow.silence === 'reminded') return afterSilence(reply, parsed, standing, profile)
    if (flow.silence === 'ends') return { kind: 'end', end: 'void' }
    return limitReached(standing, profile) ?? { kind: 'ask-again' }
  }
  if ('action' in parsed && parsed.action.kind === 'answer') {
    return { kind: 'end', end: reply.finish === 'length' ? flow.cutAnswer : 'answered' }
  }
  const step = called(parsed, standing, profile)
  if (step.kind === 'error' && flow.mistake === 'ends') return { kind: 'end', end: 'void', error: step.error }
  return limitReached(standing, profile) ?? step
}

/** A tag of the protocols without its partner: no part of an answer in prose. */
const strayTag = /<\/?(?:think|answer|grounding|tool_call|tool_response)>/gi

function afterSilence(reply: Reply, error: TurnError, standing: Standing, profile: Profile): NextStep {
  // A truncated reply is not an answer, and would be truncated again.
  if (reply.finish === 'length') return { kind: 'end', end: 'void' }
  const limit = limitReached(standing, profile)
  if (!standing.reminded && limit === undefined) return { kind: 'error', error }
  const prose = plainAnswer(reply.text) ?? (profile.flow.openThought && lastParagraph(openThinking(reply.text) ?? ''))
  const text = prose?.replaceAll(strayTag, '').trim()
  // Fragments of tags, such as `</`, are not content.
  const says = text !== undefined && /[\p{L}\p{N}]/u.test(text)
  return !says ? (limit ?? { kind: 'end', end: 'void' }) : { kind: 'plain-answer', text }
}

/** Undefined if there is only one. */
function lastParagraph(text: string): string | undefined {
  const paragraphs = text.split(/\n\s*\n/).filter((one) => one.trim() !== '')
  return paragraphs.length > 1 ? lastOf(paragraphs).trim() : undefined
}

function limitReached(standing: Standing, profile: Profile): NextStep | undefined {
  const { turn, maxTurns, contextTokens, observations } = standing
  if (turn >= maxTurns) return { kind: 'end', end: 'over-turn' }
  if (profile.maxImages !== null && observations.length >= profile.maxImages) return { kind: 'end', end: 'over-image' }
  return contextTokens >= contextBound(profile) ? { kind: 'end', end: 'over-context' } : undefined
}

function called(parsed: ParsedTurn, { observations, originals }: Standing, profile: Profile): NextStep {
  if ('error' in parsed) return { kind: 'error', error: parsed }
  const { action } = parsed
  if (action.kind === 'answer') throw new Error('internal error: an answer where a call is expected')
  const named = resolveSource(action.source, { count: observations.length, originals }, profile)
  if ('error' in named) return { kind: 'error', error: named }
  const parent = itemAt(observations, named.index)
  return action.kind === 'tool'
    ? changed(action.use, parent, observations, profile)
    : zoomed(action.boxRel, parent, observations, profile)
}

/** All of a picture that was shown, in another way. */
function changed(use: ToolUse, parent: Observation, observations: readonly Observation[], profile: Profile): NextStep {
  const view = toolViewSize(parent.view, use, profile.observationView)
  if (view === undefined) return { kind: 'error', error: turnError('no-effect', profile.errorText) }
  const { width, height } = frameSize(parent, profile)
  const observation: Observation = {
    index: observations.length,
    parent: parent.index,
    boxPx: pixelBox(0, 0, width, height),
    made: use,
    boxInOriginalPx: parent.boxInOriginalPx,
    view,
  }
  return { kind: 'observe', observation }
}

function zoomed(
  boxRel: RelativeBox,
  parent: Observation,
  observations: readonly Observation[],
  profile: Profile,
): NextStep {
  const frame = frameSize(parent, profile)
  const box = resolveBox(boxRel, frame, profile)
  if ('error' in box) return { kind: 'error', error: box }
  const view = cropViewSize(box.sides ?? boxSize(box.boxPx), profile)
  // A box without area cannot be enlarged to the minimum number of pixels.
  if (!Number.isFinite(view.width * view.height)) {
    return { kind: 'error', error: turnError('empty-width', profile.errorText, JSON.stringify(box.boxPx)) }
  }
  const boxPx = withinSource(box.boxPx, frame, shownSize(parent))
  const asItIs = profile.frames === undefined && boxPx.every((edge, at) => edge === box.boxPx[at])
  const observation: Observation = {
    index: observations.length,
    parent: parent.index,
    boxPx,
    ...(!asItIs && { askedPx: box.boxPx }),
    boxInOriginalPx: boxOnOriginal(boxPx, parent, observations),
    view,
  }
  return { kind: 'observe', observation }
}

/** The observation of a whole original picture. */
export function originalObservation(index: number, { width, height }: Size, profile: Profile): Observation {
  const boxPx = pixelBox(0, 0, width, height)
  return { index, parent: null, boxPx, boxInOriginalPx: boxPx, view: fitSize({ width, height }, profile.firstView) }
}

/** A search with this many tokens in its context has reached the limit. */
export function contextBound({ contextLimit, contextReserve }: Profile): number {
  return contextLimit === null ? Number.POSITIVE_INFINITY : contextLimit - contextReserve
}
