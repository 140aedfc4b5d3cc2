/**
 * DeepEyes (arXiv 2505.14362): the first `<tool_call>` counts, its box refers to the original picture, and an answer takes precedence over a
 * call. The prompts are this project's own wording. Pure.
 */
import { baseProfile, pillowPictures, qwenGrid } from '../base-profile.ts'
import type { Profile } from '../base-profile.ts'
import type { ViewRule } from '../rules.ts'
import { coordinateWords } from '../prompts.ts'
import type { Prompts } from '../prompts.ts'
import { boxParameter, callEnd, callStart, toolArguments } from './tool-call.ts'
import { readPythonLiteral } from '../../shared/python-literal.ts'
import { isRecord } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'
import { own } from '../../shared/known.ts'
import { pick, taggedAnswers, thoughtBefore, writtenBox } from './written-turn.ts'
import { partsBy } from './turn-parts.ts'
import type { Dialect } from './dialect.ts'
import { originalSource } from '../source.ts'

const name = 'image_zoom_in_tool'
const tags = /<\/?(?:think|tool_call|answer)>/i

export const deepeyes: Dialect = {
  stop: [],
  callForm: `<tool_call>{"name": "${name}", "arguments": {"bbox_2d": [x0, y0, x1, y1]}}</tool_call>`,
  thought: (text) => thoughtBefore(text, tags),
  call: (text, rules) => {
    if (!text.includes(callStart)) return undefined
    const values = rules.parse === 'strict' ? evaluatedArguments(text) : toolArguments(text, 'first', name, rules)
    return (values && writtenBox(values, originalSource)) ?? 'unreadable'
  },
  answer: (text, { parse, answerPick }) =>
    parse === 'strict' ? closedAnswer(text) : pick(taggedAnswers(text), answerPick),
  answers: taggedAnswers,
  parts: partsBy({ marks: tags, call: { opens: [callStart], close: callEnd, which: 'first' } }),
}

/** Parses arguments like its evaluation code: a Python literal between the first tag and the next; the function name is ignored. */
function evaluatedArguments(text: string): Fields | undefined {
  const [, behind = ''] = text.split(callStart, 2)
  const [written = ''] = behind.split(callEnd, 1)
  const call = wholeLiteral(written.trim())
  const values = isRecord(call) ? own(call, 'arguments') : undefined
  if (!isRecord(values)) return undefined
  const box = own(values, 'bbox_2d')
  return { bbox_2d: Array.isArray(box) ? box.map((part) => (typeof part === 'boolean' ? Number(part) : part)) : box }
}

function wholeLiteral(text: string): unknown {
  try {
    const { value, end } = readPythonLiteral(text)
    return /^\s*(?:#.*)?$/.test(text.slice(end)) ? value : undefined
  } catch {
    return undefined
  }
}

/** A closing tag ends the search. The answer is what follows the first opening tag, otherwise the whole reply. */
function closedAnswer(text: string): string | undefined {
  if (!text.includes('</answer>')) return undefined
  return text.split('<answer>', 2)[1]?.split('</answer>', 1)[0]?.trim() ?? text
}

const declared = {
  type: 'function',
  function: {
    name,
    description: 'Shows a region of the picture enlarged.',
    parameters: {
      type: 'object',
      properties: {
        bbox_2d: boxParameter('[x1, y1, x2, y2]'),
        label: { type: 'string', description: 'What is to be seen there (optional).' },
      },
      required: ['bbox_2d'],
    },
  },
}

const form =
  `Think, call ${name} where a closer look helps, then answer. Write ` +
  '<think>...</think>, then <tool_call>...</tool_call> for a look or <answer>...</answer> once you are sure.'

const deepeyesPrompts: Prompts = promptsOf('file')
const deepeyesLenientPrompts: Prompts = promptsOf('pixel')

function promptsOf(unit: 'file' | 'pixel'): Prompts {
  const system = [
    'You answer questions about a picture. You may call this function:',
    `<tools>\n${JSON.stringify(declared)}\n</tools>`,
    `A call is a JSON object between <tool_call> and </tool_call>, with corners ${coordinateWords[unit]}:`,
    `<tool_call>\n{"name": "${name}", "arguments": {"bbox_2d": [40, 60, 220, 180], "label": "the sign"}}\n</tool_call>`,
  ].join('\n')
  return {
    system,
    question: `<image>\n{question}\n${form}`,
    observation: `<tool_response><image>\n${form}</tool_response>`,
    error: `<tool_response>{error}\n${form}</tool_response>`,
  }
}

const deepeyesView: ViewRule = { ...qwenGrid, minPixels: 4 * 28 * 28, maxPixels: 16_384 * 28 * 28 }

/** The protocol of DeepEyes, parsed leniently: boxes in pixels of the view, clipped at the edges; errors are fed back. */
export const deepeyesLenientProfile: Profile = {
  ...baseProfile,
  name: 'deepeyes-lenient',
  prompts: deepeyesLenientPrompts,
  dialect: 'deepeyes',
  maxTurns: 11,
  onePicture: true,
  firstView: deepeyesView,
  observationView: deepeyesView,
  crop: { edges: 'nearest', padding: 0, minSide: 1 },
  coordinates: 'pixel',
  callAndAnswer: 'answer',
  answerPick: 'first',
}

/**
 * DeepEyes as in its own evaluation code: boxes in pixels of the file, black beyond its edges; an invalid call ends the search, a reply
 * without action is requested again, and the answer is that of the last reply, or the whole reply if it has none.
 */
export const deepeyesProfile: Profile = {
  ...deepeyesLenientProfile,
  name: 'deepeyes',
  prompts: deepeyesPrompts,
  pictures: pillowPictures,
  crop: { edges: 'beyond', padding: 0, minSide: 1 },
  flow: { mistake: 'ends', silence: 'asked-again', cutAnswer: 'answered', fullPrompt: 'refused' },
  parse: 'strict',
  coordinates: 'file',
  answerIn: 'last-reply',
}
