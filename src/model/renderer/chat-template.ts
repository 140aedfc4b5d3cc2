/**
 * Renders a model's own chat template (Jinja), which determines what surrounds the texts of a conversation. Templates are untrusted data,
 * so size and time are limited. Thinking is always on, since every policy here thinks before it acts.
 */
import { Script } from 'node:vm'
import { Template } from '@huggingface/jinja'
import { fieldsOf } from '../../shared/fields.ts'
import { messageOf, UserError } from '../../shared/errors.ts'
import { itemAt, own } from '../../shared/known.ts'
import type { ModelFiles } from './model-files.ts'

export type TemplatePart = { readonly type: 'text'; readonly text: string } | { readonly type: 'image' }

export interface TemplateMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string | readonly TemplatePart[]
  readonly reasoning_content?: string
  readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: object } }[]
}

interface TemplateOptions {
  /** Function declarations, as OpenAI has them. */
  readonly tools?: readonly object[] | undefined
  /** End the text where the policy's reply starts; absent: after the last message. */
  readonly replies?: true
}

/** The conversation as the model's input text, with special tokens written out. Rethrows errors that the template raises. */
export type ChatTemplate = (messages: readonly TemplateMessage[], options?: TemplateOptions) => string

const mostCharacters = 2 ** 18

/** Throws `UserError` if the files contain no readable template. `mostMs`: time limit for one conversation in milliseconds. */
export function chatTemplate(files: ModelFiles, mostMs = 10_000): ChatTemplate {
  const config = fieldsOf(files['tokenizer_config.json']) ?? {}
  const source = files['chat_template.jinja'] ?? sourceIn(files['chat_template.json']) ?? sourceIn(config)
  if (source === undefined) {
    throw new UserError(
      'chat-template-missing',
      'The model’s files contain no chat template. Add the model’s own chat_template.jinja or chat_template.json, or its ' +
        'complete tokenizer_config.json.',
    )
  }
  if (source.length > mostCharacters) throw unreadable(`it has ${source.length} characters`)
  const template = parsed(source, mostMs)
  const known = { bos_token: tokenIn(config, 'bos_token'), eos_token: tokenIn(config, 'eos_token') }
  return (messages, { tools, replies = false } = {}) => {
    const given = { messages, ...(tools && { tools }), add_generation_prompt: replies, enable_thinking: true }
    return within(mostMs, () => template.render({ ...known, ...given }))
  }
}

function parsed(source: string, mostMs: number): Template {
  try {
    return within(mostMs, () => new Template(source))
  } catch (cause) {
    throw unreadable(messageOf(cause), cause)
  }
}

/** A loop in a template cannot be stopped in any other way. */
function within<T>(mostMs: number, work: () => T): T {
  const done: T[] = []
  new Script('work()').runInNewContext({ work: () => void done.push(work()) }, { timeout: mostMs })
  return itemAt(done, 0)
}

function unreadable(why: string, cause?: unknown): UserError {
  return new UserError(
    'chat-template-foreign',
    `The model’s chat template cannot be read: ${why}. Use the model’s own.`,
    {
      cause,
    },
  )
}

/** One text, or several by name, of which `default` is for conversations. */
function sourceIn(file: object | undefined): string | undefined {
  const stored = own({ ...fieldsOf(file) }, 'chat_template')
  if (!Array.isArray(stored)) return typeof stored === 'string' ? stored : undefined
  const named = stored.map((one: unknown) => fieldsOf(one)).find((one) => one?.['name'] === 'default')
  return typeof named?.['template'] === 'string' ? named['template'] : undefined
}

/** Tokens stand in the configuration as text, or with how they are split. */
function tokenIn(config: Readonly<Record<string, unknown>>, name: string): string {
  const token = own(config, name)
  const text = fieldsOf(token)?.['content'] ?? token
  return typeof text === 'string' ? text : ''
}
