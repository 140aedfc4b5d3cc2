/**
 * The prompt of the embedded policy in each turn: the system message, the question, its own last turn, the name of the current view, and the
 * view itself. Earlier turns are not in the context; the policy carries what it needs along in its thoughts. So every turn costs
 * the same, and a search can have any number of turns.
 */
import { special } from '../../model/tokenizer.ts'
import { encodeText } from '../../model/tokenizer.ts'
import type { Message } from '../policy.ts'

/** A message without its view. */
export type Said = Pick<Message, 'kind' | 'text'>

/** The constant part of the prompt: the system message and the question. */
export function questionTokens({ system, text }: { readonly system: string; readonly text: string }): number[] {
  return [...encodeText(system), ...encodeText(text.replace(/^<image>\s*/, ''))]
}

/** Text tokens before the reply. `lastReply`: the reply of the previous turn without its end mark. */
export function turnPrompt(question: readonly number[], lastReply: readonly number[], message: Said): number[] {
  switch (message.kind) {
    case 'question':
      return [...question, ...encodeText('original_image')]
    case 'observation':
      return [...question, ...lastReply, special.end, ...encodeText(message.text.replace(/(?<!\s)\s*<image>$/, ''))]
    case 'error':
      return [...question, ...lastReply, special.end, ...encodeText(message.text)]
  }
}

/** Text tokens that a message adds to the conversation, including the end mark of the previous reply. */
export function freshTokens(question: readonly number[], message: Said): number {
  return turnPrompt(message.kind === 'question' ? question : [], [], message).length
}
