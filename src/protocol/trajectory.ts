/** A trajectory: one whole search as versioned data, validated when read, with pictures by hash only. Pure. */
import { z } from 'zod'
import type { PixelBrand, RelativeBrand } from './box.ts'
import { ends } from './end.ts'
import { levels } from './problem.ts'
import { pictureReadings } from './rules.ts'
import { turnErrorCodes } from './turn-error.ts'
import { turnRecordShape, unfinishedSchema } from './turn-record.ts'

export { answeredBeyondLimit, completed, ends } from './end.ts'
export type { End } from './end.ts'

export const trajectoryVersion = 1

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/)
const sizeSchema = z.int().positive()
const countSchema = z.int().nonnegative()
const pixelBoxSchema = z
  .tuple([z.int(), z.int(), z.int(), z.int()])
  .describe('[x0, y0, x1, y1] in pixels, right and bottom exclusive')
  .readonly()
  .brand<PixelBrand>()
const relativeBoxSchema = z
  .tuple([z.number(), z.number(), z.number(), z.number()])
  .describe('[x0, y0, x1, y1] as fractions of the source')
  .readonly()
  .brand<RelativeBrand>()

const problemSchema = z
  .strictObject({
    docId: z.string(),
    dataSource: z.string(),
    question: z.string(),
    answer: z.string().exactOptional(),
    level: z.enum(levels).exactOptional(),
    choices: z.array(z.string()).readonly().exactOptional(),
    alternatives: z.array(z.string()).readonly().exactOptional(),
    grading: z
      .strictObject({ name: z.string(), rule: z.string(), question: z.string().exactOptional() })
      .readonly()
      .exactOptional()
      .describe('how an LLM judge grades the answer'),
    targetBoxRel: relativeBoxSchema.exactOptional(),
    targetBoxesRel: z.array(relativeBoxSchema).readonly().exactOptional(),
  })
  .readonly()

const usageSchema = z
  .strictObject({
    promptTokens: countSchema.describe('what was new to the session, pictures included'),
    imageTokens: countSchema.describe('of a model behind a server an estimate, by the grid of Qwen2.5-VL'),
    replyTokens: countSchema,
    cachedTokens: countSchema
      .exactOptional()
      .describe('of the whole prompt of the request, what the server says that it had kept'),
    thinkingTokens: countSchema.exactOptional().describe('of the reply, what the server counts as thinking'),
  })
  .readonly()

const useSchema = z
  .discriminatedUnion('tool', [
    z.strictObject({
      tool: z.literal('rotate'),
      degrees: z.literal([90, 180, 270]).describe('counter-clockwise'),
    }),
    z.strictObject({
      tool: z.literal('flip'),
      axis: z.enum(['horizontal', 'vertical']).describe('`horizontal` swaps left and right'),
    }),
    z.strictObject({ tool: z.enum(['contrast', 'enlarge']), factor: z.number().positive() }),
  ])
  .readonly()

const actionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('grounding'), boxRel: relativeBoxSchema, source: z.string() }).readonly(),
  z.strictObject({ kind: z.literal('tool'), use: useSchema, source: z.string() }).readonly(),
  z
    .strictObject({
      kind: z.literal('answer'),
      text: z.string(),
      plain: z
        .literal(true)
        .exactOptional()
        .describe('the reply marked no answer: all of its plain prose was taken for one'),
    })
    .readonly(),
])

const turnSchema = z
  .strictObject({
    text: z.string().describe('the reply as it came, with native calls behind it as text'),
    thinking: z
      .string()
      .exactOptional()
      .describe('what the server gave as thinking in a field of its own; never read for an action'),
    finish: z.enum(['stop', 'length']),
    thought: z.string().exactOptional(),
    action: actionSchema.exactOptional(),
    error: z
      .strictObject({ code: z.enum(turnErrorCodes), error: z.string() })
      .readonly()
      .exactOptional()
      .describe('the mistake that was fed back, or that ended the search'),
    observation: countSchema.exactOptional().describe('index of the observation that this turn brought back'),
    byHand: z
      .array(z.enum(['box', 'thought']))
      .min(1)
      .readonly()
      .exactOptional()
      .describe('what a person wrote in place of the policy; the usage is that of the turn before the change'),
    returned: z
      .string()
      .exactOptional()
      .describe('in a log of another program: the text that came back, besides pictures'),
    usage: usageSchema,
    ms: z.number().nonnegative(),
    ...turnRecordShape,
  })
  .readonly()

const observationSchema = z
  .strictObject({
    index: countSchema.describe('the original pictures come first, from 0 on, and the crops behind them'),
    parent: countSchema.nullable().describe('index of the source; null for an original picture'),
    boxPx: pixelBoxSchema.describe('in pixels of the source'),
    askedPx: pixelBoxSchema
      .exactOptional()
      .describe('the box that was cut, where it reached beyond the source or was one of a resized picture of it'),
    made: useSchema
      .exactOptional()
      .describe('the tool that shows all of the source in another way; absent: it is a crop, or an original'),
    boxInOriginalPx: pixelBoxSchema.describe('in pixels of the original picture that it is a part of'),
    view: z.strictObject({ width: sizeSchema, height: sizeSchema }).readonly(),
  })
  .readonly()

