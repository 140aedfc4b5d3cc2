/**
 * The zoom tool of Qwen3-VL and later, as in Qwen's own agent: boxes are in thousandths of one of the user's pictures, given by its index,
 * never of a crop; a crop is at least 32 pixels wide and high. A reply without a call is the answer. The prompts are this
 * project's own wording. Pure.
 */
import { baseProfile } from '../base-profile.ts'
import type { Profile } from '../base-profile.ts'
import { coordinateWords } from '../prompts.ts'
import type { ViewRule } from '../rules.ts'
import { own } from '../../shared/known.ts'
import { boxParameter, callEnd, callStart, calledFunction, functionStart } from './tool-call.ts'
import { toolFunctions } from './tool-words.ts'
import { originalSource } from '../source.ts'
import { pick, plainAnswer, taggedAnswers, thoughtBefore, writtenCall } from './written-turn.ts'
import type { ToolName } from '../view-tools.ts'
import { partsBy } from './turn-parts.ts'
import type { Dialect, ReadRules } from './dialect.ts'

export const zoomName = 'image_zoom_in_tool'
const marks = /<\/?(?:think|tool_call|answer)>|<function=/i

/** Reads calls in either form, whichever is asked for: models after Qwen3-VL were trained on both. `howToCall`: in words and as an example. */
export function zoomDialect(form: Pick<Dialect, 'callForm' | 'prefilled'>, howToCall: string): Dialect {
  const calls = (text: string, { tools }: ReadRules): boolean =>
    text.includes(callStart) || text.includes(tools === undefined ? `${functionStart}${zoomName}` : functionStart)
  return {
    ...form,
    withTools: (profile, tools) => ({
      ...profile,
      tools,
      sources: 'counted',
      prompts: { ...profile.prompts, system: zoomSystem(howToCall, tools) },
    }),
    // Text after a call would only be the model's guess at the result.
    stop: [callEnd],
    thought: (text) => (marks.test(text) ? thoughtBefore(text, marks) : undefined),
    call: (text, rules) => {
      if (!calls(text, rules)) return undefined
      const call = calledFunction(text, 'first', zoomName, rules)
      if (call === undefined) return 'unreadable'
      return writtenCall(call.name, call.values, rules, sourceAt(own(call.values, 'img_idx'))) ?? 'unreadable'
    },
    answer: (text, rules) =>
      pick(taggedAnswers(text), rules.answerPick) ?? (calls(text, rules) ? undefined : plainAnswer(text)),
    answers: taggedAnswers,
    parts: partsBy({
      marks,
      plain: true,
      call: { opens: [callStart, functionStart], close: callEnd, which: 'first', source: 'img_idx' },
    }),
  }
}

function sourceAt(index: unknown): string {
  const at = Number(index)
  return Number.isSafeInteger(at) && at > 0 ? `${originalSource}_${at + 1}` : originalSource
}

function sourceParameter(pictures: string) {
  return { img_idx: { type: 'number', description: `Which of the pictures ${pictures}, counted from 0.` } }
}

const shownSoFar = 'that were shown, those of the question first and then every result'

const declared = (pictures: string) => ({
  type: 'function',
  function: {
    name: zoomName,
    description: 'Shows a region of a picture enlarged.',
    parameters: {
      type: 'object',
      properties: {
        bbox_2d: boxParameter('[x1, y1, x2, y2]'),
        label: { type: 'string', description: 'What is to be seen there.' },
        ...sourceParameter(pictures),
      },
      required: ['bbox_2d', 'label', 'img_idx'],
    },
  },
})

/** The model uses a token per 32 x 32 pixels; its agent enlarges crops to 256 tokens. */
const cell = 32
const view = {
  kind: 'grid',
  cell,
  minPixels: 256 * cell ** 2,
  maxPixels: 2_560 * cell ** 2,
  resampler: 'bicubic',
} as const

function zoomSystem(howToCall: string, tools: readonly ToolName[] = []): string {
  const counted = tools.length > 0
  const sources = counted
    ? 'A picture is named by its number: those of the question come first, and every result is one more.'
    : 'The source of a box is a picture of the question, never a crop.'
  const functions = [
    declared(counted ? shownSoFar : 'of the question'),
    ...toolFunctions(tools, (tool) => `image_${tool}_tool`, sourceParameter(shownSoFar)),
  ]
  return [
    'You answer a question about a picture. What decides the answer may be very small, so zoom in before you answer, as often as you need.',
    `${sources} Its corners are given ${coordinateWords.thousand}.`,
    'Once you are sure, reply without a call: <answer>your answer</answer>.',
    '',
    '# Tools',
    '',
    `<tools>\n${functions.map((one) => JSON.stringify(one)).join('\n')}\n</tools>`,
    '',
    howToCall,
  ].join('\n')
}

/** `howToCall`: in words and as an example. */
export function zoomProfile(named: Pick<Profile, 'name' | 'dialect'>, howToCall: string): Profile {
  const firstView: ViewRule = { ...view, minPixels: 64 * cell ** 2 }
  return {
    ...baseProfile,
    ...named,
    prompts: {
      system: zoomSystem(howToCall),
      question: '<image>\n{question}',
      // No other text: chat templates keep the thinking of earlier turns only if the messages are nothing but such a response.
      observation: '<tool_response>\n<image>\n</tool_response>',
      error: '<tool_response>\n{error}\n</tool_response>',
    },
    firstView,
    observationView: view,
    crop: { edges: 'even', padding: 0, minSide: 1, leastSide: cell },
    coordinates: 'thousand',
    sources: 'originals',
  }
}
