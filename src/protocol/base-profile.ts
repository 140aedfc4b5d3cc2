/** The type of a profile, and the base that others are derived from. Pure. */
import { defaultPrompts } from './prompts.ts'
import type { Prompts } from './prompts.ts'
import type { ToolName } from './view-tools.ts'
import type { BoxUnit, CropRule, FlowRule, FrameRule, PictureRule, ViewRule } from './rules.ts'

export interface Profile {
  /** Name for people; not part of the hash. */
  readonly name: string
  readonly prompts: Prompts
  /** Name of the dialect, which defines how calls and answers are written. */
  readonly dialect: string
  /** Tools beside zoom; absent: none. */
  readonly tools?: readonly ToolName[]

  /** Turn limit of a search, including the answering turn. */
  readonly maxTurns: number
  /** The question states the turn limit. */
  readonly turnsTold?: true
  /** The message before the last turn asks for an answer. */
  readonly lastTurnAnswers?: true
  /** Picture limit of a search, including the original; null: no limit. */
  readonly maxImages: number | null
  /** Only questions about one picture are accepted, as in the original code. Checked before a search, so it is not part of the hash. */
  readonly onePicture?: true
  /** Token limit of a search, which ends when it reaches `contextLimit - contextReserve`; null: no limit. */
  readonly contextLimit: number | null
  readonly contextReserve: number
  /** Time limit of a search in milliseconds; null: no limit. A slower search has `failed`, which does not count against the policy. */
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
  /** Absent: crops are cut from the originals. */
  readonly frames?: FrameRule
  readonly flow: FlowRule

  /** `strict`: exactly what the released loop accepts, except expressions. `lenient`: everything that is unambiguous. */
  readonly parse: 'strict' | 'lenient'
  /** Unit of boxes: fractions or thousandths of the source, or pixels, usually of the source's view. */
  readonly coordinates: BoxUnit
  /** Which action counts if a turn contains both. */
  readonly callAndAnswer: 'call' | 'answer'
  /** Which `<answer>` of a finished search counts. */
  readonly answerPick: 'first' | 'last'
  /**
   * Where the answer is read. `turns`: in each turn, trimmed, only if the search completed. The others apply whatever ended the search:
   * `joined`: in all turns joined by a space, untrimmed, like the released scorer; `last`: the last answer of all turns; `last-reply`:
   * the answer in the last reply, otherwise the whole reply.
   */
  readonly answerIn: 'turns' | 'joined' | 'last' | 'last-reply'
  /** `official` labels an observation by its turn, `consistent` by the number that calls use. */
  readonly observationNumbering: 'official' | 'consistent'
  /** Error messages to the policy: the released loop's terse text, or one that names the fix. */
  readonly errorText: 'official' | 'helpful'
}

export const displayed: PictureRule = { reading: 'displayed', narrow: 'enlarged' }

/** Pictures are opened as Pillow does; narrow ones are enlarged. */
export const pillowPictures: PictureRule = { reading: 'pillow', narrow: 'enlarged' }

/** The crop rule of the released loop. */
export const innerCrop: CropRule = { edges: 'inner', padding: 0, minSide: 1 }

/** The flow rule of the released loop. */
export const releasedFlow: FlowRule = { mistake: 'told', silence: 'ends', cutAnswer: 'void', fullPrompt: 'refused' }

export const budgetView = { kind: 'budget', minPixels: 40_000, maxPixels: 2_000_000, minSide: 28 } as const

/** The base of our own profiles: lenient parsing, antialiased views, errors that name the fix. */
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

/** Qwen's image processor uses one token per cell. */
export const qwenGrid = { kind: 'grid', cell: 28, resampler: 'bicubic' } as const
