/** The profiles and dialects that there are; a profile is readonly data that holds everything that changes a score, hashed with it. Pure. */
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { baseProfile, displayed, innerCrop, qwenGrid, releasedFlow } from './base-profile.ts'
import type { Profile } from './base-profile.ts'
import { answerOnly, directProfile } from './dialects/answer-only.ts'
import { deepeyes, deepeyesLenientProfile, deepeyesProfile } from './dialects/deepeyes.ts'
import type { Dialect } from './dialects/dialect.ts'
import {
  defaultProfile,
  grounding,
  official32Profile,
  officialProfile,
  officialTrainProfile,
} from './dialects/grounding.ts'
import { pixelReasoner, pixelReasonerLenientProfile, pixelReasonerProfile } from './dialects/pixel-reasoner.ts'
import { qwen35, qwen35Profile } from './dialects/qwen3.5.ts'
import { qwen3Vl, qwen3VlProfile } from './dialects/qwen3-vl.ts'
import { tools, toolsProfile } from './dialects/tools.ts'
import { coordinateWords, embeddedPrompts } from './prompts.ts'
import type { Coordinates, ViewRule } from './rules.ts'
import { toolNames } from './view-tools.ts'
import type { ToolName } from './view-tools.ts'

export type { Profile } from './base-profile.ts'
export { coordinateNames } from './rules.ts'
export type { BoxUnit, Coordinates, Resampler, ViewRule } from './rules.ts'

/** How policies write their calls and answers, by the names that profiles give. */
const dialects: Readonly<Record<string, Dialect>> = {
  grounding,
  deepeyes,
  'pixel-reasoner': pixelReasoner,
  tools,
  'qwen3-vl': qwen3Vl,
  'qwen3.5': qwen35,
  'answer-only': answerOnly,
}

export function dialectOf({ dialect }: Pick<Profile, 'dialect'>): Dialect {
  const found = Object.hasOwn(dialects, dialect) ? dialects[dialect] : undefined
  if (found === undefined) throw new Error(`there is no dialect ${dialect}`)
  return found
}

/** The declarations of the functions that a policy under the profile may call natively; undefined: its calls are text. */
export function functionsOf(profile: Pick<Profile, 'dialect' | 'tools'>): readonly object[] | undefined {
  return dialectOf(profile).functions?.(profile.tools)
}

/** Pixels a side of the views that the small policy can be sent: multiples of `step`, one image token each way. */
export const viewSides = { least: 16, most: 256, step: 16, own: 64 } as const

/** The small policy that ships: every view is a square, and every message is a fixed piece of its vocabulary. */
const embeddedProfile: Profile = {
  ...baseProfile,
  name: 'embedded',
  prompts: embeddedPrompts,
  // The policy has words for 64 observations beside the original.
  maxImages: 65,
  onePicture: true,
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
  'qwen3-vl': qwen3VlProfile,
  'qwen3.5': qwen35Profile,
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
  readonly coordinates?: Coordinates | undefined
  readonly maxImages?: number | null | undefined
  /** Of every view, that of the original included. */
  readonly maxPixels?: number | undefined
  readonly turnsTold?: boolean | undefined
  readonly lastTurnAnswers?: boolean | undefined
  readonly tools?: readonly ToolName[] | undefined
}

/** The profile with other settings, under its own name: its hash tells it apart. Throws `UserError` for a senseless limit, and for tools that it cannot have. */
export function profileWith(before: Profile, changes: ProfileChanges): Profile {
  const profile = changes.tools === undefined ? before : withTools(before, changes.tools)
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
  return {
    ...profile,
    ...views,
    prompts: { ...profile.prompts, system },
    coordinates,
    maxImages,
    ...(changes.turnsTold && { turnsTold: true }),
    ...(changes.lastTurnAnswers && { lastTurnAnswers: true }),
  }
}

/** In one order, so that the hash is the same. */
function withTools(profile: Profile, wanted: readonly ToolName[]): Profile {
  const added = dialectOf(profile).withTools
  if (added === undefined || profile.parse === 'strict') {
    const able = Object.values<Profile>(profiles).filter((one) => one.parse === 'lenient' && dialectOf(one).withTools)
    throw new UserError(
      'tools-not-for-profile',
      `The profile "${profile.name}" has no tools beside its zoom. Take one of ${able.map(({ name }) => name).join(', ')}.`,
    )
  }
  return added(
    profile,
    toolNames.filter((name) => wanted.includes(name)),
  )
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

/** Hex SHA-256 of everything in the profile that decides a score. */
export function profileHash(profile: Profile): string {
  let hash = hashes.get(profile)
  if (hash === undefined) {
    const { name: _name, onePicture: _onePicture, ...rest } = profile
    const same = Object.entries(addedLater).filter(([key, value]) => {
      return canonicalJson(value) === canonicalJson(profile[key as keyof Profile])
    })
    hash = sha256(canonicalJson({ ...rest, ...Object.fromEntries(same.map(([key]) => [key, undefined])) }))
    hashes.set(profile, hash)
  }
  return hash
}
