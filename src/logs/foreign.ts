/** A log of another program, as its readers give it: samples with messages, before they become searches. Types only. */
import type { Fields } from '../shared/fields.ts'

export interface ForeignLog {
  /** The program that wrote it. */
  readonly kind: 'inspect_ai' | 'verifiers' | 'DeepEyes' | 'verl'
  /** What was evaluated or trained on, and the model, as far as the log says. */
  readonly task: string
  readonly model: string
  /** Further settings of the log, shown with the run. */
  readonly settings: Fields
  /** In which unit its boxes are where nothing shows it. */
  readonly unit?: BoxUnitName
  /** One at a time; what cannot be read is given as such, and the next ones follow. */
  samples(): AsyncGenerator<ForeignSample | UnreadSample, void>
}

export type BoxUnitName = 'pixel' | 'thousand' | 'relative'

export interface UnreadSample {
  /** Its place in the log. */
  readonly place: string
  readonly why: string
}

export interface ForeignSample {
  readonly id: string
  /** The attempt at the problem, from 0. */
  readonly attempt: number
  /** What the model was given before its first reply, and what followed. */
  readonly prompt: readonly LoggedMessage[]
  readonly rest: readonly LoggedMessage[]
  /** The question alone, where the log has it. */
  readonly question?: string | undefined
  readonly truth?: string | undefined
  readonly choices?: readonly string[] | undefined
  readonly verdict?: ForeignVerdict | undefined
  readonly reward?: { readonly total: number; readonly parts: Readonly<Record<string, number>> } | undefined
  /** The answer as the program took it from the reply. */
  readonly answer?: string | undefined
  readonly error?: string | undefined
  /** The limit that stopped it, in the words of the log. */
  readonly limit?: string | undefined
  readonly seconds?: number | undefined
  /** Anything else that the log says about it. */
  readonly facts: Fields
}

export interface ForeignVerdict {
  readonly kind: 'correct' | 'wrong' | 'unjudged'
  readonly reason: string
  /** From 0 to 1, of scores that give part of a point. */
  readonly score?: number
}

export interface LoggedMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  /** Reasoning in a field of its own. */
  readonly thinking: string
  /** data: URLs, paths or other references, in order. */
  readonly pictures: readonly string[]
  readonly calls: readonly Call[]
  /** Of a tool's message: the call that it answers. */
  readonly callId?: string | undefined
  readonly usage?: CallUsage | undefined
}

export interface Call {
  readonly id?: string | undefined
  readonly name: string
  readonly values: Fields
  /** As it was written, for those that are not part of the text. */
  readonly written?: string
}

/** Tokens of the whole prompt of a model call, and of its reply. */
export interface CallUsage {
  readonly sent: number
  readonly cached: number
  readonly written: number
  readonly ms: number
}
