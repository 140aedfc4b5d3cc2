/** Mini-o3's own tags: `<think>`, `<grounding>` with a box and a source as JSON, `<answer>`. Pure. */
import { baseProfile, budgetView, innerCrop, releasedFlow } from '../base-profile.ts'
import type { Profile } from '../base-profile.ts'
import type { RelativeBox } from '../box.ts'
import { originalSource } from '../source.ts'
import { defaultPrompts } from '../prompts.ts'
import { readLooseValue } from '../loose-value.ts'
import { isRecord } from '../../shared/fields.ts'
import { own } from '../../shared/known.ts'
import { viewTools } from '../view-tools.ts'
import type { ToolName } from '../view-tools.ts'
import { readStrictCall } from './strict-call.ts'
import { between, pick, taggedAnswers, thoughtBefore, writtenCall } from './written-turn.ts'
import { toolLines, withToolErrors } from './tool-words.ts'
import { partsBy } from './turn-parts.ts'
import type { Dialect, ReadRules, WrittenCall, WrittenUse } from './dialect.ts'

const tags = /<\/?(?:think|grounding|answer)>/i

export const grounding: Dialect = {
  stop: ['</grounding>'],
  callForm: '<grounding>{"bbox_2d": [x0, y0, x1, y1], "source": "original_image"}</grounding>',
  thought: (text) => thoughtBefore(text, tags),
  withTools: (profile, tools) =>
    withToolErrors({
      ...profile,
      tools,
      prompts: { ...profile.prompts, system: withToolCalls(profile.prompts.system, tools) },
    }),
  call: (text, rules) => {
    const strict = rules.parse === 'strict'
    const calls = strict ? between(text, '<grounding>', '</grounding>') !== undefined : text.includes('<grounding>')
    if (!calls) return undefined
    return (strict ? readStrictCall(text) : readLenientCall(text, rules)) ?? 'unreadable'
  },
  answer: (text, rules) => (rules.parse === 'strict' ? closingAnswer(text, rules) : lenientAnswer(text, rules)),
  answers: taggedAnswers,
  parts: partsBy({
    marks: tags,
    call: { opens: ['<grounding>'], close: '</grounding>', which: 'last', source: 'source' },
  }),
}

/** Writes a turn in this dialect, for baselines. `boxRel` refers to the original. */
export function groundingTurn(
  thought: string,
  act: { readonly answer: string } | { readonly boxRel: RelativeBox },
): string {
  if ('answer' in act) return `<think>${thought}</think><answer>${act.answer}</answer>`
  const box = act.boxRel.map((edge) => edge.toFixed(4)).join(', ')
  return `<think>${thought}</think><grounding>{"bbox_2d": [${box}], "source": "${originalSource}"}</grounding>`
}

/** The answer at the end of the text: only one line break may follow its closing tag, as in the released loop. */
function closingAnswer(text: string, { answerPick }: ReadRules): string | undefined {
  return text.replace(/\n$/, '').endsWith('</answer>') ? pick(taggedAnswers(text), answerPick) : undefined
}

/** Any answer; the last one may be unclosed, since servers strip stop strings. */
function lenientAnswer(text: string, { answerPick }: ReadRules): string | undefined {
  const answers = taggedAnswers(text)
  const open = text.lastIndexOf('<answer>')
  if (open >= 0 && !text.includes('</answer>', open)) {
    const unclosed = text.slice(open + '<answer>'.length).trim()
    if (unclosed !== '') answers.push(unclosed)
  }
  return pick(answers, answerPick)
}

const fencePattern = /\s*(?:```[a-z0-9]*\s*)?/y

/** The last call: any key order, any quotes, extra whitespace, a code fence, a list around it, a missing closing tag. */
function readLenientCall(text: string, rules: ReadRules): WrittenCall | WrittenUse | undefined {
  fencePattern.lastIndex = text.lastIndexOf('<grounding>') + '<grounding>'.length
  fencePattern.test(text)
  const value = readLooseValue(text, fencePattern.lastIndex)?.value
  const call = Array.isArray(value) && value.length === 1 ? value[0] : value
  if (!isRecord(call)) return undefined
  return writtenCall(own(call, 'tool') ?? own(call, 'name'), call, rules)
}

/** The system prompt, with how the tools are called in front of how to answer. */
function withToolCalls(system: string, tools: readonly ToolName[]): string {
  const lines = system.split('\n')
  const said = tools.map((name) => {
    const { argument, example } = viewTools[name]
    const call = { tool: name, [argument]: example, source: originalSource }
    return `<grounding>${JSON.stringify(call)}</grounding>`
  })
  const words = [
    'In place of a zoom, a picture can be shown in another way, which gives an observation that can be zoomed into like any other:',
    ...toolLines(tools, said),
  ]
  return [...lines.slice(0, -1), ...words, ...lines.slice(-1)].join('\n')
}

/**
 * Our recommended profile for an instruction-following VLM. Models that were not trained on these tags forget them, so after a reply in
 * plain prose the policy is reminded once; the next such reply counts as the answer.
 */
export const defaultProfile: Profile = {
  ...baseProfile,
  name: 'default',
  prompts: {
    ...defaultPrompts,
    reminder:
      '{error}\nIf that was your answer, write it as <answer>your answer</answer>. If not, think again, then zoom in as you were told.',
  },
  flow: { ...releasedFlow, silence: 'reminded', openThought: 'last-paragraph' },
}

/** The released loop with the settings of its validation command, and this project's wording of the prompts. */
export const officialProfile: Profile = {
  name: 'official',
  prompts: defaultPrompts,
  dialect: 'grounding',
  maxTurns: 12,
  maxImages: 12,
  onePicture: true,
  contextLimit: 32_768,
  contextReserve: 2_000,
  wallClockMs: null,
  pictures: { reading: 'pillow', narrow: 'skipped' },
  firstView: { ...budgetView, maxAspect: null, resampler: 'lanczos3' },
  observationView: { ...budgetView, maxAspect: 200, resampler: 'nearest' },
  crop: innerCrop,
  flow: { ...releasedFlow, cutReply: 'void' },
  parse: 'strict',
  coordinates: 'relative',
  callAndAnswer: 'call',
  answerPick: 'first',
  answerIn: 'joined',
  observationNumbering: 'official',
  errorText: 'official',
}

/** The released loop with the turn limit of its training. */
export const officialTrainProfile: Profile = { ...officialProfile, name: 'official-train', maxTurns: 6 }

/**
 * The released loop with 32 turns: 31 crops of full size take 80,000 tokens, so the picture and context limits are raised as well, up
 * to the model's 128,000. How the published figure at 32 turns was measured is not known.
 */
export const official32Profile: Profile = {
  ...officialProfile,
  name: 'official-32',
  maxTurns: 32,
  maxImages: 32,
  contextLimit: 128_000,
}
