/** Extracts content and thinking from the fields and parts that servers use. Pure. */
import { fieldsOf, isOneOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'

/** Message fields for thinking; the first non-blank one counts. */
const thinkingFields = [
  'reasoning_content',
  'reasoning',
  'thinking',
  'reasoning_text',
  'thought',
  'reasoning_details',
  'thinking_blocks',
] as const

/** Types of content parts with thinking: `thinking`, `redacted_thinking`, `reasoning`, `reasoning.text`, `reasoning_text`. */
const thinkingPart = /^(?:redacted_)?(?:thinking|reasoning)/

/** Servers nest thinking two or three levels deep. */
const maxDepth = 6

/** The content without thinking, from a string or from parts as in requests. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .filter((part) => !thinks(part))
    .map((part) => (typeof part === 'string' ? part : stringOf(fieldsOf(part)?.text)))
    .join('')
}

/** Thinking that the server sent separately from the text; empty if there is none. */
export function thinkingOf(message: Fields): string {
  const given = thinkingFields.map((name) => thoughtText(message[name], 0)).find((text) => text.trim() !== '')
  if (given !== undefined) return given
  return Array.isArray(message.content) ? thoughtText(message.content.filter(thinks), 0) : ''
}

/** What a chunk of a stream adds to the thinking, including whitespace. */
export function thinkingDelta(delta: Fields): string {
  const given = thinkingFields.map((name) => thoughtText(delta[name], 0)).find((text) => text !== '')
  return given ?? (Array.isArray(delta.content) ? thoughtText(delta.content.filter(thinks), 0) : '')
}

/** The message without its thinking. */
export function withoutThinking(message: Fields): Fields {
  return Object.fromEntries(Object.entries(message).filter(([name]) => !isOneOf(thinkingFields, name)))
}

function thinks(part: unknown): boolean {
  return thinkingPart.test(stringOf(fieldsOf(part)?.type))
}

/** Text fields of a part; the first one counts. */
const textFields = ['thinking', 'text', 'reasoning', 'reasoning_text', 'summary', 'content'] as const

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
