/**
 * A search as the tokens that a vision-language model reads, in the chat layout of the Qwen models. It only ever grows: what
 * was sampled stays as it was sampled and is never tokenised again.
 */
import type { Prompt, PromptChunk } from '../../engine/engine.ts'
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import { pixelBox } from '../../protocol/box.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { PixelCache } from '../../vision/cache.ts'
import { encodeFineJpeg, encodePng } from '../../vision/encode.ts'
import type { Pixels } from '../../vision/picture.ts'
import { region } from '../../vision/region.ts'
import { itemAt } from '../../shared/known.ts'
import { limiter } from '../../shared/limiter.ts'
import { textsAround } from '../chat/chat-messages.ts'
import { keepRecent } from '../../shared/recent.ts'
import { exactPixels } from '../chat/view-bytes.ts'
import { viewsOf } from '../policy.ts'
import type { Message, View } from '../policy.ts'

export interface Conversation {
  /** Adds what the policy is told. What it costs is counted in tokens. */
  tell(message: Message): Promise<{ readonly promptTokens: number; readonly imageTokens: number }>
  /** Everything up to where the policy speaks. */
  prompt(): Prompt
  /** Adds the policy's turn: its tokens as they were sampled, with the end mark if it wrote one. */
  reply(tokens: readonly number[]): void
  /** Forgets what was told last, and the reply to it. */
  takeBack(): void
}

export function openConversation(model: ChatModel): Conversation {
  const { tokenizer } = model
  const { marks } = tokenizer
  let chunks: readonly PromptChunk[] = []
  /** Whether the policy's last message is closed; nothing is before the first. */
  let closed = true
  let earlier = { chunks, closed }

  const textOf = (...parts: readonly (string | number)[]): PromptChunk => ({
    kind: 'text',
    tokens: parts.flatMap((part) => (typeof part === 'number' ? [part] : tokenizer.encode(part))),
  })

  return {
    async tell(message) {
      earlier = { chunks, closed }
      const pictures = await Promise.all(viewsOf(message).map((view) => pictureOf(view, model)))
      const opening = message.kind === 'question' ? system(message.system) : [...(closed ? [] : [marks.end]), '\n']
      const [first = '', ...texts] = textsAround(message.text, pictures.length)
      const told: PromptChunk[] = []
      let said = [...opening, marks.start, `user\n${first}`]
      for (const [index, picture] of pictures.entries()) {
        told.push(textOf(...said, marks.visionStart), picture)
        said = [marks.visionEnd, itemAt(texts, index)]
      }
      told.push(textOf(...said, marks.end, '\n', marks.start, 'assistant\n'))
      chunks = [...chunks, ...told]
      const imageTokens = pictures.reduce((sum, { tokens }) => sum + tokens, 0)
      return { imageTokens, promptTokens: imageTokens + told.reduce((sum, chunk) => sum + lengthOf(chunk), 0) }
    },
    prompt: () => chunks,
    reply(tokens) {
      chunks = [...chunks, { kind: 'text', tokens }]
      closed = tokens.at(-1) === marks.end
    },
    takeBack: () => void ({ chunks, closed } = earlier),
  }

  function system(said: string): (string | number)[] {
    const text = said === '' ? model.defaultSystem : said
    return text === '' ? [] : [marks.start, `system\n${text}`, marks.end, '\n']
  }
}

function lengthOf(chunk: PromptChunk): number {
  return chunk.kind === 'text' ? chunk.tokens.length : 0
}

type Image = Extract<PromptChunk, { readonly kind: 'image' }>

/** Pictures that were shown lately: the searches of a group begin with the same one. */
const recent = keepRecent<Image>(4096)
/** Their files, which every later turn of a search sends again; what is dropped is made anew. */
const files = new PixelCache(2 * 1024 ** 3)
/** Views being cut and encoded at once, up to 6 MB each: those that come in, and those that are made anew. */
const coming = limiter(8)
const again = limiter(4)

/** The view at the size that a server leaves as it is: small ones without loss, as everywhere. */
function pictureOf(view: View, model: ChatModel): Promise<Image> {
  const key = canonicalJson([view.key, model.grid])
  const draw = async (): Promise<Drawn> => drawn(await view.pixels(), model)
  const drawAgain = (): Promise<Uint8Array> => again(async () => (await draw()).data)
  return recent(key, () =>
    // In one go, so that no pixels wait for their turn.
    coming(async () => {
      const first = await draw()
      await files.read(key, first.data.byteLength, async () => first.data, asItIs)
      return imageOf(key, first, drawAgain)
    }),
  )
}

/** In a scope of its own: what it returns shall not hold on to `data`. */
function imageOf(key: string, { format, tokens, data }: Drawn, drawAgain: () => Promise<Uint8Array>): Image {
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
