/** A Profile is readonly data that holds everything that changes a score; it is printed and hashed with every score. Pure. */
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { directPrompts } from './dialects/answer-only.ts'
import { deepeyesPrompts } from './dialects/deepeyes.ts'
import type { DialectName } from './dialects/dialect.ts'
import { pixelReasonerPrompts } from './dialects/pixel-reasoner.ts'
import { toolsPrompts } from './dialects/tools.ts'
import { coordinateWords, defaultPrompts, embeddedPrompts } from './prompts.ts'
import type { Prompts } from './prompts.ts'

export const resamplers = ['nearest', 'area', 'bicubic', 'lanczos3'] as const
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
  | {
      readonly kind: 'grid'
      /** Sides are multiples of this, in pixels: a server that counts image tokens by the cell does not resize again. */
      readonly cell: number
      readonly minPixels: number
      readonly maxPixels: number
      readonly resampler: Resampler
    }
  | { readonly kind: 'exact'; readonly width: number; readonly height: number; readonly resampler: Resampler }

/** How the box of a call becomes whole pixels of its source (reference 5.5 and 9). */
export interface CropRule {
  /** `inner`: truncated, and the last row and column are never part of a crop; `nearest`: rounded, up to the very edge. */
  readonly edges: 'inner' | 'nearest'
  /** Added on every side, as a fraction of the source's width or height. */
  readonly padding: number
  /** A crop with a side of fewer pixels is refused. */
  readonly minSide: number
}

export const coordinateNames = ['relative', 'thousand', 'pixel'] as const
export type Coordinates = (typeof coordinateNames)[number]

export interface Profile {
  /** How people call it; not part of the hash. */
  readonly name: string
  readonly prompts: Prompts
  /** How calls and answers are written. */
  readonly dialect: DialectName

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
  readonly crop: CropRule

  /** `strict`: exactly what the released loop accepts, less its expressions. `lenient`: whatever can be understood. */
  readonly parse: 'strict' | 'lenient'
  /** How the policy writes boxes: fractions of the source, thousandths of it, or pixels of the source's view. */
  readonly coordinates: Coordinates
  /** Which action counts when a turn holds both. */
  readonly callAndAnswer: 'call' | 'answer'
  /** Which `<answer>` of a finished search counts. */
  readonly answerPick: 'first' | 'last'
  /**
   * Where answers are read. `turns`: in each turn of a search that completed, trimmed. `joined`: as the released scorer does, in all
   * turns joined by one blank, as it stands, whatever limit ended the search.
   */
  readonly answerIn: 'turns' | 'joined'
  /** `official` labels an observation by its turn, `consistent` by the number under which it can be named. */
  readonly observationNumbering: 'official' | 'consistent'
  /** What a policy reads after a mistake: the released loop's laconic text or one that names the fix. */
  readonly errorText: 'official' | 'helpful'
}

/** The released loop's crops. */
const innerCrop: CropRule = { edges: 'inner', padding: 0, minSide: 1 }

const view = { kind: 'budget', minPixels: 40_000, maxPixels: 2_000_000, minSide: 28 } as const

/** What we believe is best for a VLM that follows instructions: lenient reading, smooth views, errors that name the fix. */
const defaultProfile: Profile = {
  name: 'default',
  prompts: defaultPrompts,
  dialect: 'grounding',
  maxTurns: 32,
  maxImages: null,
  contextLimit: null,
  contextReserve: 0,
  wallClockMs: null,
  firstView: { ...view, maxAspect: 200, resampler: 'lanczos3' },
  observationView: { ...view, maxAspect: 200, resampler: 'lanczos3' },
  crop: innerCrop,
  parse: 'lenient',
  coordinates: 'relative',
  callAndAnswer: 'call',
  answerPick: 'last',
  answerIn: 'turns',
  observationNumbering: 'consistent',
  errorText: 'helpful',
}

/** The released loop as its validation command runs it (reference 5), with this project's wording of the prompts. */
const officialProfile: Profile = {
  name: 'official',
  prompts: defaultPrompts,
  dialect: 'grounding',
  maxTurns: 12,
  maxImages: 12,
  contextLimit: 32_768,
  contextReserve: 2_000,
  wallClockMs: null,
  firstView: { ...view, maxAspect: null, resampler: 'lanczos3' },
  observationView: { ...view, maxAspect: 200, resampler: 'nearest' },
  crop: innerCrop,
  parse: 'strict',
  coordinates: 'relative',
  callAndAnswer: 'call',
  answerPick: 'first',
  answerIn: 'joined',
  observationNumbering: 'official',
  errorText: 'official',
}

/** The released loop with the turns of its training. */
const officialTrainProfile: Profile = { ...officialProfile, name: 'official-train', maxTurns: 6 }

/**
 * The released loop with room for 32 turns: 31 crops of full size hold 80,000 tokens, so pictures and context are raised too,
 * as far as the model's 128,000. How the published figure at 32 turns was taken is not known (reference 5.7).
 */
const official32Profile: Profile = {
  ...officialProfile,
  name: 'official-32',
  maxTurns: 32,
  maxImages: 32,
  contextLimit: 128_000,
}

/** The model alone: one turn, no tool, what searching has to beat. */
const directProfile: Profile = {
  ...defaultProfile,
  name: 'direct',
  prompts: directPrompts,
  dialect: 'answer-only',
  maxTurns: 1,
  maxImages: 1,
}

/** For any model that can call functions: the endpoint's own function calling, a zoom for each call. */
const toolsProfile: Profile = { ...defaultProfile, name: 'tools', prompts: toolsPrompts, dialect: 'tools' }

