/** A Profile is readonly data that holds everything that changes a score; it is printed and hashed with every score. Pure. */
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { directPrompts } from './dialects/answer-only.ts'
import { deepeyesLenientPrompts, deepeyesPrompts } from './dialects/deepeyes.ts'
import type { DialectName } from './dialects/dialect.ts'
import { pixelReasonerPrompts } from './dialects/pixel-reasoner.ts'
import { toolsPrompts } from './dialects/tools.ts'
import { coordinateWords, defaultPrompts, embeddedPrompts } from './prompts.ts'
import type { Prompts } from './prompts.ts'
import type { BoxUnit, Coordinates, CropRule, FlowRule, FrameRule, PictureRule, ViewRule } from './rules.ts'

export { coordinateNames } from './rules.ts'
export type { BoxUnit, Coordinates, Resampler, ViewRule } from './rules.ts'

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

  readonly pictures: PictureRule
  readonly firstView: ViewRule
  readonly observationView: ViewRule
  readonly crop: CropRule
  /** Absent: boxes are cut from the originals. */
  readonly frames?: FrameRule
  readonly flow: FlowRule

  /** `strict`: exactly what the released loop accepts, less its expressions. `lenient`: whatever can be understood. */
  readonly parse: 'strict' | 'lenient'
  /** How the policy writes boxes: fractions of the source, thousandths of it, or pixels, mostly of the source's view. */
  readonly coordinates: BoxUnit
  /** Which action counts when a turn holds both. */
  readonly callAndAnswer: 'call' | 'answer'
  /** Which `<answer>` of a finished search counts. */
  readonly answerPick: 'first' | 'last'
  /**
   * Where answers are read. `turns`: in each turn of a search that completed, trimmed; the others whatever ended the search. `joined`:
   * as the released scorer does, in all turns joined by one blank, as it stands. `last`: the last one of all turns. `last-reply`: that
   * of the last reply, or else the whole reply.
   */
  readonly answerIn: 'turns' | 'joined' | 'last' | 'last-reply'
  /** `official` labels an observation by its turn, `consistent` by the number under which it can be named. */
  readonly observationNumbering: 'official' | 'consistent'
  /** What a policy reads after a mistake: the released loop's laconic text or one that names the fix. */
  readonly errorText: 'official' | 'helpful'
}

const displayed: PictureRule = { reading: 'displayed', narrow: 'enlarged' }

/** The released loop's crops. */
const innerCrop: CropRule = { edges: 'inner', padding: 0, minSide: 1 }

/** The released loop's flow (reference 5.7). */
const releasedFlow: FlowRule = { mistake: 'told', silence: 'ends', cutAnswer: 'void', fullPrompt: 'refused' }

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
  pictures: displayed,
  firstView: { ...view, maxAspect: 200, resampler: 'lanczos3' },
  observationView: { ...view, maxAspect: 200, resampler: 'lanczos3' },
  crop: innerCrop,
  flow: releasedFlow,
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
  pictures: { reading: 'pillow', narrow: 'skipped' },
  firstView: { ...view, maxAspect: null, resampler: 'lanczos3' },
  observationView: { ...view, maxAspect: 200, resampler: 'nearest' },
  crop: innerCrop,
  flow: releasedFlow,
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

const deepeyesView: ViewRule = { ...qwenGrid, minPixels: 4 * 28 * 28, maxPixels: 16_384 * 28 * 28 }

/** The protocol of DeepEyes, read leniently: boxes in pixels of the view, cut off at the edges, and mistakes are told. */
const deepeyesLenientProfile: Profile = {
  ...defaultProfile,
  name: 'deepeyes-lenient',
  prompts: deepeyesLenientPrompts,
  dialect: 'deepeyes',
  maxTurns: 11,
  firstView: deepeyesView,
  observationView: deepeyesView,
  crop: { edges: 'nearest', padding: 0, minSide: 1 },
  coordinates: 'pixel',
  callAndAnswer: 'answer',
  answerPick: 'first',
}

/**
 * DeepEyes as its own evaluation runs it: boxes in pixels of the file, black beyond its edges; a mistake ends the search, silence is
 * asked again, and the last reply is the answer, whole where it marks none.
 */
const deepeyesProfile: Profile = {
  ...deepeyesLenientProfile,
  name: 'deepeyes',
  prompts: deepeyesPrompts,
  crop: { edges: 'beyond', padding: 0, minSide: 1 },
  flow: { mistake: 'ends', silence: 'asked-again', cutAnswer: 'answered', fullPrompt: 'refused' },
  parse: 'strict',
  coordinates: 'file',
  answerIn: 'last-reply',
}

/** The protocol of Pixel Reasoner with crops of the original's pixels and boxes in fractions alone. */
const pixelReasonerLenientProfile: Profile = {
  ...defaultProfile,
  name: 'pixel-reasoner-lenient',
  prompts: pixelReasonerPrompts,
  dialect: 'pixel-reasoner',
  maxTurns: 5,
  maxImages: 16,
  contextLimit: 12_288,
  contextReserve: 200,
  firstView: { ...qwenGrid, minPixels: 512 * 28 * 28, maxPixels: 5_120 * 28 * 28 },
  observationView: { ...qwenGrid, minPixels: 256 * 28 * 28, maxPixels: 5_120 * 28 * 28 },
  crop: { edges: 'nearest', padding: 0.1, minSide: 29 },
}

/**
 * Pixel Reasoner as its own evaluation runs it: padded crops of resized pictures, which the engine resizes once more; four calls at
 * most; and the last boxed answer of all replies counts, whatever ended the search.
 */
const pixelReasonerProfile: Profile = {
  ...pixelReasonerLenientProfile,
  name: 'pixel-reasoner',
  // Its bound is passed with more than 12,088 tokens.
  contextReserve: 199,
  observationView: pixelReasonerLenientProfile.firstView,
  crop: { edges: 'even', padding: 0.1, minSide: 29 },
  frames: {
    first: { ...qwenGrid, minPixels: 256 * 28 * 28, maxPixels: 8_000 * 28 * 28 },
    observation: { ...qwenGrid, minPixels: 256 * 28 * 28, maxPixels: 5_120 * 28 * 28 },
  },
  flow: { mistake: 'told', silence: 'ends', cutAnswer: 'answered', fullPrompt: 'counts' },
  parse: 'strict',
  coordinates: 'mixed',
  answerIn: 'last',
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
  'deepeyes-lenient': deepeyesLenientProfile,
  'pixel-reasoner': pixelReasonerProfile,
  'pixel-reasoner-lenient': pixelReasonerLenientProfile,
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
const addedLater: Pick<Profile, 'dialect' | 'pictures' | 'crop' | 'flow' | 'answerIn'> = {
  dialect: 'grounding',
  pictures: displayed,
  crop: innerCrop,
  flow: releasedFlow,
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
