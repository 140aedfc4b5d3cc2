/** What a dialect says about the text of a turn: how a policy writes its calls and answers. Each has a file in this folder. Pure. */

import type { Profile } from '../base-profile.ts'
import type { ToolName } from '../view-tools.ts'

/** How turns are written: where a reply halts, and what its text says. All readers are linear in the text and never throw. */
export interface Dialect {
  /** A reply halts after the first of these, which stays at its end. */
  readonly stop: readonly string[]
  /** OpenAI function declarations, for dialects that call natively; `tools`: those of the profile beside zoom. */
  readonly functions?: (tools?: readonly ToolName[]) => readonly object[]
  /** A profile of the dialect with tools beside zoom: it says how they are called; absent: it takes none. */
  readonly withTools?: (profile: Profile, tools: readonly ToolName[]) => Profile
  /** The template of its models opens the thinking: what stands before the mark that closes it was thought. */
  readonly prefilled?: true
  /** A call as it should have been written, to be told after one that cannot be read. */
  readonly callForm: string
  /** Blank or undefined: the turn says nothing of what was thought. */
  readonly thought: (text: string) => string | undefined
  /** The call that counts; undefined: the turn makes none. */
  readonly call: (text: string, rules: ReadRules) => WrittenCall | WrittenUse | 'unreadable' | undefined
  /** The answer that the turn gives, were there no call; undefined: none. */
  readonly answer: (text: string, rules: ReadRules) => string | undefined
  /** Every complete answer in the text, in its order, whatever else the turn does. */
  readonly answers: (text: string) => readonly string[]
}

/** The part of a profile that says how a turn is read. */
export interface ReadRules {
  readonly parse: 'strict' | 'lenient'
  readonly answerPick: 'first' | 'last'
  readonly tools?: readonly ToolName[]
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

/** A call of a tool beside zoom as it was written: whether there is such a tool is not yet checked. */
export interface WrittenUse {
  readonly tool: string
  readonly values: Readonly<Record<string, unknown>>
  readonly source: string
}
