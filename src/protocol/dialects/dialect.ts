/** The interface of a dialect: how a policy writes calls and answers. Each dialect is a file in this folder. Pure. */

import type { Profile } from '../base-profile.ts'
import type { ToolName } from '../view-tools.ts'
import type { TextSpan } from '../thinking-marks.ts'

/** Stop strings and parsers of a dialect. All parsers are linear in the length of the text and never throw. */
export interface Dialect {
  /** A reply ends after the first of these, which is kept. */
  readonly stop: readonly string[]
  /** OpenAI function declarations, for dialects that call natively; `tools`: those of the profile beside zoom. */
  readonly functions?: (tools?: readonly ToolName[]) => readonly object[]
  /** A profile of the dialect with tools beside zoom: it says how they are called; absent: it takes none. */
  readonly withTools?: (profile: Profile, tools: readonly ToolName[]) => Profile
  /** The chat template opens the thinking: everything before its closing tag is thought. */
  readonly prefilled?: true
  /** A correct call, quoted in the error for an unreadable one. */
  readonly callForm: string
  /** The thought; blank or undefined if there is none. */
  readonly thought: (text: string) => string | undefined
  /** The call that counts; undefined if there is none. */
  readonly call: (text: string, rules: ReadRules) => WrittenCall | WrittenUse | 'unreadable' | undefined
  /** The answer of the turn, ignoring calls; undefined if there is none. */
  readonly answer: (text: string, rules: ReadRules) => string | undefined
  /** Every complete answer in the text, in order. */
  readonly answers: (text: string) => readonly string[]
  /** Where what these read stands in the text. */
  readonly parts: (text: string, rules: ReadRules) => PartSpans
}

/** A part that a turn does not have is absent. The source is what a call writes for the picture that it looks into. */
export interface PartSpans {
  readonly thought?: TextSpan
  readonly box?: TextSpan
  readonly source?: TextSpan
  readonly answer?: TextSpan
}

/** The part of a profile that parsers depend on. */
export interface ReadRules {
  readonly parse: 'strict' | 'lenient'
  readonly answerPick: 'first' | 'last'
  readonly tools?: readonly ToolName[]
}

/** A call as written, with box and source unchecked. */
export interface WrittenCall {
  readonly bbox: unknown
  /** `original_image`, or `observation_` with a number. */
  readonly source: string
  /** Why the box could not be parsed, as the Python interpreter of the released loop reports it. */
  readonly unread?: string
  /** The text of the box, for error messages. */
  readonly written: string
}

/** A call of a tool beside zoom as it was written: whether there is such a tool is not yet checked. */
export interface WrittenUse {
  readonly tool: string
  readonly values: Readonly<Record<string, unknown>>
  readonly source: string
}
