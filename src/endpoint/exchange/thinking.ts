/** Extracts content and thinking from the fields and parts that servers use. Pure. */
import { fieldsOf, isRecord } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'

/**
 * Message fields for thinking, such as `reasoning_content`, `thinking` and `reasoning_details`, but neither signatures nor settings. Plain
 * text comes before the same in parts; the first non-blank field counts.
 */
const thinkingField = /^(?:reasoning|thinking|thoughts?)(?:_?(?:content|text|summary|steps))?$/i
const thinkingParts = /^(?:reasoning|thinking)_?(?:details|blocks)$/i

/** Types of content parts with thinking: `thinking`, `redacted_thinking`, `reasoning`, `reasoning.text`, `thought`, `analysis`. */
const thinkingPart = /^(?:redacted_)?(?:thinking|thought|reasoning|analysis)/

/** Servers nest thinking two or three levels deep. */
const maxDepth = 6

/** The content without thinking, from a string or from parts as in requests. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (isRecord(content)) return contentText([content])
  if (!Array.isArray(content)) return ''
  return content
    .filter((part) => !thinks(part))
    .map((part) => (typeof part === 'string' ? part : stringOf(fieldsOf(part)?.text)))
    .join('')
}

/** Thinking that the server sent separately from the text; empty if there is none. */
export function thinkingOf(message: Fields): string {
  const given = thoughtsIn(message).find((text) => text.trim() !== '')
  if (given !== undefined) return given
  return Array.isArray(message.content) ? thoughtText(message.content.filter(thinks), 0) : ''
}

/** What a chunk of a stream adds to the thinking, including whitespace. */
export function thinkingDelta(delta: Fields): string {
  const given = thoughtsIn(delta).find((text) => text !== '')
  return given ?? (Array.isArray(delta.content) ? thoughtText(delta.content.filter(thinks), 0) : '')
}

/** The message without its thinking. */
export function withoutThinking(message: Fields): Fields {
  return Object.fromEntries(
    Object.entries(message).filter(([name]) => !thinkingField.test(name) && !thinkingParts.test(name)),
  )
}

function thoughtsIn(message: Fields): string[] {
  const names = Object.keys(message)
  return [thinkingField, thinkingParts].flatMap((is) =>
    names.filter((name) => is.test(name)).map((name) => thoughtText(message[name], 0)),
  )
}

/** Gemini's own parts are of type text and marked as thought. */
function thinks(part: unknown): boolean {
  const { type, thought } = fieldsOf(part) ?? {}
  return thought === true || thinkingPart.test(stringOf(type))
}

/** Text fields of a part; the first one counts. */
const textFields = ['thinking', 'text', 'thought', 'reasoning', 'reasoning_text', 'summary', 'content'] as const

function thoughtText(value: unknown, depth: number): string {
  if (typeof value === 'string') return value
  if (depth > maxDepth) return ''
  if (Array.isArray(value)) return value.map((one) => thoughtText(one, depth + 1)).join('')
  const part = fieldsOf(value)
  if (part === undefined) return ''
  return textFields.map((name) => thoughtText(part[name], depth + 1)).find((text) => text !== '') ?? ''
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