const qwenGrid = { kind: 'grid', cell: 28, resampler: 'bicubic' } as const

/** DeepEyes as its own evaluation runs it: boxes in pixels, crops of the original only, an answer beats a call. */
const deepeyesProfile: Profile = {
  ...defaultProfile,
  name: 'deepeyes',
  prompts: deepeyesPrompts,
  dialect: 'deepeyes',
  maxTurns: 11,
  firstView: { ...qwenGrid, minPixels: 4 * 28 * 28, maxPixels: 16_384 * 28 * 28 },
  observationView: { ...qwenGrid, minPixels: 4 * 28 * 28, maxPixels: 16_384 * 28 * 28 },
  crop: { edges: 'nearest', padding: 0, minSide: 1 },
  coordinates: 'pixel',
  callAndAnswer: 'answer',
  answerPick: 'first',
}

/** Pixel Reasoner as its own loop runs it: padded crops, pictures by number, four calls at most, a boxed answer. */
const pixelReasonerProfile: Profile = {
  ...defaultProfile,
  name: 'pixel-reasoner',
  prompts: pixelReasonerPrompts,
  dialect: 'pixel-reasoner',
  maxTurns: 5,
  maxImages: 16,
  contextLimit: 12_288,
  contextReserve: 200,
  firstView: { ...qwenGrid, minPixels: 512 * 28 * 28, maxPixels: 5_120 * 28 * 28 },
  observationView: { ...qwenGrid, minPixels: 256 * 28 * 28, maxPixels: 5_120 * 28 * 28 },
  crop: { edges: 'nearest', padding: 0.1, minSide: 29 },
  parse: 'strict',
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
  'official-train': officialTrainProfile,
  'official-32': official32Profile,
  direct: directProfile,
  tools: toolsProfile,
  deepeyes: deepeyesProfile,
  'pixel-reasoner': pixelReasonerProfile,
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

/** What a user may set in any profile. */
export interface ProfileChanges {
  /** The prompts are changed to say the same. */
  readonly coordinates?: Coordinates
  readonly maxImages?: number | null
  /** Of every view, that of the original included. */
  readonly maxPixels?: number
}

/** The profile with other settings, under its own name: its hash tells it apart. Throws `UserError` for a senseless limit. */
export function profileWith(profile: Profile, changes: ProfileChanges): Profile {
  const { coordinates = profile.coordinates, maxImages = profile.maxImages, maxPixels } = changes
  if (maxImages !== null && !(Number.isInteger(maxImages) && maxImages >= 1)) {
    throw new UserError('bad-max-images', `The picture limit has to be a whole number of at least 1, not ${maxImages}.`)
  }
  const system = profile.prompts.system.replace(coordinateWords[profile.coordinates], coordinateWords[coordinates])
  const viewOf = (rule: ViewRule): ViewRule => {
    const shown = coordinates === 'pixel' ? viewOnGrid(rule) : rule
    return maxPixels === undefined ? shown : viewWithin(shown, maxPixels)
  }
  const views = { firstView: viewOf(profile.firstView), observationView: viewOf(profile.observationView) }
  return { ...profile, ...views, prompts: { ...profile.prompts, system }, coordinates, maxImages }
}

/** Up to this many pixels the servers that shrink pictures by default (Ollama, DashScope) leave them alone. */
const unshrunkPixels = 1_280 * 28 * 28

/**
 * A view whose pixels are those that the model sees. Qwen's processor resizes a picture to its grid, and some servers shrink
 * it before: boxes in pixels would be those of another picture than the one that was sent.
 */
function viewOnGrid(rule: ViewRule): ViewRule {
  if (rule.kind !== 'budget') return rule
  const { minPixels, maxPixels, resampler } = rule
  return { ...qwenGrid, minPixels, maxPixels: Math.min(maxPixels, unshrunkPixels), resampler }
}

function viewWithin(rule: ViewRule, maxPixels: number): ViewRule {
  const least = rule.kind === 'exact' ? rule.width * rule.height : rule.minPixels
  if (rule.kind !== 'exact' && maxPixels >= least) return { ...rule, maxPixels }
  const own = rule.kind === 'exact' ? `always ${least}` : `at least ${least}`
  throw new UserError(
    'bad-max-pixels',
    `Views of this profile have ${own} pixels, so they cannot be held to ${maxPixels}.`,
  )
}

/** The side of the largest view of the small policy that has no more than so many pixels; see `embeddedProfileWith`. */
export function viewSideWithin(maxPixels: number): number {
  const { least, most, step } = viewSides
  const side = Math.min(most, Math.floor(Math.sqrt(maxPixels) / step) * step)
  if (side >= least) return side
  throw new UserError(
    'bad-max-pixels',
    `The smallest view of the embedded policy has ${least ** 2} pixels, not ${maxPixels}.`,
  )
}

const hashes = new WeakMap<Profile, string>()

/** Settings that came later; where they say what was always done they are left out, so that older scores keep their hash. */
const addedLater: Pick<Profile, 'dialect' | 'crop' | 'answerIn'> = {
  dialect: 'grounding',
  crop: innerCrop,
  answerIn: 'turns',
}

/** Hex SHA-256 of everything in the profile but its name. */
export function profileHash(profile: Profile): string {
  let hash = hashes.get(profile)
  if (hash === undefined) {
    const { name: _, ...rest } = profile
    const same = Object.entries(addedLater).filter(([key, value]) => {
      return canonicalJson(value) === canonicalJson(profile[key as keyof Profile])
    })
    hash = sha256(canonicalJson({ ...rest, ...Object.fromEntries(same.map(([key]) => [key, undefined])) }))
    hashes.set(profile, hash)
  }
  return hash
}
