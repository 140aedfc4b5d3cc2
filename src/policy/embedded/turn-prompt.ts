/**
 * What the small policy is conditioned on in each turn: the system line, the question, its own last turn and the name
 * of what it is shown now, beside the view itself. Earlier turns are not in its context: what matters of them it
 * carries along in its thoughts. So a turn costs the same however long the search, and any number of turns fits.
 */
import { special } from '../../model/tokenizer.ts'
import { encodeText } from '../../model/tokenizer.ts'
import type { Message } from '../policy.ts'

/** A message without its view. */
export type Said = Pick<Message, 'kind' | 'text'>

/** The part of the context that stays: the system line and the question. */
export function questionTokens({ system, text }: { readonly system: string; readonly text: string }): number[] {
  return [...encodeText(system), ...encodeText(text.replace(/^<image>\s*/, ''))]
}

/** Text tokens before the reply. `lastReply` is what the policy wrote in its last turn, without an end mark. */
export function turnPrompt(question: readonly number[], lastReply: readonly number[], message: Said): number[] {
  switch (message.kind) {
    case 'question':
      return [...question, ...encodeText('original_image')]
    case 'observation':
      return [...question, ...lastReply, special.end, ...encodeText(message.text.replace(/\s*<image>$/, ''))]
    case 'error':
      return [...question, ...lastReply, special.end, ...encodeText(message.text)]
  }
}

/** Text tokens that a message adds to the conversation, the end mark of the reply before it included. */
export function freshTokens(question: readonly number[], message: Said): number {
  return turnPrompt(message.kind === 'question' ? question : [], [], message).length
}
