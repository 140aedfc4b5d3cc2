/** Shared by the tests of a server: requests, findings, and test pictures. */
import type { PixelBox, Size } from '../../protocol/box.ts'
import { sha256 } from '../../shared/canonical.ts'
import { MiniO3Error, messageOf } from '../../shared/errors.ts'
import { encodePng } from '../../vision/encode.ts'
import type { Completion, CompletionRequest, Endpoint } from '../endpoint.ts'
import { encodeMessage } from '../exchange/encode-message.ts'
import type { EncodedMessage } from '../exchange/encode-message.ts'
import type { ContentPart, ImagePart } from '../exchange/messages.ts'

export interface Finding {
  readonly check: string
  /** `problem`: searching is not possible. */
  readonly level: 'ok' | 'note' | 'problem'
  readonly text: string
  /** What the user can do about it. */
  readonly fix?: string
}

/** Requests one reply; `what` is shown while waiting. */
export type AskServer = (
  what: string,
  messages: readonly EncodedMessage[],
  more?: Partial<CompletionRequest>,
) => Promise<Completion>

export interface TryOptions {
  readonly endpoint: Endpoint
  readonly model: string
  readonly signal?: AbortSignal | undefined
  /** Called before every request. */
  readonly onRequest: (what: string) => void
}

export function askerOf({ endpoint, model, signal, onRequest }: TryOptions): AskServer {
  return (what, messages, more) => {
    onRequest(what)
    return endpoint.complete({ model, messages, ...more }, { signal })
  }
}

/** Enough tokens for a model that thinks first, and greedy sampling. */
export const room = { maxTokens: 2_048, temperature: 0 } as const

export function user(...parts: readonly (ContentPart | string)[]): EncodedMessage {
  const content = parts.map((part) => (typeof part === 'string' ? ({ type: 'text', text: part } as const) : part))
  return encodeMessage({ role: 'user', content })
}

/** The findings, or a single one that the test failed. */
export async function settled(check: string, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work()
  } catch (error) {
    return [{ check, level: 'note', text: `could not be tested. ${whyRefused(error)}` }]
  }
}

/** Why a server did not reply. Rethrows aborts and unrelated errors. */
export function whyRefused(error: unknown): string {
  if (error instanceof MiniO3Error && error.code !== 'aborted') return messageOf(error)
  throw error
}

/** A reply without its thinking, shortened to a line. */
export function saidIn({ text }: Completion): string {
  const said = text
    .replace(/^[\s\S]*<\/think>/, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return said.length > 60 ? `${said.slice(0, 60)}…` : said
}

type Colour = readonly [r: number, g: number, b: number]

/** A picture of one colour with a square of another. */
export async function drawn(
  { width, height }: Size,
  ground: Colour,
  mark?: { readonly boxPx: PixelBox; readonly colour: Colour },
): Promise<ImagePart> {
  const data = Buffer.alloc(width * height * 3, Buffer.from(ground))
  if (mark !== undefined) {
    const [x0, y0, x1, y1] = mark.boxPx
    const row = Buffer.alloc((x1 - x0) * 3, Buffer.from(mark.colour))
    for (let y = y0; y < y1; y++) data.set(row, (y * width + x0) * 3)
  }
  const bytes = await encodePng({ width, height, data })
  return { type: 'image', bytes, mime: 'image/png', sha256: sha256(bytes) }
}
