/**
 * The zoom of Qwen3-VL and the models after it, as Qwen's own agent runs it: one function whose boxes are thousandths of a picture
 * that the user sent, named by its index and never a crop; a crop is at least 32 pixels wide and high. A reply without a call is the
 * answer. The wording is this project's own. Pure.
 */
import { baseProfile } from '../base-profile.ts'
import type { Profile } from '../base-profile.ts'
import { coordinateWords } from '../prompts.ts'
import type { ViewRule } from '../rules.ts'
import { own } from '../../shared/known.ts'
import { boxParameter, callEnd, callStart, toolArguments, xmlArguments } from './tool-call.ts'
import { originalSource } from '../source.ts'
import { pick, plainAnswer, taggedAnswers, thoughtBefore, writtenBox } from './written-turn.ts'
import type { Dialect } from './dialect.ts'

export const zoomName = 'image_zoom_in_tool'
const marks = /<\/?(?:think|tool_call|answer)>|<function=/

/** Reads calls in either form, whichever is asked for: models after Qwen3-VL were trained on both. */
export function zoomDialect(form: Pick<Dialect, 'callForm' | 'prefilled'>): Dialect {
  const calls = (text: string): boolean => text.includes(callStart) || text.includes(`<function=${zoomName}`)
  return {
    ...form,
    // What follows a call is no more than what the model expects to see.
    stop: [callEnd],
    thought: (text) => (marks.test(text) ? thoughtBefore(text, marks) : undefined),
    call: (text, rules) => {
      if (!calls(text)) return undefined
      const values = toolArguments(text, 'first', zoomName, rules) ?? xmlArguments(text, zoomName)
      return (values && writtenBox(values, sourceAt(own(values, 'img_idx')))) ?? 'unreadable'
    },
    answer: (text, { answerPick }) =>
      pick(taggedAnswers(text), answerPick) ?? (calls(text) ? undefined : plainAnswer(text)),
    answers: taggedAnswers,
  }
}

function sourceAt(index: unknown): string {
  const at = Number(index)
  return Number.isSafeInteger(at) && at > 0 ? `${originalSource}_${at + 1}` : originalSource
}

const declared = {
  type: 'function',
  function: {
    name: zoomName,
    description: 'Shows a region of a picture enlarged.',
    parameters: {
      type: 'object',
      properties: {
        bbox_2d: boxParameter('[x1, y1, x2, y2]'),
        label: { type: 'string', description: 'What is to be seen there.' },
        img_idx: { type: 'number', description: 'Which of the pictures of the question, counted from 0.' },
      },
      required: ['bbox_2d', 'label', 'img_idx'],
    },
  },
}

/** A model counts a token for 32 x 32 pixels; its agent enlarges crops to 256 of them. */
const cell = 32
const view = {
  kind: 'grid',
  cell,
  minPixels: 256 * cell ** 2,
  maxPixels: 2_560 * cell ** 2,
  resampler: 'bicubic',
} as const

/** `callForm`: how a call is to be written, in words and as an example. */
export function zoomProfile(named: Pick<Profile, 'name' | 'dialect'>, callForm: string): Profile {
  const firstView: ViewRule = { ...view, minPixels: 64 * cell ** 2 }
  return {
    ...baseProfile,
    ...named,
    prompts: {
      system: [
        'You answer a question about a picture. What decides the answer may be very small, so zoom in before you answer, as often as you need.',
        `The source of a box is a picture of the question, never a crop. Its corners are given ${coordinateWords.thousand}.`,
        'Once you are sure, reply without a call: <answer>your answer</answer>.',
        '',
        '# Tools',
        '',
        `<tools>\n${JSON.stringify(declared)}\n</tools>`,
        '',
        callForm,
      ].join('\n'),
      question: '<image>\n{question}',
      // Nothing around it: templates keep the thinking of earlier turns only behind messages that are such a response alone.
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
