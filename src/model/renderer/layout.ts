/**
 * What stands around the texts of a conversation, read from a model's own chat template by rendering it with placeholders: so the
 * models of a family may differ in their system line, in what opens a thought and in how functions are declared.
 */
import { thinkingOpens } from '../../protocol/thinking-marks.ts'
import { messageOf, UserError } from '../../shared/errors.ts'
import type { ChatTemplate, TemplateMessage } from './chat-template.ts'

type Around = readonly [before: string, behind: string]

/** Texts with their special tokens written out, in the order in which a conversation has them. */
export interface Layout {
  /** Before the first message of the user, when nothing is said before it. */
  readonly alone: string
  /** Around what is said before it: the system prompt. */
  readonly system: Around
  /** Around the tokens of a picture. */
  readonly picture: Around
  /** Between a message of the user and the policy's reply. */
  readonly reply: string
  /** The end of `reply` that belongs to the policy's turn, such as the mark that opens a thought; mostly empty. */
  readonly begun: string
  /** Around a thought in a turn that stands behind `reply`; absent: the template knows none, and thoughts are part of the text. */
  readonly thought?: Around
  /** Between a reply and the next message of the user; it begins with the token that ends a turn. */
  readonly next: string
  /**
   * Where the policy calls functions: between its reply and the result of its call; `reply` and `next` behind that. Absent too where
   * the template declares none.
   */
  readonly result?: { readonly before: string; readonly reply: string; readonly next: string }
  /** Blanks at both ends of a message are left out. */
  readonly trims: boolean
}

/** Unlike any text of a template. */
const placeholder = (letter: string): string => `\u{E000}${letter}\u{E001}`
const [system, user, reply] = [placeholder('S'), placeholder('U'), placeholder('R')]
const [thought, result, later] = [placeholder('T'), placeholder('F'), placeholder('L')]

const asked = told(user)
const replied: TemplateMessage = { role: 'assistant', content: reply }

/**
 * `pad`: what stands for a picture in the template. `tools`: declarations of the functions that the policy may call. Throws
 * `UserError` for a template of another kind.
 */
export function readLayout(template: ChatTemplate, pad: string, tools?: readonly object[]): Layout {
  try {
    const said = template([{ role: 'system', content: system }, asked], { tools })
    const alone = template([asked], { tools, replies: true })
    const opened = behind(alone, user)
    const begins = thinkingOpens(opened)
    const thinking = thoughtOf(template, opened)
    const results = tools && resultOf(template, tools)
    return {
      alone: before(alone, user),
      system: [before(said, system), between(said, system, user)],
      picture: pictureOf(template, pad),
      reply: opened,
      begun: begins === undefined ? '' : opened.slice(begins),
      ...(thinking && { thought: thinking }),
      next: between(template([asked, replied, told(later)], { tools }), reply, later),
      ...(results && { result: results }),
      trims: !template([told(` ${user}`)]).includes(` ${user}`),
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw new UserError(
      'chat-template-foreign',
      `The model’s chat template cannot render a search (${messageOf(cause)}). Use the model’s own.`,
      { cause },
    )
  }
}

function told(text: string): TemplateMessage {
  return { role: 'user', content: [{ type: 'text', text }] }
}

function pictureOf(template: ChatTemplate, pad: string): Around {
  const content = [{ type: 'text', text: user }, { type: 'image' }, { type: 'text', text: later }] as const
  const shown = between(template([{ role: 'user', content }]), user, later)
  return [before(shown, pad), behind(shown, pad)]
}

function thoughtOf(template: ChatTemplate, opened: string): Around | undefined {
  const shown = template([asked, { ...replied, reasoning_content: thought }])
  const opening = shown.includes(thought) ? between(shown, user, thought) : ''
  // Where `reply` closes a thought that was none, a turn has no room for another.
  if (!opening.startsWith(opened)) return undefined
  return [opening.slice(opened.length), between(shown, thought, reply)]
}

function resultOf(template: ChatTemplate, tools: readonly object[]): Layout['result'] {
  if (template([asked], { tools }) === template([asked])) return undefined
  const called: readonly TemplateMessage[] = [asked, replied, { role: 'tool', content: result }]
  const shown = template([...called, told(later)], { tools })
  return {
    before: between(shown, reply, result),
    reply: behind(template(called, { tools, replies: true }), result),
    next: between(shown, result, later),
  }
}

function between(text: string, first: string, second: string): string {
  return before(behind(text, first), second)
}

function before(text: string, mark: string): string {
  return text.slice(0, at(text, mark))
}

function behind(text: string, mark: string): string {
  return text.slice(at(text, mark) + mark.length)
}

function at(text: string, mark: string): number {
  const found = text.indexOf(mark)
  if (found >= 0 && !text.includes(mark, found + mark.length)) return found
  throw new Error('a text passed to it does not appear exactly once')
}
