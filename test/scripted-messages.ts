/** Reads and checks the messages of a chat request as a strict server would: raw bytes, parts, and pictures that decode. */
import { createHash } from 'node:crypto'
import sharp from 'sharp'

/** A picture as it came, or as it is remembered. */
export interface SentImage {
  readonly uuid?: string
  /** Only an id came; what follows is from memory. */
  readonly byId?: true
  /** Hex SHA-256; empty where the id is not known. */
  readonly sha256: string
  readonly width: number
  readonly height: number
}

export interface SentMessage {
  readonly role: string
  /** The text parts, one after another; thinking that came in a field of its own stands in front, see `withReasoning`. */
  readonly text: string
  readonly images: readonly SentImage[]
  readonly toolCalls: readonly unknown[]
  /** Hash of the message's bytes in the request, a picture that comes under an id counting by that id alone. */
  readonly hash: string
}

type Json = Record<string, unknown>
export type Complain = (violation: string) => void

/** The texts of the elements of the array `messages` in a request, exactly as they were sent. */
export function rawMessages(body: string): string[] {
  const mark = /"messages"\s*:\s*\[/.exec(body)
  if (mark === null) return []
  const texts: string[] = []
  let depth = 0
  let start = -1
  for (let at = mark.index + mark[0].length; at < body.length; at++) {
    const character = body[at]
    if (character === '"') {
      at = endOfString(body, at)
    } else if (character === '{' || character === '[') {
      if (depth++ === 0) start = at
    } else if (character === '}' || character === ']') {
      if (depth === 0) break
      if (--depth === 0) texts.push(body.slice(start, at + 1))
    }
  }
  return texts
}

function endOfString(text: string, quote: number): number {
  let end = text.indexOf('"', quote + 1)
  while (end > 0) {
    let backslashes = 0
    while (text[end - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return text.length
}

/** A reply with its thinking, so that one sent back without it, or with it amid its content, is another reply. */
export function withReasoning(reasoning: string | undefined, text: string): string {
  return reasoning === undefined ? text : `[reasoning: ${reasoning}]${text}`
}

const nothing = { sha256: '', width: 0, height: 0 }

const decoded = new Map<string, Promise<{ width: number; height: number; format: string }>>()

/** Checks one message and says what is in it. */
export async function readMessage(
  raw: string,
  known: ReadonlyMap<string, SentImage>,
  complain: Complain,
): Promise<SentMessage> {
  const message = JSON.parse(raw) as Json
  const { role, content, tool_calls: toolCalls = [], tool_call_id: id, reasoning_content: reasoning, ...rest } = message
  if (!['system', 'user', 'assistant', 'tool'].includes(String(role))) complain(`unknown role ${String(role)}`)
  if (Object.keys(rest).length > 0) complain(`unknown fields in a message: ${Object.keys(rest).join(', ')}`)
  if (role === 'tool' && typeof id !== 'string') complain('a tool message without tool_call_id')
  if (!Array.isArray(toolCalls)) complain('tool_calls is no list')
  const parts: unknown[] = typeof content === 'string' ? [{ type: 'text', text: content }] : (content as unknown[])
  if (!Array.isArray(parts)) complain('content is neither text nor parts')
  if (reasoning !== undefined && role !== 'assistant') complain(`thinking in a message of the ${String(role)}`)
  let text = withReasoning(reasoning as string | undefined, '')
  let named = raw
  const images: SentImage[] = []
  for (const part of Array.isArray(parts) ? (parts as Json[]) : []) {
    if (part.type === 'text' && typeof part.text === 'string') {
      text += part.text
    } else if (part.type === 'image_url') {
      if (role !== 'user') complain(`a picture in a message of the ${String(role)}`)
      images.push(await readImage(part, known, complain))
      if (typeof part.uuid === 'string') named = named.replace(JSON.stringify(part), `<${part.uuid}>`)
    } else {
      complain(`unknown part ${JSON.stringify(part).slice(0, 80)}`)
    }
  }
  const hash = createHash('sha256').update(named).digest('hex')
  return { role: String(role), text, images, toolCalls: toolCalls as unknown[], hash }
}

async function readImage(part: Json, known: ReadonlyMap<string, SentImage>, complain: Complain): Promise<SentImage> {
  const uuid = typeof part.uuid === 'string' ? part.uuid : undefined
  const named = uuid === undefined ? {} : { uuid }
  if (part.image_url === null && uuid !== undefined) return { ...(known.get(uuid) ?? nothing), uuid, byId: true }
  const url = (part.image_url as { url?: unknown } | null)?.url
  const match = typeof url === 'string' ? /^data:image\/(jpeg|png);base64,([A-Za-z0-9+/]+=*)$/.exec(url) : null
  if (match === null) {
    complain('an image_url that is no data URL of a JPEG or PNG')
    return { ...nothing, ...named }
  }
  const bytes = Buffer.from(match[2]!, 'base64')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (!decoded.has(sha256)) decoded.set(sha256, decode(bytes))
  const { width, height, format } = await decoded.get(sha256)!
  if (format !== match[1]) complain(`a data URL says ${match[1]}, but holds ${format}`)
  return { ...named, sha256, width, height }
}

async function decode(bytes: Buffer): Promise<{ width: number; height: number; format: string }> {
  try {
    const { format } = await sharp(bytes).metadata()
    const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
    return { width: info.width, height: info.height, format }
  } catch {
    return { width: 0, height: 0, format: 'nothing that decodes' }
  }
}

/** Four characters a token, a token for 28 x 28 pixels. */
export function promptTokens(messages: readonly SentMessage[]): number {
  let tokens = 0
  for (const { text, images } of messages) {
    tokens += 4 + Math.ceil(text.length / 4)
    for (const { width, height } of images) tokens += Math.ceil(width / 28) * Math.ceil(height / 28)
  }
  return tokens
}
