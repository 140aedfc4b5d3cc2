/**
 * A search as the tokens that a vision-language model reads, in the chat layout of the Qwen models. It only ever grows: what
 * was sampled stays as it was sampled and is never tokenised again.
 */
import type { Prompt, PromptChunk } from '../../engine/engine.ts'
import type { ChatModel } from '../../model/qwen/chat-model.ts'
import { pixelBox } from '../../protocol/box.ts'
import { PixelCache } from '../../vision/cache.ts'
import { encodeFineJpeg, encodePng } from '../../vision/encode.ts'
import type { Pixels } from '../../vision/picture.ts'
import { region } from '../../vision/region.ts'
import { atMost } from '../chat/at-most.ts'
import { exactPixels } from '../chat/view-bytes.ts'
import type { Message, View } from '../policy.ts'

export interface Conversation {
  /** Adds what the policy is told. What it costs is counted in tokens. */
  tell(message: Message): Promise<{ readonly promptTokens: number; readonly imageTokens: number }>
  /** Everything up to where the policy speaks. */
  prompt(): Prompt
  /** Adds the policy's turn: its tokens as they were sampled, with the end mark if it wrote one. */
  reply(tokens: readonly number[]): void
}

export function openConversation(model: ChatModel): Conversation {
  const { tokenizer } = model
  const { marks } = tokenizer
  let chunks: readonly PromptChunk[] = []
  /** Whether the policy's last message is closed; nothing is before the first. */
  let closed = true

  const textOf = (...parts: readonly (string | number)[]): PromptChunk => ({
    kind: 'text',
    tokens: parts.flatMap((part) => (typeof part === 'number' ? [part] : tokenizer.encode(part))),
  })

  return {
    async tell(message) {
      const picture = message.kind === 'error' ? undefined : await pictureOf(message.view, model)
      const opening = message.kind === 'question' ? system(message.system) : [...(closed ? [] : [marks.end]), '\n']
      const at = message.text.indexOf(mark)
      const [before, after] =
        at < 0 ? ['', message.text] : [message.text.slice(0, at), message.text.slice(at + mark.length)]
      const close = [marks.end, '\n', marks.start, 'assistant\n']
      const told: PromptChunk[] =
        picture === undefined
          ? [textOf(...opening, marks.start, `user\n${message.text}`, ...close)]
          : [
              textOf(...opening, marks.start, `user\n${before}`, marks.visionStart),
              picture,
              textOf(marks.visionEnd, after, ...close),
            ]
      chunks = [...chunks, ...told]
      const imageTokens = picture?.tokens ?? 0
      return { imageTokens, promptTokens: imageTokens + told.reduce((sum, chunk) => sum + lengthOf(chunk), 0) }
    },
    prompt: () => chunks,
    reply(tokens) {
      chunks = [...chunks, { kind: 'text', tokens }]
      closed = tokens.at(-1) === marks.end
    },
  }

  function system(text: string): (string | number)[] {
    return text === '' ? [] : [marks.start, `system\n${text}`, marks.end, '\n']
  }
}

const mark = '<image>'

function lengthOf(chunk: PromptChunk): number {
  return chunk.kind === 'text' ? chunk.tokens.length : 0
}

/** Picture files, which every later turn of a search sends again; what is dropped is made anew. */
const files = new PixelCache(2 * 1024 ** 3)
/** About what a picture file takes for each of its tokens. */
const bytesPerToken = 400
/** Views being cut and encoded at once: up to 6 MB each. */
const inHand = atMost(8)

type Image = Extract<PromptChunk, { readonly kind: 'image' }>

/** The view at the size that a server leaves as it is: small ones without loss, as everywhere. */
async function pictureOf(view: View, model: ChatModel): Promise<Image> {
  const seen = await inHand(async () => fitted(await view.pixels(), model))
  const { width, height } = seen.pixels
  const format = width * height <= exactPixels ? 'png' : 'jpeg'
  const key = `${view.key} ${width} x ${height}`
  const { tokens } = seen
  // The first is made while the pixels are here.
  let pixels: Pixels | undefined = seen.pixels
  const bytes = (): Promise<Uint8Array> =>
    files.read(
      key,
      tokens * bytesPerToken,
      () =>
        inHand(async () => {
          const drawn = pixels ?? (await fitted(await view.pixels(), model)).pixels
          return format === 'png' ? encodePng(drawn) : encodeFineJpeg(drawn)
        }),
      (data) => data,
    )
  await bytes()
  pixels = undefined
  return { kind: 'image', format, tokens, bytes }
}

async function fitted(pixels: Pixels, model: ChatModel): Promise<{ readonly pixels: Pixels; readonly tokens: number }> {
  const { size, tokens } = model.fit(pixels)
  const same = size.width === pixels.width && size.height === pixels.height
  const whole = pixelBox(0, 0, pixels.width, pixels.height)
  return { pixels: same ? pixels : await region(pixels, whole, size, 'bicubic'), tokens }
}
