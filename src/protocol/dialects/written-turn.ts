/** What a dialect says about the text of a turn, and how tags are found in it. The text is data and never evaluated. Pure. */
import { firstThinking, splitAtThinking, thinkingOpens } from '../thinking-marks.ts'

/** How turns are written: where a reply halts, and what its text says. All readers are linear in the text and never throw. */
export interface Dialect {
  /** A reply halts after the first of these, which stays at its end. */
  readonly stop: readonly string[]
  /** OpenAI function declarations, for dialects that call natively. */
  readonly tools?: readonly object[]
  /** A call as it should have been written, to be told after one that cannot be read. */
  readonly callForm: string
  /** Blank or undefined: the turn says nothing of what was thought. */
  readonly thought: (text: string) => string | undefined
  /** The call that counts; undefined: the turn makes none. */
  readonly call: (text: string, rules: ReadRules) => WrittenCall | 'unreadable' | undefined
  /** The answer that the turn gives, were there no call; undefined: none. */
  readonly answer: (text: string, rules: ReadRules) => string | undefined
  /** Every complete answer in the text, in its order, whatever else the turn does. */
  readonly answers: (text: string) => readonly string[]
}

/** The part of a profile that says how a turn is read. */
export interface ReadRules {
  readonly parse: 'strict' | 'lenient'
  readonly answerPick: 'first' | 'last'
}

/** A call as it was written, its box and its source not yet checked. */
export interface WrittenCall {
  readonly bbox: unknown
  /** `original_image`, or `observation_` and its number. */
  readonly source: string
  /** Why a box could not be read at all, in the words of the released loop's interpreter. */
  readonly unread?: string
  /** The text of the box, to be quoted in an error. */
  readonly written: string
}

export const originalSource = 'original_image'

/** Where the text between the first `open` at or after `from` and the next `close` starts and ends. */
export function between(
  text: string,
  open: string,
  close: string,
  from = 0,
): { readonly start: number; readonly end: number } | undefined {
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

/** What stands between the tags of every complete `<answer>`, as it stands there. */
export function answerBodies(text: string): string[] {
  const answers: string[] = []
  let at = 0
  for (;;) {
    const found = between(text, '<answer>', '</answer>', at)
    if (found === undefined) return answers
    answers.push(text.slice(found.start, found.end))
    at = found.end
  }
}

/** The first think block, or else what stands before the first of `marks`, or else all of the text. */
export function thoughtBefore(text: string, marks: RegExp): string {
  return (firstThinking(text) ?? text.slice(0, marks.exec(text)?.index)).trim()
}

/** What is left of a reply without its thinking: the whole answer of a policy that needs no tags. */
export function plainAnswer(text: string): string | undefined {
  const left = (splitAtThinking(text)?.said ?? text).trim()
  return left === '' || thinkingOpens(left) === 0 ? undefined : left
}

export function pick<T>(items: readonly T[], which: 'first' | 'last'): T | undefined {
  return items.at(which === 'first' ? 0 : -1)
}
