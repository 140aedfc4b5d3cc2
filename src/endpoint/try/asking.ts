/** What the trials of a server share: how they ask, what they find, and pictures to ask about. */
import type { PixelBox, Size } from '../../protocol/box.ts'
import { sha256 } from '../../shared/canonical.ts'
import { MiniO3Error, messageOf } from '../../shared/errors.ts'
import { encodePng } from '../../vision/encode.ts'
import type { Completion, CompletionRequest } from '../endpoint.ts'
import { encodeMessage } from '../exchange/encode-message.ts'
import type { EncodedMessage } from '../exchange/encode-message.ts'
import type { ContentPart, ImagePart } from '../exchange/messages.ts'

export interface Finding {
  readonly check: string
  /** `problem`: no search can be done like this. */
  readonly level: 'ok' | 'note' | 'problem'
  readonly text: string
  /** What to do about it. */
  readonly fix?: string
}

/** Asks for one reply; `what` is shown while it is awaited. */
export type AskServer = (
  what: string,
  messages: readonly EncodedMessage[],
  more?: Partial<CompletionRequest>,
) => Promise<Completion>

/** Enough tokens for a model that thinks first; as few surprises as a server can be asked for. */
export const room = { maxTokens: 2_048, temperature: 0 } as const

export function user(...parts: readonly (ContentPart | string)[]): EncodedMessage {
  const content = parts.map((part) => (typeof part === 'string' ? ({ type: 'text', text: part } as const) : part))
  return encodeMessage({ role: 'user', content })
}

/** The findings, or the one that it could not be tried. */
export async function settled(check: string, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work()
  } catch (error) {
    return [{ check, level: 'note', text: `could not be tried. ${whyRefused(error)}` }]
  }
}

/** Why a server did not answer. Lets an abort through, and whatever is not its doing. */
export function whyRefused(error: unknown): string {
  if (error instanceof MiniO3Error && error.code !== 'aborted') return messageOf(error)
  throw error
}

/** A reply without its thinking, short enough for a line. */
export function saidIn({ text }: Completion): string {
  const said = text
    .replace(/^[\s\S]*<\/think>/, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return said.length > 60 ? `${said.slice(0, 60)}…` : said
}

type Colour = readonly [r: number, g: number, b: number]

/** A picture of one colour, with a square of another one in it. */
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
