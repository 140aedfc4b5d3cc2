/**
 * A search as the tokens that a vision-language model reads, laid out as its own chat template lays it out. It only ever grows: what
 * was sampled stays as it was sampled and is never tokenised again, also where the template would rewrite it in a later turn.
 */
import type { Prompt, PromptChunk } from '../../engine/engine.ts'
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import type { Layout } from '../../model/renderer/layout.ts'
import { stripEnd, stripStart } from '../../model/renderer/python-text.ts'
import type { Piece } from '../../model/renderer/tokenizer.ts'
import { pixelBox } from '../../protocol/box.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { PixelCache } from '../../vision/cache.ts'
import { encodeFineJpeg, encodePng } from '../../vision/encode.ts'
import type { Pixels } from '../../vision/picture.ts'
import { region } from '../../vision/region.ts'
import { limiter } from '../../shared/limiter.ts'
import { resultText, textsAround } from '../chat/chat-messages.ts'
import { keepRecent } from '../../shared/recent.ts'
import { exactPixels } from '../chat/view-bytes.ts'
import { viewsOf } from '../policy.ts'
import type { Message, View } from '../policy.ts'

export interface Conversation {
  /** Appends a message to the policy. Returns its cost in tokens. */
  tell(message: Message): Promise<{ readonly promptTokens: number; readonly imageTokens: number }>
  /** Everything before the next reply. */
  prompt(): Prompt
  /** Appends the policy's turn: its sampled tokens, including the end mark if it wrote one. */
  reply(tokens: readonly number[]): void
  /** Removes the last message and its reply. */
  takeBack(): void
}

/** `tools`: declarations of the functions that the policy calls; results of calls are then told as such. Throws `UserError`. */
export function openConversation(
  model: ChatModel,
  tools: readonly object[] | undefined,
  shown: ShownPictures,
): Conversation {
  const { tokenizer } = model
  const layout = model.layout(tools)
  let chunks: readonly PromptChunk[] = []
  /** Whether the last message of the policy is closed; true before the first. */
  let closed = true
  let earlier = { chunks, closed }

  return {
    async tell(message) {
      earlier = { chunks, closed }
      const pictures = await Promise.all(viewsOf(message).map((view) => shown(view, model)))
      const told: PromptChunk[] = []
      let pieces: Piece[] = []
      const close = (): void => {
        const tokens = tokenizer.encodePieces(pieces)
        // The policy wrote the end of its message itself.
        const written = told.length === 0 && message.kind !== 'question' && closed ? 1 : 0
        told.push({ kind: 'text', tokens: tokens.slice(written) })
        pieces = []
      }
      for (const part of partsOf(message, pictures, layout)) {
        if (typeof part === 'string' || 'frame' in part) pieces.push(part)
        else {
          close()
          told.push(part)
        }
      }
      close()
      chunks = [...chunks, ...told]
      const imageTokens = pictures.reduce((sum, { tokens }) => sum + tokens, 0)
      return { imageTokens, promptTokens: imageTokens + told.reduce((sum, chunk) => sum + lengthOf(chunk), 0) }
    },
    prompt: () => chunks,
    reply(tokens) {
      chunks = [...chunks, { kind: 'text', tokens }]
      closed = tokens.at(-1) === model.end
    },
    takeBack: () => void ({ chunks, closed } = earlier),
  }
}

/** A message up to where the policy speaks, its pictures in their places. */
function partsOf(message: Message, pictures: readonly Image[], layout: Layout): (Piece | Image)[] {
  const { result, reply, next } = layout
  if (message.kind === 'question') {
    const { system } = message
    const [before, behind] = layout.system
    const opening =
      system === '' ? [{ frame: layout.alone }] : [{ frame: before }, trimmed(system, layout), { frame: behind }]
    return [...opening, ...contentOf(message.text, pictures, layout), { frame: reply }]
  }
  if (result === undefined) return [{ frame: next }, ...contentOf(message.text, pictures, layout), { frame: reply }]
  const told = [{ frame: result.before }, trimmed(resultText(message.text), layout)]
  if (pictures.length === 0) return [...told, { frame: result.reply }]
  // As over a server: no result of a call holds a picture there.
  return [...told, { frame: result.next }, ...contentOf('', pictures, layout), { frame: reply }]
}

function contentOf(
  text: string,
  pictures: readonly Image[],
  { picture: [open, close], trims }: Layout,
): (Piece | Image)[] {
  const texts = textsAround(text, pictures.length)
  const last = texts.length - 1
  const parts = texts.map((part, index) => {
    const started = trims && index === 0 ? stripStart(part) : part
    return trims && index === last ? stripEnd(started) : started
  })
  return parts.flatMap((part, index) => {
    const shown = pictures[index]
    return shown === undefined ? [part] : [part, { frame: open }, shown, { frame: close }]
  })
}

function trimmed(text: string, { trims }: Layout): string {
  return trims ? stripStart(stripEnd(text)) : text
}

function lengthOf(chunk: PromptChunk): number {
  return chunk.kind === 'text' ? chunk.tokens.length : 0
}

type Image = Extract<PromptChunk, { readonly kind: 'image' }>

/** Encodes the pictures of conversations for a server; conversations that share one encode a picture once. */
export type ShownPictures = (view: View, model: ChatModel) => Promise<Image>

/** One for each policy or training run. Views get a size that the server does not resize; small views are lossless. */
export function shownPictures(): ShownPictures {
  /** Recently used pictures: the searches of a group start with the same one. */
  const recent = keepRecent<Image>(4096)
  /** Their encoded files, which every later turn of a search sends again; evicted ones are encoded again. */
  const files = new PixelCache(2 * 1024 ** 3)
  /** Limit how many views are cropped and encoded at once, up to 6 MB each: new ones, and those that are encoded again. */
  const firstEncodeLimit = limiter(8)
  const reencodeLimit = limiter(4)
  return (view, model) => {
    const key = canonicalJson([view.key, model.grid])
    const draw = async (): Promise<Drawn> => drawn(await view.pixels(), model)
    const drawAgain = (): Promise<Uint8Array> => reencodeLimit(async () => (await draw()).data)
    return recent(key, () =>
      // As one task, so that no pixels are held while waiting.
      firstEncodeLimit(async () => {
        const first = await draw()
        await files.read(key, first.data.byteLength, async () => first.data, asItIs)
        return imageOf(files, key, first, drawAgain)
      }),
    )
  }
}

/** A separate function, so that the returned closure does not retain `data`. */
function imageOf(
  files: PixelCache,
  key: string,
  { format, tokens, data }: Drawn,
  drawAgain: () => Promise<Uint8Array>,
): Image {
  const { byteLength } = data
  return { kind: 'image', format, tokens, bytes: () => files.read(key, byteLength, drawAgain, asItIs) }
}

const asItIs = (file: Uint8Array): Uint8Array => file

interface Drawn {
  readonly format: Image['format']
  readonly tokens: number
  readonly data: Uint8Array
}

async function drawn(pixels: Pixels, model: ChatModel): Promise<Drawn> {
  const { size, tokens } = model.fit(pixels)
  const same = size.width === pixels.width && size.height === pixels.height
  const whole = pixelBox(0, 0, pixels.width, pixels.height)
  const fitted = same ? pixels : await region(pixels, whole, size, 'bicubic')
  return size.width * size.height <= exactPixels
    ? { format: 'png', tokens, data: await encodePng(fitted) }
    : { format: 'jpeg', tokens, data: await encodeFineJpeg(fitted) }
}
