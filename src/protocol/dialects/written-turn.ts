/** Helpers to find tags, boxes and answers in the text of a turn. The text is never evaluated. Pure. */
import type { ReadRules, WrittenCall, WrittenUse } from './dialect.ts'
import { firstThinking, outsideThinking, splitAtThinking, thinkingOpens } from '../thinking-marks.ts'
import { toolNamed } from '../view-tools.ts'
import type { TextSpan } from '../thinking-marks.ts'
import type { Fields } from '../../shared/fields.ts'
import { own } from '../../shared/known.ts'

const looseTag = /<(\s{0,4})(\/?)(\s{0,4})(think|grounding|tool_call|answer)(\s{0,4})>/gi

/**
 * The text with the tags of every dialect as they should be written, as lenient profiles read it: in lower case, with blanks inside a tag
 * moved in front of it, so that all other characters keep their place. Linear.
 */
export function plainTags(text: string): string {
  return text.replaceAll(
    looseTag,
    (_, first: string, slash: string, second: string, name: string, last: string) =>
      `${first}${second}${last}<${slash}${name.toLowerCase()}>`,
  )
}

/** Start and end of the text between the first `open` at or after `from` and the next `close`. */
export function between(text: string, open: string, close: string, from = 0): TextSpan | undefined {
  const opens = text.indexOf(open, from)
  if (opens < 0) return undefined
  const start = opens + open.length
  const end = text.indexOf(close, start)
  return end < 0 ? undefined : { start, end }
}

/** Every complete `<answer>`, trimmed. */
export function taggedAnswers(text: string): string[] {
  return answerBodies(text).map((body) => body.trim())
}

/** The untrimmed content of every complete `<answer>`. */
export function answerBodies(text: string): string[] {
  return answerSpans(text).map(({ start, end }) => text.slice(start, end))
}

export function answerSpans(text: string): TextSpan[] {
  const answers: TextSpan[] = []
  let at = 0
  for (;;) {
    const found = between(text, '<answer>', '</answer>', at)
    if (found === undefined) return answers
    answers.push(found)
    at = found.end
  }
}

/** The first think block, otherwise the text before the first of `marks`, otherwise all of the text. */
export function thoughtBefore(text: string, marks: RegExp): string {
  return (firstThinking(text) ?? text.slice(0, marks.exec(text)?.index)).trim()
}

/** The reply without its thinking: the answer of a policy that uses no tags. */
export function plainAnswer(text: string): string | undefined {
  const left = (splitAtThinking(text)?.said.trim() || (outsideThinking(text) ?? text)).trim()
  return left === '' || thinkingOpens(left) === 0 ? undefined : left
}

export function pick<T>(items: readonly T[], which: 'first' | 'last'): T | undefined {
  return items.at(which === 'first' ? 0 : -1)
}

/** The box of a call and its source; undefined if one of them is missing. */
export function writtenBox(values: Fields, source: unknown = own(values, 'source')): WrittenCall | undefined {
  const bbox = own(values, 'bbox_2d')
  if (bbox === undefined || typeof source !== 'string') return undefined
  return { bbox, source, written: JSON.stringify(bbox) }
}

/** The call that `values` are the arguments of, by the name of its function: a zoom, or where the profile has others, a tool. */
export function writtenCall(
  name: unknown,
  values: Fields,
  { tools }: Pick<ReadRules, 'tools'>,
  source: unknown = own(values, 'source'),
): WrittenCall | WrittenUse | undefined {
  const tool = tools === undefined ? undefined : toolNamed(name)
  if (tool === undefined) return writtenBox(values, source)
  return typeof source === 'string' ? { tool, values, source } : undefined
}
