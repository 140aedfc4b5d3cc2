/** Mini-o3's own tags: `<think>`, `<grounding>` with a box and a source as JSON, `<answer>`. Pure. */
import { readLooseValue } from '../loose-value.ts'
import { readStrictCall } from './strict-call.ts'
import { isRecord, writtenBox } from './tool-call.ts'
import { between, pick, taggedAnswers, thoughtBefore } from './written-turn.ts'
import type { Dialect, ReadRules, WrittenCall } from './written-turn.ts'

const tags = /<\/?(?:think|grounding|answer)>/

export const grounding: Dialect = {
  stop: ['</grounding>'],
  callForm: '<grounding>{"bbox_2d": [x0, y0, x1, y1], "source": "original_image"}</grounding>',
  thought: (text) => thoughtBefore(text, tags),
  call: (text, { parse }) => {
    const strict = parse === 'strict'
    const calls = strict ? between(text, '<grounding>', '</grounding>') !== undefined : text.includes('<grounding>')
    if (!calls) return undefined
    return (strict ? readStrictCall(text) : readLenientCall(text)) ?? 'unreadable'
  },
  answer: (text, rules) => (rules.parse === 'strict' ? closingAnswer(text, rules) : lenientAnswer(text, rules)),
  answers: taggedAnswers,
}

/** The answer that the text ends with: nothing but one line break may follow its closing tag (reference 5.7). */
function closingAnswer(text: string, { answerPick }: ReadRules): string | undefined {
  return text.replace(/\n$/, '').endsWith('</answer>') ? pick(taggedAnswers(text), answerPick) : undefined
}

/** Any answer; the last one need not be closed, since servers cut stop strings off. */
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

/** The last call: any order of keys, any quotes, stray blanks, a fence around it, a missing closing tag. */
function readLenientCall(text: string): WrittenCall | undefined {
  fencePattern.lastIndex = text.lastIndexOf('<grounding>') + '<grounding>'.length
  fencePattern.test(text)
  const call = readLooseValue(text, fencePattern.lastIndex)?.value
  return isRecord(call) ? writtenBox(call) : undefined
}
