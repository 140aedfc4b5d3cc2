/** All profiles and dialects. A profile is readonly data with everything that affects a score, identified by its hash. Pure. */
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { entriesOf } from '../shared/fields.ts'
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

/** Dialects by name. */
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

/** View sides of the embedded policy in pixels: multiples of `step`, the side of one image token. */
export const viewSides = { least: 16, most: 256, step: 16, own: 64 } as const

/** The profile of the embedded policy: every view is a square, and every message is a fixed part of its vocabulary. */
const embeddedProfile: Profile = {
  ...baseProfile,
  name: 'embedded',
  prompts: embeddedPrompts,
  // The vocabulary has tokens for 64 observations besides the original.
  maxImages: 65,
  onePicture: true,
  firstView: squareView(viewSides.own),
  observationView: squareView(viewSides.own),
  parse: 'strict',
}

/** The fraction of a picture whose multiples are all edges that a policy under the profile can read; undefined: it reads any. */
export function boxStepOf({ name }: Pick<Profile, 'name'>): number | undefined {
  return name === embeddedProfile.name ? 1 / 16 : undefined
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

/** The budget of the embedded policy: smaller views leave room for more turns within a context. */
export interface EmbeddedBudget {
  /** Side of every view in pixels. */
  readonly viewSide: number
  /** Token limit of a search, counted as an append-only chat; null: no limit. */
  readonly contextLimit: number | null
}

/** The profile of the embedded policy with another budget. Throws `UserError` for an invalid view side. */
export function embeddedProfileWith({ viewSide, contextLimit }: EmbeddedBudget): Profile {
  const { least, most, step } = viewSides
  if (viewSide % step !== 0 || viewSide < least || viewSide > most) {
    const near = Math.min(most, Math.max(least, Math.round(viewSide / step) * step))
    throw new UserError(
      'bad-view-side',
      `A view's side has to be a multiple of ${step} from ${least} to ${most} pixels, not ${viewSide}. Use ${near}.`,
    )
  }
  const rule = squareView(viewSide)
  return { ...embeddedProfile, firstView: rule, observationView: rule, contextLimit }
}

/** Settings that a user may change in any profile. */
export interface ProfileChanges {
  /** The prompts are adjusted accordingly. */
  readonly coordinates?: Coordinates | undefined
  readonly maxImages?: number | null | undefined
  /** Applies to every view, including that of the original. */
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
      `The profile "${profile.name}" has no tools beside its zoom. Use one of ${able.map(({ name }) => name).join(', ')}.`,
    )
  }
  return added(
    profile,
    toolNames.filter((name) => wanted.includes(name)),
  )
}

/** Servers that shrink pictures by default (Ollama, DashScope) do not shrink pictures up to this many pixels. */
const unshrunkPixels = 1_280 * 28 * 28

/**
 * A view whose pixels are those that the model sees. Qwen's processor resizes pictures to its grid, and some servers shrink them
 * before: boxes in pixels would then refer to a picture of another size.
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
    `Views of this profile have ${own} pixels, so they cannot be limited to ${maxPixels}.`,
  )
}

/** The largest view side of the embedded policy with at most this many pixels; see `embeddedProfileWith`. */
export function viewSideWithin(maxPixels: number): number {
  const { least, most, step } = viewSides
  const side = Math.min(most, Math.floor(Math.sqrt(maxPixels) / step) * step)
  if (side >= least) return side
  throw new UserError(
    'bad-max-pixels',
    `The smallest view of the embedded policy has ${least ** 2} pixels, not ${maxPixels}.`,
  )
}

/** Profiles never change, and a hash goes when its profile does. */
const hashes = new WeakMap<Profile, string>()

/** Settings added later, with the values that correspond to the earlier behaviour: these are left out of the hash, so that older scores keep theirs. */
const addedLater: Pick<Profile, 'dialect' | 'pictures' | 'crop' | 'flow' | 'answerIn'> = {
  dialect: 'grounding',
  pictures: displayed,
  crop: innerCrop,
  flow: releasedFlow,
  answerIn: 'turns',
}

/** Hex SHA-256 of everything in the profile that affects a score. */
export function profileHash(profile: Profile): string {
  let hash = hashes.get(profile)
  if (hash === undefined) {
    const { name: _name, onePicture: _onePicture, ...rest } = profile
    const same = entriesOf(addedLater).filter(([key, value]) => {
      return canonicalJson(value) === canonicalJson(profile[key])
    })
    hash = sha256(canonicalJson({ ...rest, ...Object.fromEntries(same.map(([key]) => [key, undefined])) }))
    hashes.set(profile, hash)
  }
  return hash
}