const pictureSchema = z
  .strictObject({
    sha256: sha256Schema.describe('of the file, or of the scene'),
    width: sizeSchema,
    height: sizeSchema,
    reading: z
      .enum(pictureReadings)
      .exactOptional()
      .describe('how the file was read, which decides its orientation and colours; default `displayed`'),
  })
  .readonly()

const verdictSchema = z
  .strictObject({
    kind: z.enum(['correct', 'wrong', 'unjudged']),
    reason: z.string(),
    score: z
      .number()
      .min(0)
      .max(1)
      .exactOptional()
      .describe('of judges that give part of a point: how much of it; then `correct` is any score above 0'),
  })
  .readonly()

/** What a fork may change. */
const forkChanges = ['box', 'thought', 'policy', 'profile', 'seed'] as const

const parentSchema = z
  .strictObject({
    run: z
      .string()
      .exactOptional()
      .describe(
        'name of the run folder of the parent, or `<run>/forks` if it is a fork itself; absent if it was not stored',
      ),
    sampleIndex: countSchema.describe('of the parent, as are `ask` and `step`; the problem is the same'),
    ask: countSchema.exactOptional(),
    step: sizeSchema.exactOptional(),
    policy: z.string().describe('of the parent: it took the turns before `turn`'),
    turn: sizeSchema.describe('the first turn that departs from the parent: changed by hand, or taken anew'),
    changed: z.array(z.enum(forkChanges)).readonly(),
  })
  .readonly()

export const failureSchema = z
  .strictObject({
    code: z.string(),
    message: z.string(),
    times: z
      .int()
      .positive()
      .exactOptional()
      .describe('how often the server refused this search in these words; default 1'),
  })
  .readonly()

export const trajectorySchema = z
  .strictObject({
    version: z.literal(trajectoryVersion),
    problem: problemSchema,
    picture: pictureSchema,
    furtherPictures: z
      .array(pictureSchema)
      .min(1)
      .readonly()
      .exactOptional()
      .describe('of a question about several pictures all but the first; boxes of targets are of the first'),
    policy: z.string(),
    profile: z.strictObject({ name: z.string(), sha256: sha256Schema }).readonly(),
    maxTurns: sizeSchema,
    seed: z.int(),
    sampleIndex: countSchema,
    ask: countSchema.exactOptional().describe('on a server: the number of the ask, which its samples share'),
    parent: parentSchema.exactOptional().describe('for a fork: the search that it departs from'),
    turns: z.array(turnSchema).readonly(),
    observations: z.array(observationSchema).readonly(),
    end: z.enum(ends),
    answer: z
      .string()
      .nullable()
      .describe('beside an end at a limit: answered beyond the limit, which `official` counts'),
    failure: failureSchema.exactOptional().describe('why a search failed'),
    unfinished: unfinishedSchema.exactOptional().describe('the turn that failed, if it got no reply'),
    usage: usageSchema.describe('sums over the turns'),
    ms: z.number().nonnegative(),
    startedMs: z.number().nonnegative().exactOptional().describe('when it began, in milliseconds since 1970'),
    verdict: verdictSchema.exactOptional(),
    imported: z
      .strictObject({
        from: z.string().describe('the program that wrote the log'),
        before: z
          .string()
          .exactOptional()
          .describe('what the model was told besides the question, such as a system message'),
        facts: z.string().exactOptional().describe('what else the log says about the search, as JSON'),
        notes: z.array(z.string()).readonly().exactOptional().describe('what could not be shown'),
      })
      .readonly()
      .exactOptional()
      .describe('of a search read from a log of another program'),
    reward: z
      .strictObject({ total: z.number(), parts: z.record(z.string(), z.number()).readonly() })
      .readonly()
      .exactOptional(),
  })
  .readonly()

export type Trajectory = z.infer<typeof trajectorySchema>
export type Failure = z.infer<typeof failureSchema>
export type Turn = z.infer<typeof turnSchema>
export type Observation = z.infer<typeof observationSchema>
export type Parent = z.infer<typeof parentSchema>
export type ForkChange = (typeof forkChanges)[number]
export type Action = z.infer<typeof actionSchema>
export type Verdict = z.infer<typeof verdictSchema>

/** Whether the answer is a reply in plain prose. */
export function answeredPlainly({ turns }: Pick<Trajectory, 'turns'>): boolean {
  const action = turns.at(-1)?.action
  return action?.kind === 'answer' && action.plain === true
}

/** The JSON Schema of a stored trajectory. */
export function trajectoryJsonSchema(): object {
  return z.toJSONSchema(trajectorySchema)
}
