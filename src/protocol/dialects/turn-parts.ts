/**
 * Where in the text of a turn its parts stand: the thought, the box and the source of its call, its answer. Each dialect says how its
 * parts are marked, so that they are found as its readers find them. Linear in the text, and never throws. Pure.
 */
import { readLooseValue } from '../loose-value.ts'
import { firstThinkingSpan } from '../thinking-marks.ts'
import type { TextSpan } from '../thinking-marks.ts'
import type { Dialect, ReadRules, PartSpans } from './dialect.ts'
import { answerSpans, plainTags, pick } from './written-turn.ts'

export interface PartMarks {
  /** What ends a thought that no mark closes. */
  readonly marks: RegExp
  /** A reply without any mark is the answer, and no thought. */
  readonly plain?: true
  /** Absent: the dialect has no calls. */
  readonly call?: {
    readonly opens: readonly string[]
    readonly close: string
    readonly which: 'first' | 'last'
    /** A turn calls only where it ends with the call. */
    readonly atEnd?: true
    /** The field that names the picture; absent: calls name none. */
    readonly source?: string
  }
  /** Where every complete answer stands. */
  readonly answers?: (text: string) => readonly TextSpan[]
}

export function partsBy(how: PartMarks): Dialect['parts'] {
  return (written, rules) => {
    const text = rules.parse === 'lenient' ? plainTags(written) : written
    const thought = thoughtIn(text, how)
    // A thought may draft calls and answers.
    const from = thought.closed
    const call = how.call && callIn(text, how.call, from)
    const answer = answerIn(text, how, rules, from)
    return {
      ...part('thought', how.plain && !how.marks.test(text) ? undefined : trimmed(text, thought.span)),
      ...(call && part('box', fieldIn(text, call, 'bbox_2d'))),
      ...(call && how.call?.source !== undefined && part('source', fieldIn(text, call, how.call.source))),
      ...part('answer', answer ?? (how.plain && !call ? trimmed(text, { start: from, end: text.length }) : undefined)),
    }
  }
}

function part(name: keyof PartSpans, span: TextSpan | undefined): PartSpans {
  return span === undefined || span.start >= span.end ? {} : { [name]: span }
}

/** `closed`: where what is said begins. */
function thoughtIn(text: string, { marks }: PartMarks): { readonly span: TextSpan; readonly closed: number } {
  const block = firstThinkingSpan(text)
  return { span: block ?? { start: 0, end: marks.exec(text)?.index ?? text.length }, closed: block?.closed ?? 0 }
}

function callIn(text: string, call: NonNullable<PartMarks['call']>, from: number): TextSpan | undefined {
  const { opens, close, which, atEnd } = call
  if (atEnd && !text.trimEnd().endsWith(close)) return undefined
  const found = opens.flatMap((open) => {
    const at = which === 'first' ? text.indexOf(open, from) : text.lastIndexOf(open)
    return at < from ? [] : [{ at, start: at + open.length }]
  })
  const [first] = found.toSorted((a, b) => a.at - b.at)
  if (first === undefined) return undefined
  const end = text.indexOf(close, first.start)
  return { start: first.start, end: end < 0 ? text.length : end }
}

/** The value of a field of a call, written as JSON or as a parameter in XML. */
function fieldIn(text: string, call: TextSpan, name: string): TextSpan | undefined {
  const field = new RegExp(`\\b${name}\\\\?["']?\\s*[:>]\\s*`, 'g')
  field.lastIndex = call.start
  if (field.exec(text) === null || field.lastIndex >= call.end) return undefined
  const start = field.lastIndex
  const end = readLooseValue(text, start)?.end
  return end === undefined || end > call.end ? undefined : { start, end }
}

function answerIn(text: string, how: PartMarks, { parse, answerPick }: ReadRules, from: number): TextSpan | undefined {
  const { answers = answerSpans } = how
  const complete = answers(text).filter(({ start }) => start >= from)
  const open = text.lastIndexOf('<answer>')
  // Lenient readers take an answer that is not closed.
  const unclosed = parse === 'lenient' && open >= from && open >= (complete.at(-1)?.end ?? 0)
  const all = unclosed ? [...complete, { start: open + '<answer>'.length, end: text.length }] : complete
  const picked = pick(all, answerPick)
  return picked && trimmed(text, picked)
}

/** Without the blanks at both ends. */
function trimmed(text: string, { start, end }: TextSpan): TextSpan {
  const inner = text.slice(start, end)
  const left = inner.length - inner.trimStart().length
  return { start: start + left, end: start + Math.max(left, inner.trimEnd().length) }
}
