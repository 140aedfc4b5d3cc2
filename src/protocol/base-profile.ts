/** What a profile is, and the one that others are made of. Pure. */
import { defaultPrompts } from './prompts.ts'
import type { Prompts } from './prompts.ts'
import type { ToolName } from './view-tools.ts'
import type { BoxUnit, CropRule, FlowRule, FrameRule, PictureRule, ViewRule } from './rules.ts'

export interface Profile {
  /** How people call it; not part of the hash. */
  readonly name: string
  readonly prompts: Prompts
  /** How calls and answers are written. */
  readonly dialect: string
  /** Tools beside zoom; absent: none. */
  readonly tools?: readonly ToolName[]

  /** Turns of one search, the answering one included. */
  readonly maxTurns: number
  /** The question says how many turns there are. */
  readonly turnsTold?: true
  /** In the last turn the policy is told to answer. */
  readonly lastTurnAnswers?: true
  /** Pictures of one search, the original included; null: no limit. */
  readonly maxImages: number | null
  /** A question has one picture, as in the loop's own code: others are refused before a search, so the hash does without it. */
  readonly onePicture?: true
  /** Tokens of one search; it ends when it reaches `contextLimit - contextReserve`. null: no limit. */
  readonly contextLimit: number | null
  readonly contextReserve: number
  /** Milliseconds of one search; null: no limit. A search that takes longer has `failed`: slowness is no fault of a policy. */
  readonly wallClockMs: number | null

  readonly pictures: PictureRule
  readonly firstView: ViewRule
  readonly observationView: ViewRule
  readonly crop: CropRule
  /**
   * `originals`: a policy names no crops, and what it takes for one is the original; `counted`: all pictures that were shown are
   * numbered as if they were originals; absent: any picture that was shown, by its name.
   */
  readonly sources?: 'originals' | 'counted'
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

export const displayed: PictureRule = { reading: 'displayed', narrow: 'enlarged' }

/** As loaders in Python open pictures; narrow ones are enlarged. */
export const pillowPictures: PictureRule = { reading: 'pillow', narrow: 'enlarged' }

/** The released loop's crops. */
export const innerCrop: CropRule = { edges: 'inner', padding: 0, minSide: 1 }

/** The released loop's flow (reference 5.7). */
export const releasedFlow: FlowRule = { mistake: 'told', silence: 'ends', cutAnswer: 'void', fullPrompt: 'refused' }

export const budgetView = { kind: 'budget', minPixels: 40_000, maxPixels: 2_000_000, minSide: 28 } as const

/** What our own profiles are made of: lenient reading, smooth views, errors that name the fix. */
export const baseProfile: Profile = {
  name: 'base',
  prompts: defaultPrompts,
  dialect: 'grounding',
  maxTurns: 32,
  maxImages: null,
  contextLimit: null,
  contextReserve: 0,
  wallClockMs: null,
  pictures: displayed,
  firstView: { ...budgetView, maxAspect: 200, resampler: 'lanczos3' },
  observationView: { ...budgetView, maxAspect: 200, resampler: 'lanczos3' },
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

/** Qwen's processor counts an image token by the cell. */
export const qwenGrid = { kind: 'grid', cell: 28, resampler: 'bicubic' } as const
