/**
 * Native function calling of the endpoint, with a function of our own. The parser sees a call as text after the content:
 * `<tool_call>{"name":"zoom","arguments":{...}}</tool_call>`. A reply without a call is the answer. Pure.
 */
import { baseProfile } from '../base-profile.ts'
import type { Profile } from '../base-profile.ts'
import { coordinateWords } from '../prompts.ts'
import type { Prompts } from '../prompts.ts'
import { boxParameter, callEnd, callStart, calledFunction } from './tool-call.ts'
import { toolFunctions, withToolErrors } from './tool-words.ts'
import { pick, plainAnswer, taggedAnswers, thoughtBefore, writtenCall } from './written-turn.ts'
import { partsBy } from './turn-parts.ts'
import type { Dialect } from './dialect.ts'

const name = 'zoom'
const tags = /<\/?(?:think|tool_call|answer)>/i

const source = {
  type: 'string',
  description: '"original_image", or "observation_1" for the first crop, "observation_2" for the second, and so on.',
}

const declared = {
  type: 'function',
  function: {
    name,
    description: 'Shows a region of the picture, or of a crop that was shown before, enlarged.',
    parameters: {
      type: 'object',
      properties: {
        bbox_2d: boxParameter('[x0, y0, x1, y1]'),
        source,
      },
      required: ['bbox_2d', 'source'],
    },
  },
}

export const tools: Dialect = {
  stop: [],
  functions: (more = []) => [declared, ...toolFunctions(more, (tool) => tool, { source })],
  withTools: (profile, more) =>
    withToolErrors({
      ...profile,
      tools: more,
      prompts: { ...profile.prompts, system: withOthers(profile.prompts.system) },
    }),
  callForm: `a call of ${name} with {"bbox_2d": [x0, y0, x1, y1], "source": "original_image"}`,
  thought: (text) => (tags.test(text) ? thoughtBefore(text, tags) : undefined),
  call: (text, rules) => {
    if (!text.includes(callStart)) return undefined
    // Models that are sampled in tokens write their own form.
    const called = calledFunction(text, 'last', name, rules)
    return (called && writtenCall(called.name, called.values, rules)) ?? 'unreadable'
  },
  answer: (text, { answerPick }) =>
    pick(taggedAnswers(text), answerPick) ?? (text.includes(callStart) ? undefined : plainAnswer(text)),
  answers: taggedAnswers,
  parts: partsBy({
    marks: tags,
    plain: true,
    call: { opens: [callStart], close: callEnd, which: 'last', source: 'source' },
  }),
}

/** The system prompt, with what the other functions are for in front of how to answer. */
function withOthers(system: string): string {
  const lines = system.split('\n')
  const others =
    'The other functions show all of a picture in another way; what they show can be zoomed into like a crop.'
  return [...lines.slice(0, -1), others, ...lines.slice(-1)].join('\n')
}

const toolsPrompts: Prompts = {
  system: [
    'You answer a question about a picture. What decides the answer may be very small, so look closely before you answer.',
    `Call ${name} to look at a region. Its corners are given ${coordinateWords.relative}. You may zoom as often as you need, ` +
      'one region at a time, also into an earlier crop.',
    'Once you are sure, reply without a call: <answer>your answer</answer>.',
  ].join('\n'),
  question: '<image>\n{question}',
  observation: 'observation_{observation}:\n<image>',
  error: 'That zoom failed. {error}',
}

/** For any model with native function calling; every call is a zoom. */
export const toolsProfile: Profile = { ...baseProfile, name: 'tools', prompts: toolsPrompts, dialect: 'tools' }
