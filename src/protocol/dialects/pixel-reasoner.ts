/**
 * Pixel Reasoner (arXiv 2505.15966): a turn that ends with a `<tool_call>` of `crop_image_normalized` zooms into a picture given by its number
 * from 1; any other turn answers in `\boxed{}`. The prompts are this project's own wording. Pure.
 */
import { baseProfile, pillowPictures, qwenGrid } from '../base-profile.ts'
import type { Profile } from '../base-profile.ts'
import { coordinateWords } from '../prompts.ts'
import type { Prompts } from '../prompts.ts'
import { lastOf, own } from '../../shared/known.ts'
import { callEnd, callStart, toolArguments } from './tool-call.ts'
import { originalSource, sourceAt } from '../source.ts'
import type { TextSpan } from '../thinking-marks.ts'
import { pick, thoughtBefore, writtenBox } from './written-turn.ts'
import { partsBy } from './turn-parts.ts'
import type { Dialect, WrittenCall } from './dialect.ts'

const name = 'crop_image_normalized'
const marks = /<\/?(?:think|tool_call)>|\\?boxed\{/i

export const pixelReasoner: Dialect = {
  stop: [],
  callForm: `<tool_call>{"name": "${name}", "arguments": {"bbox_2d": [x0, y0, x1, y1], "target_image": 1}}</tool_call>`,
  thought: (text) => thoughtBefore(text, marks),
  call: (text, rules) => {
    if (!(rules.parse === 'strict' ? text : text.trimEnd()).endsWith(callEnd)) return undefined
    const values = toolArguments(text, 'last', name, rules)
    const number = values && own(values, 'target_image')
    if (values === undefined) return 'unreadable'
    if (rules.parse === 'strict') return firstFour(writtenBox(values, sourceIndexed(number))) ?? 'unreadable'
    return (isCount(number) ? writtenBox(values, sourceAt(number - 1)) : undefined) ?? 'unreadable'
  },
  answer: (text, { answerPick }) => pick(boxedAnswers(text), answerPick),
  answers: boxedAnswers,
  parts: partsBy({
    marks,
    call: { opens: [callStart], close: callEnd, which: 'last', atEnd: true, source: 'target_image' },
    answers: boxedSpans,
  }),
}

/** Indexes pictures like its loop (Python): indices below the first give the original, and `true` is 1. */
function sourceIndexed(number: unknown): string | undefined {
  const index = number === true ? 1 : number === false ? 0 : number
  if (index === 0) return originalSource
  return isCount(index) ? sourceAt(index - 1) : undefined
}

/** Its loop only reads the first four numbers. */
function firstFour(call: WrittenCall | undefined): WrittenCall | undefined {
  if (call === undefined || !Array.isArray(call.bbox)) return call
  return { ...call, bbox: call.bbox.slice(0, 4).map((part) => (typeof part === 'boolean' ? Number(part) : part)) }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

/** The trimmed content of every outermost `\boxed{}` with balanced braces. Its scorer does not require the backslash. */
function boxedAnswers(text: string): string[] {
  return boxedSpans(text).map(({ start, end }) => text.slice(start, end).trim())
}

function boxedSpans(text: string): TextSpan[] {
  const boxes: TextSpan[] = []
  /** Start of the content of each open brace, -1 if it does not belong to a box. */
  const open: number[] = []
  for (const { 0: brace, index } of text.matchAll(/\\?boxed\{|[{}]/g)) {
    if (brace !== '}') {
      open.push(brace === '{' ? -1 : index + brace.length)
      continue
    }
    const start = open.pop() ?? -1
    if (start < 0) continue
    while (boxes.length > 0 && lastOf(boxes).start > start) boxes.pop()
    boxes.push({ start, end: index })
  }
  return boxes
}

const declared = {
  type: 'function',
  function: {
    name,
    description: 'Shows a region of one of the pictures enlarged.',
    parameters: {
      type: 'object',
      properties: {
        bbox_2d: {
          type: 'array',
          items: { type: 'number' },
          description: 'The region as [x0, y0, x1, y1]: its top-left and its bottom-right corner.',
        },
        target_image: {
          type: 'number',
          description: 'The picture by its number: 1 is the original, 2 the first crop, and so on.',
        },
      },
      required: ['bbox_2d', 'target_image'],
    },
  },
}

const pixelReasonerPrompts: Prompts = {
  system: [
    'You answer questions about a picture. You may call this function:',
    `<tools>\n${JSON.stringify(declared)}\n</tools>`,
    `A call is a JSON object between <tool_call> and </tool_call>, with corners ${coordinateWords.relative}:`,
    `<tool_call>\n{"name": "${name}", "arguments": {"bbox_2d": [x0, y0, x1, y1], "target_image": 1}}\n</tool_call>`,
  ].join('\n'),
  question:
    '<image>\n{question}\n\nLook at what the picture shows and decide whether a crop would help. Reason step by step, and put ' +
    'your final answer within \\boxed{}.',
  observation: 'This is the crop:\n<image>',
  error: 'Execution error:\n{error}',
}

/** The protocol of Pixel Reasoner with crops of the original and boxes in fractions only. */
export const pixelReasonerLenientProfile: Profile = {
  ...baseProfile,
  name: 'pixel-reasoner-lenient',
  prompts: pixelReasonerPrompts,
  dialect: 'pixel-reasoner',
  maxTurns: 5,
  maxImages: 16,
  onePicture: true,
  contextLimit: 12_288,
  contextReserve: 200,
  firstView: { ...qwenGrid, minPixels: 512 * 28 * 28, maxPixels: 5_120 * 28 * 28 },
  observationView: { ...qwenGrid, minPixels: 256 * 28 * 28, maxPixels: 5_120 * 28 * 28 },
  crop: { edges: 'nearest', padding: 0.1, minSide: 29 },
}

/**
 * Pixel Reasoner as in its own evaluation code: padded crops of resized pictures, which the engine resizes again; at most four calls; the
 * last boxed answer of all replies counts, whatever ended the search.
 */
export const pixelReasonerProfile: Profile = {
  ...pixelReasonerLenientProfile,
  name: 'pixel-reasoner',
  pictures: pillowPictures,
  // The original stops above 12,088 tokens.
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
