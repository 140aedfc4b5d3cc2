/** A Profile is readonly data that holds everything that changes a score; it is printed and hashed with every score. Pure. */
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { defaultPrompts, embeddedPrompts } from './prompts.ts'
import type { Prompts } from './prompts.ts'

export const resamplers = ['nearest', 'area', 'lanczos3'] as const
export type Resampler = (typeof resamplers)[number]

/** How a region becomes the view that a policy sees (reference 5.3). */
export type ViewRule =
  | {
      readonly kind: 'budget'
      /** Smaller regions are enlarged to this many pixels. */
      readonly minPixels: number
      /** Larger regions are shrunk to this many pixels. */
      readonly maxPixels: number
      /** No side of a view is shorter than this, in pixels. */
      readonly minSide: number
      /** The short side is widened at or above this ratio of the sides; null: any shape stands. */
      readonly maxAspect: number | null
      readonly resampler: Resampler
    }
  | { readonly kind: 'exact'; readonly width: number; readonly height: number; readonly resampler: Resampler }

export interface Profile {
  /** How people call it; not part of the hash. */
  readonly name: string
  readonly prompts: Prompts

  /** Turns of one search, the answering one included. */
  readonly maxTurns: number
  /** Pictures of one search, the original included; null: no limit. */
  readonly maxImages: number | null
  /** Tokens of one search; it ends when it reaches `contextLimit - contextReserve`. null: no limit. */
  readonly contextLimit: number | null
  readonly contextReserve: number
  /** Milliseconds of one search; null: no limit. A search that takes longer has `failed`: slowness is no fault of a policy. */
  readonly wallClockMs: number | null

  readonly firstView: ViewRule
  readonly observationView: ViewRule

  /** `strict`: exactly what the released loop accepts, less its expressions. `lenient`: whatever can be understood. */
  readonly parse: 'strict' | 'lenient'
  /** How the policy writes boxes: fractions of the source, thousandths of it, or pixels of the source's view. */
  readonly coordinates: 'relative' | 'thousand' | 'pixel'
  /** Which action counts when a turn holds both. */
  readonly callAndAnswer: 'call' | 'answer'
  /** Which `<answer>` of a finished search counts. */
  readonly answerPick: 'first' | 'last'
  /** `official` labels an observation by its turn, `consistent` by the number under which it can be named. */
  readonly observationNumbering: 'official' | 'consistent'
  /** What a policy reads after a mistake: the released loop's laconic text or one that names the fix. */
  readonly errorText: 'official' | 'helpful'
}

const view = { kind: 'budget', minPixels: 40_000, maxPixels: 2_000_000, minSide: 28 } as const

const defaultProfile: Profile = {
  name: 'default',
  prompts: defaultPrompts,
  maxTurns: 32,
  maxImages: null,
  contextLimit: null,
  contextReserve: 0,
  wallClockMs: null,
  firstView: { ...view, maxAspect: 200, resampler: 'lanczos3' },
  observationView: { ...view, maxAspect: 200, resampler: 'lanczos3' },
  parse: 'lenient',
  coordinates: 'relative',
  callAndAnswer: 'call',
  answerPick: 'last',
  observationNumbering: 'consistent',
  errorText: 'helpful',
}

/** The released loop as its validation command runs it (reference 5), with this project's wording of the prompts. */
const officialProfile: Profile = {
  name: 'official',
  prompts: defaultPrompts,
  maxTurns: 12,
  maxImages: 12,
  contextLimit: 32_768,
  contextReserve: 2_000,
  wallClockMs: null,
  firstView: { ...view, maxAspect: null, resampler: 'lanczos3' },
  observationView: { ...view, maxAspect: 200, resampler: 'nearest' },
  parse: 'strict',
  coordinates: 'relative',
  callAndAnswer: 'call',
  answerPick: 'first',
  observationNumbering: 'official',
  errorText: 'official',
}

/** Pixels a side of the views that the small policy can be sent: multiples of `step`, one image token each way. */
export const viewSides = { least: 16, most: 256, step: 16, own: 64 } as const

/** The small policy that ships: every view is a square, and every message is a fixed piece of its vocabulary. */
const embeddedProfile: Profile = {
  ...defaultProfile,
  name: 'embedded',
  prompts: embeddedPrompts,
  // The policy has words for 64 observations beside the original.
  maxImages: 65,
  firstView: squareView(viewSides.own),
  observationView: squareView(viewSides.own),
  parse: 'strict',
}

export const profiles = {
  default: defaultProfile,
  official: officialProfile,
  embedded: embeddedProfile,
} as const satisfies Record<string, Profile>

function squareView(side: number): ViewRule {
  return { kind: 'exact', width: side, height: side, resampler: 'area' }
}

/** What the small policy may spend: fewer pixels a view leave room for more turns within a context. */
export interface EmbeddedBudget {
  /** Pixels a side of every view. */
  readonly viewSide: number
  /** Tokens of one search, as a chat that only ever grows would hold them; null: no limit. */
  readonly contextLimit: number | null
}

/** The profile of the small policy under another budget. Throws `UserError` for a side that is no whole number of tokens. */
export function embeddedProfileWith({ viewSide, contextLimit }: EmbeddedBudget): Profile {
  const { least, most, step } = viewSides
  if (viewSide % step !== 0 || viewSide < least || viewSide > most) {
    const near = Math.min(most, Math.max(least, Math.round(viewSide / step) * step))
    throw new UserError(
      'bad-view-side',
      `A view's side has to be a multiple of ${step} from ${least} to ${most} pixels, not ${viewSide}. Take ${near}.`,
    )
  }
  const rule = squareView(viewSide)
  return { ...embeddedProfile, firstView: rule, observationView: rule, contextLimit }
}

const hashes = new WeakMap<Profile, string>()

/** Hex SHA-256 of everything in the profile but its name. */
export function profileHash(profile: Profile): string {
  let hash = hashes.get(profile)
  if (hash === undefined) {
    const { name: _, ...rest } = profile
    hash = sha256(canonicalJson(rest))
    hashes.set(profile, hash)
  }
  return hash
}
