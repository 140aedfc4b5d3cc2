/** Reads messages in the forms that programs log: of chat completions, of inspect_ai, and with calls written into the text. Pure. */
import { readLooseValue } from '../protocol/loose-value.ts'
import { fieldsOf } from '../shared/fields.ts'
import type { Fields } from '../shared/fields.ts'
import { parseJson } from '../shared/json.ts'
import { own } from '../shared/known.ts'
import type { Call, CallUsage, LoggedMessage } from './foreign.ts'

export interface MessageOptions {
  /** Replaces references to texts and pictures that are stored elsewhere in the sample. */
  readonly resolve?: (text: string) => string
  readonly usageOf?: (id: string) => CallUsage | undefined
}

/** Throws for anything but a list of messages, or a text, which is one message of the user. */
export function readMessages(value: unknown, options: MessageOptions = {}): LoggedMessage[] {
  if (typeof value === 'string') return [{ role: 'user', text: value, thinking: '', pictures: [], calls: [] }]
  if (!Array.isArray(value)) throw new Error('its messages are not a list')
  return value.map((one) => readMessage(one, options))
}

const roles: Readonly<Record<string, LoggedMessage['role']>> = {
  system: 'system',
  developer: 'system',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
}

function readMessage(value: unknown, { resolve = (text) => text, usageOf }: MessageOptions): LoggedMessage {
  const message = fieldsOf(value)
  if (message === undefined) throw new Error('a message is not an object')
  const { role, id, tool_call_id: callId, error } = message
  const content = contentOf(message['content'], resolve)
  const reasoning = message['reasoning_content'] ?? message['reasoning'] ?? message['thinking']
  const thinking = [...content.thinking, ...(typeof reasoning === 'string' ? [resolve(reasoning)] : [])].join('\n\n')
  const failed = fieldsOf(error)?.['message'] ?? error
  const texts = [
    ...content.texts,
    ...(typeof failed === 'string' && failed !== '' ? [`Error: ${resolve(failed)}`] : []),
  ]
  const text = texts.join('\n')
  const known = own(roles, String(role)) ?? 'user'
  const isReply = known === 'assistant'
  const native = isReply && Array.isArray(message['tool_calls']) ? message['tool_calls'].map(nativeCall) : []
  return {
    role: known,
    text,
    thinking,
    pictures: content.pictures,
    calls: native.length > 0 || !isReply ? native : writtenCalls(text),
    callId: typeof callId === 'string' ? callId : undefined,
    usage: typeof id === 'string' ? usageOf?.(id) : undefined,
  }
}

interface Content {
  readonly texts: string[]
  readonly thinking: string[]
  readonly pictures: string[]
}

function contentOf(value: unknown, resolve: (text: string) => string): Content {
  const content: Content = { texts: [], thinking: [], pictures: [] }
  const parts: unknown[] = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]
  for (const one of parts) {
    const part = typeof one === 'string' ? { type: 'text', text: one } : fieldsOf(one)
    const { type, text, reasoning, summary, image, image_url: url } = part ?? {}
    const picture = fieldsOf(url)?.['url'] ?? url ?? image
    if (type === 'text' && typeof text === 'string') {
      if (text !== '') content.texts.push(resolve(text))
    } else if (type === 'reasoning' && typeof (reasoning || summary) === 'string') {
      content.thinking.push(resolve(String(reasoning || summary)))
    } else if ((type === 'image' || type === 'image_url' || type === 'input_image') && typeof picture === 'string') {
      content.pictures.push(resolve(picture))
    } else content.texts.push(notShown(type, part))
  }
  return content
}

const mostOfPart = 2000

/** A part of another kind, such as audio, in place of which its beginning is shown. */
function notShown(type: unknown, part: Fields | undefined): string {
  const text = JSON.stringify(part) ?? ''
  const what = typeof type === 'string' ? type : 'part'
  return `[${what}, as it is in the log: ${text.length > mostOfPart ? `${text.slice(0, mostOfPart)}…` : text}]`
}

function nativeCall(value: unknown): Call {
  // verifiers writes each call as JSON in a text.
  const call = fieldsOf(typeof value === 'string' ? jsonIn(value) : value) ?? {}
  const called = fieldsOf(call['function']) ?? call
  const name = typeof call['function'] === 'string' ? call['function'] : called['name']
  const given = called['arguments'] ?? called['args'] ?? {}
  const values = fieldsOf(typeof given === 'string' ? jsonIn(given) : given)
  const { id } = call
  const written = JSON.stringify({ name, arguments: values ?? given })
  return {
    id: typeof id === 'string' ? id : undefined,
    name: typeof name === 'string' ? name : '',
    values: values ?? {},
    written: `<tool_call>\n${written}\n</tool_call>`,
  }
}

function jsonIn(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return readLooseValue(text)?.value
  }
}

const writtenForms = /<(tool_call|grounding|function_call)>([^]*?)(?:<\/\1>|$)/g
const mostWritten = 32

/** Calls in the text of a reply, such as `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`; thoughts may draft others. */
function writtenCalls(text: string): Call[] {
  const said = text.slice(text.lastIndexOf('</think>') + 1)
  const calls: Call[] = []
  for (const [, tag, body = ''] of said.matchAll(writtenForms)) {
    if (calls.length === mostWritten) break
    const call = fieldsOf(readLooseValue(body)?.value)
    if (call === undefined) continue
    const { name, arguments: given } = call
    const values = fieldsOf(typeof given === 'string' ? readLooseValue(given)?.value : given)
    calls.push({ name: typeof name === 'string' ? name : String(tag), values: values ?? call })
  }
  return calls
}
