/**
 * The turns that a fork has in common with the search that it departs from: the session takes them over, and the environment carries them
 * out again, the last one as it was changed.
 */
import type { AdoptOptions, Message, Reply, Session } from '../policy/policy.ts'
import { intersectionOverUnion } from '../protocol/box.ts'
import { changedTurn, translatedTurn } from '../protocol/changed-turn.ts'
import type { TurnChange, TurnPlace } from '../protocol/changed-turn.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Observation, Parent, Turn } from '../protocol/trajectory.ts'
import { canonicalJson } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'

export interface Begun {
  /** Of the parent: every turn before the first one that is taken anew. */
  readonly turns: readonly Turn[]
  /** All observations of the parent. */
  readonly observations: readonly Observation[]
  /** What is changed in the last one of these turns. */
  readonly change?: TurnChange | undefined
  readonly parent: Parent
}

/** Turn `number` as it is carried out here; undefined if it is taken anew. Throws `UserError` if it cannot be written so. */
export function begunTurn(begun: Begun, number: number, profile: Profile, place: TurnPlace): Turn | undefined {
  const stored = begun.turns[number - 1]
  if (stored === undefined) return undefined
  const { change, turns, parent } = begun
  const turn = parent.changed.includes('profile') ? translatedTurn(stored, profile, place) : stored
  return change && number === turns.length ? changedTurn(turn, change, profile, place) : turn
}

/** The turn as a reply to `message`, after the session has taken it over. Throws `UserError` for a policy that cannot. */
export async function adoptTurn(
  session: Session,
  policy: string,
  message: Message,
  turn: Turn,
  options: AdoptOptions,
): Promise<Reply> {
  if (session.adopt === undefined) {
    throw new UserError(
      'policy-cannot-go-on',
      `The policy ${policy} cannot continue from turns that it did not take itself. Choose another one.`,
    )
  }
  await session.adopt(message, turn, options)
  const { text, thinking, finish, usage } = turn
  return { text, finish, usage, ...(thinking !== undefined && { thinking }) }
}

/**
 * What turn `number` was, with what it led to here; what it took stays as it was recorded. Throws `UserError` if a turn that was not
 * changed led elsewhere than in the parent.
 */
export function repeatedTurn(
  begun: Begun,
  number: number,
  adopted: Turn,
  { taken, observation }: { readonly taken: Turn; readonly observation: Observation | undefined },
): Turn {
  const { change, turns, observations, parent } = begun
  const isChanged = change !== undefined && number === turns.length
  const before = turns[number - 1]
  const seenBefore = before?.observation === undefined ? undefined : observations[before.observation]
  const outcome = (turn: Turn | undefined): string =>
    canonicalJson([turn?.action?.kind ?? null, turn?.error?.code ?? null])
  const sameLook = parent.changed.includes('profile')
    ? nearlySame(seenBefore, observation)
    : same(seenBefore, observation)
  if (!isChanged && !(outcome(before) === outcome(taken) && sameLook)) {
    throw new UserError(
      'fork-differs',
      `Turn ${number} has another result than in the search that is forked: it was taken under other settings or by another version. ` +
        'Choose a policy with the same profile, or fork at an earlier turn.',
    )
  }
  const { thought: _thought, action: _action, error: _error, observation: _observation, ...recorded } = adopted
  const { thought, action, error, observation: index } = taken
  return {
    ...recorded,
    ...(thought !== undefined && { thought }),
    ...(action !== undefined && { action }),
    ...(error !== undefined && { error }),
    ...(index !== undefined && { observation: index }),
  }
}

type Seen = Observation | undefined

function same(a: Seen, b: Seen): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null)
}

/** Under another profile, views have other sizes, and boxes are rounded to other units. */
const sameOverlap = 0.9

function nearlySame(a: Seen, b: Seen): boolean {
  if (a === undefined || b === undefined) return a === b
  return intersectionOverUnion(a.boxInOriginalPx, b.boxInOriginalPx) >= sameOverlap
}
