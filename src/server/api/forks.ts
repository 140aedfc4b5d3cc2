/** Forks of searches that a server has: finds the search with its pictures, and plans how it goes on. */
import { randomInt } from 'node:crypto'
import { z } from 'zod'
import type { Judge } from '../../judge/judge.ts'
import { judgeExact } from '../../judge/exact.ts'
import { relativeBox } from '../../protocol/box.ts'
import { picturesOf } from '../../protocol/originals.ts'
import { profileHash } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Parent, Trajectory } from '../../protocol/trajectory.ts'
import { planFork } from '../../search/fork.ts'
import type { Begun } from '../../search/begun.ts'
import { pixelsId } from '../../vision/picture.ts'
import { HttpError } from '../http/http-error.ts'
import type { Links, Searcher } from '../searcher.ts'
import type { Ask, AskNumber } from './kept-asks.ts'
import type { KnownPicture, Pictures } from './pictures.ts'
import type { PictureAt } from './region.ts'

/** A search that can be forked. */
export interface Forkable {
  readonly search: Trajectory
  readonly pictures: readonly KnownPicture[]
  /** See `AskedHere`. */
  readonly reopen?: PictureAt
  readonly named: Pick<Parent, 'run' | 'step' | 'ask'>
  /** Of a search of an ask: its number, which forks share. */
  readonly numbered?: AskNumber
  readonly judge: Judge
  /** Stores a fork beside it; absent: forks are stored like asks. */
  keep?(fork: Trajectory): Promise<Links>
}

const edge = z.number().min(0).max(1)
const count = z.int().nonnegative()

export const forkSchema = z.strictObject({
  origin: z.union([
    z.strictObject({ ask: z.string(), sample: count }),
    z.strictObject({ run: z.string(), index: count }),
  ]),
  turn: z.int().positive(),
  look: z.strictObject({ box: z.tuple([edge, edge, edge, edge]), source: count }).optional(),
  thought: z.string().max(8_000).optional(),
  policy: z.string(),
  seed: z.int().optional(),
  maxTurns: z.int().positive().optional(),
})

type ForkBody = z.infer<typeof forkSchema>

/** A search of an ask. Throws `HttpError` 409 unless it has ended. */
export function forkableAsk(ask: Ask, sample: number, pictures: Pictures): Forkable {
  const last = ask.events.findLast((event) => event.sample === sample)
  if (last?.kind !== 'ended') {
    throw new HttpError(
      409,
      'not_ended',
      'Only a search that has ended can be forked. Wait for its end, or stop it and ask again.',
    )
  }
  const { trajectory: search } = last
  const known = picturesOf(search).map((picture) => pictures.get(pixelsId(picture)))
  const { numbered } = ask
  const named = numbered && { named: { ask: numbered.number }, numbered }
  return { search, pictures: known, named: {}, ...named, judge: judgeExact }
}

/** How the fork goes on. Throws `UserError`. */
export function forkPlan(
  { search, named }: Forkable,
  { turn, look, thought, ...asked }: Omit<ForkBody, 'origin' | 'policy'>,
  { profile: own, policy }: Pick<Searcher, 'profile' | 'policy'>,
): { readonly begun: Begun; readonly seed: number; readonly maxTurns: number; readonly profile: Profile } {
  const profile = profileLike(search, own)
  const rewritten = look !== undefined || thought !== undefined
  const seed = asked.seed ?? (rewritten ? search.seed : randomInt(2 ** 31))
  const maxTurns = asked.maxTurns ?? search.maxTurns
  const words = { turn, thought, look: look && { boxRel: relativeBox(...look.box), source: look.source } }
  const begun = planFork(search, words, { policy: policy().name, profile, seed, maxTurns, named })
  return { begun, seed, maxTurns, profile }
}

/** The profile of the searcher, or if the search had the same but for which answer counts (as in evaluations), that of the search. */
function profileLike({ profile }: Trajectory, own: Profile): Profile {
  const variants = (['first', 'last'] as const).map((answerPick) => ({ ...own, answerPick }))
  return variants.find((variant) => profileHash(variant) === profile.sha256) ?? own
}
