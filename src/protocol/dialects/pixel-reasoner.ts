/**
 * Pixel Reasoner (reference 9): a turn that ends with a `<tool_call>` of `crop_image_normalized` calls, on a picture given by its
 * number from 1; any other turn answers in `\boxed{}`. The wording is this project's own. Pure.
 */
import { coordinateWords } from '../prompts.ts'
import type { Prompts } from '../prompts.ts'
import { callEnd, own, sourceNumbered, toolArguments, writtenBox } from './tool-call.ts'
import { originalSource, pick, thoughtBefore } from './written-turn.ts'
import type { Dialect, WrittenCall } from './written-turn.ts'

const name = 'crop_image_normalized'
const marks = /<\/?(?:think|tool_call)>|\\boxed\{/

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
    return (isCount(number) ? writtenBox(values, sourceNumbered(number)) : undefined) ?? 'unreadable'
  },
  answer: (text, { answerPick }) => pick(boxedAnswers(text), answerPick),
  answers: boxedAnswers,
}

/** As its loop indexes the pictures that it keeps: those before the first are the original, and `true` is 1. */
function sourceIndexed(number: unknown): string | undefined {
  const index = number === true ? 1 : number === false ? 0 : number
  if (index === 0) return originalSource
  return isCount(index) ? sourceNumbered(index) : undefined
}

/** Its loop looks at no more numbers than four. */
function firstFour(call: WrittenCall | undefined): WrittenCall | undefined {
  if (call === undefined || !Array.isArray(call.bbox)) return call
  return { ...call, bbox: call.bbox.slice(0, 4).map((part) => (typeof part === 'boolean' ? Number(part) : part)) }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

/** What stands in every outermost `\boxed{}` whose braces are balanced, trimmed. */
function boxedAnswers(text: string): string[] {
  const boxes: { readonly start: number; readonly end: number }[] = []
  /** Where the content of each open brace starts, -1 for one that is no box. */
  const open: number[] = []
  for (const { 0: brace, index } of text.matchAll(/\\boxed\{|[{}]/g)) {
    if (brace !== '}') {
      open.push(brace === '{' ? -1 : index + brace.length)
      continue
    }
    const start = open.pop() ?? -1
    if (start < 0) continue
    while (boxes.length > 0 && boxes.at(-1)!.start > start) boxes.pop()
    boxes.push({ start, end: index })
  }
  return boxes.map(({ start, end }) => text.slice(start, end).trim())
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

export const pixelReasonerPrompts: Prompts = {
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
