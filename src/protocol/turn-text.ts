/** A turn as a single text, for exports and training. Pure. */
import type { Turn } from './trajectory.ts'

/** Tags that a parser could take for an action. */
const marks = /<(\/?(?:think|grounding|tool_call|answer))>|\\(boxed)(?=\{)/g

/** Puts separate thinking in front of the text. Calls and answers drafted in it lose their tags. */
export function turnAsText({ text, thinking = '' }: Pick<Turn, 'text' | 'thinking'>): string {
  const thought = thinking.trim()
  return thought === '' ? text : `<think>${thought.replaceAll(marks, '$1$2')}</think>${text}`
}
