/** Rows that hold a conversation (OpenAI messages, ShareGPT, TRL or verl prompts) as plain fields, if it is one question and its answer. Pure. */
import { fieldsOf } from '../../shared/fields.ts'
import type { Fields } from '../../shared/fields.ts'

const conversations = ['messages', 'conversations', 'conversation', 'prompt'] as const
const askers = new Set(['user', 'human'])
const repliers = new Set(['assistant', 'gpt', 'model', 'bot'])

export interface PlainRow {
  readonly values: Fields
  /** The field of the conversation, if there is one. */
  readonly from?: string
  /** Why it is unusable. */
  readonly broken?: string
}

/** The row with `question`, `answer` and `images` in place of its conversation; any other row is returned unchanged. */
export function withoutChat(values: Fields): PlainRow {
  const from = conversations.find((name) => Array.isArray(values[name]))
  const rule = fieldsOf(values['reward_model'])?.['ground_truth']
  if (from === undefined) return { values }
  const { [from]: chat, reward_model: _, ...others } = values
  const turns = (Array.isArray(chat) ? chat : []).map((turn) => turnOf(turn))
  const asked = turns.filter(({ role }) => askers.has(role))
  const replies = turns.filter(({ role }) => repliers.has(role))
  if (asked[0] === undefined || asked.length > 1 || replies.length > 1) {
    return {
      values,
      from,
      broken: `its ${from} contain ${asked.length} questions: only rows with one question and its answer are read`,
    }
  }
  const { text, images } = asked[0]
  const reply = replies[0]?.text
  return {
    from,
    values: {
      ...others,
      question: text,
      ...(images.length > 0 && { images }),
      ...(rule !== undefined && rule !== null && { answer: rule }),
      ...(reply !== undefined && rule === undefined && !hasAnswer(others) && { answer: reply }),
    },
  }
}

function hasAnswer(values: Fields): boolean {
  return ['answer', 'answers', 'solution', 'ground_truth', 'label'].some((name) => values[name] !== undefined)
}

interface Turn {
  readonly role: string
  readonly text: string
  readonly images: readonly unknown[]
}

function turnOf(value: unknown): Turn {
  const { role, from, content, value: said } = fieldsOf(value) ?? {}
  const parts: unknown[] = Array.isArray(content) ? content : [{ type: 'text', text: content ?? said }]
  const fields = parts.map((part) => fieldsOf(part) ?? { text: part })
  const texts = fields.map(({ text }) => text).filter((text) => typeof text === 'string')
  const images = fields.map(pictureIn).filter((image) => image !== undefined && image !== null)
  const named = role ?? from
  return { role: typeof named === 'string' ? named : '', text: texts.join('\n'), images }
}

/** `image_url` as text or object, or `image` as a name or struct; a part without one stands for a picture of the row. */
function pictureIn(part: Fields): unknown {
  const url = part['image_url']
  return url === undefined || url === null ? (part['image'] ?? part['path']) : (fieldsOf(url)?.['url'] ?? url)
}
