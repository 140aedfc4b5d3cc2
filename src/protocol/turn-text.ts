/** A turn as one text, for exports and training. Pure. */
import type { Turn } from './trajectory.ts'

/** What could be read as an act of the turn. */
const marks = /<(\/?(?:think|grounding|tool_call|answer))>|\\(boxed)(?=\{)/g

/** Thinking that came apart from the text stands in front of it. A call or an answer that it drafts loses its marks. */
export function turnAsText({ text, thinking = '' }: Pick<Turn, 'text' | 'thinking'>): string {
  const thought = thinking.trim()
  return thought === '' ? text : `<think>${thought.replaceAll(marks, '$1$2')}</think>${text}`
}
