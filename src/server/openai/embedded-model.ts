/** The embedded policy as a chat model: a completion is the next turn of a conversation, as in process. */
import { randomInt } from 'node:crypto'
import type { Sampler } from '../../engine/engine.ts'
import { encodeText } from '../../model/tokenizer.ts'
import { viewTokens } from '../../policy/embedded/context-budget.ts'
import { checkQuestion } from '../../policy/embedded/sampler-policy.ts'
import { takeTurn } from '../../policy/embedded/take-turn.ts'
import { freshTokens, questionTokens } from '../../policy/embedded/turn-prompt.ts'
import { pixelBox } from '../../protocol/box.ts'
import { viewSides } from '../../protocol/profile.ts'
import { ContextLengthError } from '../../shared/errors.ts'
import { defined, lastOf } from '../../shared/known.ts'
import { PixelCache } from '../../vision/cache.ts'
import { openPicture } from '../../vision/open.ts'
import type { Picture, Pixels } from '../../vision/picture.ts'
import type { ServedModel, Completed, Delta } from './chat-model.ts'
import { conversationOf } from './chat-request.ts'
import type { ChatRequest, RequestConversation } from './chat-request.ts'
import { HttpError } from '../http/http-error.ts'
import { sentPicture } from '../http/sent-picture.ts'

/** Token limit of a conversation. The policy only reads the last turn, so this bounds the cost of a request, not the model. */
const maxModelLength = 32_768
const viewLimits = { maxFileBytes: 1024 ** 2, maxPixels: viewSides.most ** 2, maxSide: viewSides.most }

export function embeddedModel(sampler: Sampler): ServedModel {
  const views = new PixelCache(64 * 1024 ** 2)
  return {
    id: 'embedded',
    contextLength: maxModelLength,
    complete: (request, signal) => complete(sampler, views, request, signal),
  }
}

async function* complete(
  sampler: Sampler,
  views: PixelCache,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<Delta, Completed, void> {
  // Searches ignore it, since some clients always send it; a client that samples turn by turn relies on it.
  if ((request.top_p ?? 1) !== 1) {
    throw new HttpError(400, 'invalid_request', 'top_p: this model does not support it, so leave it out.', {
      param: 'top_p',
    })
  }
  const chat = conversationOf(request.messages)
  const [asked] = chat.told
  checkQuestion({ question: asked.text })
  const question = questionTokens({ system: chat.system, text: asked.text })
  const pictures = await Promise.all(
    chat.told.map(async ({ image }) => (image === undefined ? undefined : openView(image, views, signal))),
  )
  const promptTokens = tokensOf(chat, question, pictures)
  if (promptTokens > maxModelLength) {
    throw new ContextLengthError(`The conversation has ${promptTokens} tokens, more than ${maxModelLength}.`)
  }
  const { reply } = await takeTurn(sampler, {
    question,
    lastReply: encodeText(chat.replies.at(-1) ?? ''),
    message: lastOf(chat.told),
    view: await pixelsOf(
      defined(
        pictures.findLast((picture) => picture !== undefined),
        'a picture',
      ),
    ),
    seed: request.seed ?? randomInt(2 ** 32),
    turn: chat.told.length,
    signal,
    temperature: request.temperature ?? 1,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
  })
  const { text, stop } = halted(reply.text, [request.stop ?? []].flat(), request.include_stop_str_in_output ?? false)
  yield { content: text }
  return { finish: reply.finish, stop, promptTokens, replyTokens: reply.usage.replyTokens }
}

/** Tokens of the conversation as an append-only chat, so that a turn adds what the session counts for it. */
function tokensOf(
  { told, replies }: RequestConversation,
  question: readonly number[],
  pictures: readonly (Picture | undefined)[],
): number {
  const texts = told.map((message) => freshTokens(question, message))
  const views = pictures.map((picture) => (picture === undefined ? 0 : viewTokens(picture)))
  return [...texts, ...views, ...replies.map((text) => encodeText(text).length)].reduce(
    (sum, tokens) => sum + tokens,
    0,
  )
}

async function openView(url: string, cache: PixelCache, signal: AbortSignal): Promise<Picture> {
  const picture = await openPicture(sentPicture(url), { limits: viewLimits, cache, signal })
  const { width, height } = picture
  if (width !== height || width % viewSides.step !== 0) {
    const sides = `a multiple of ${viewSides.step} up to ${viewSides.most} pixels`
    throw new HttpError(400, 'invalid_image_size', `A view has to be a square of ${sides}, not ${width}x${height}.`)
  }
  return picture
}

function pixelsOf({ width, height, region }: Picture): Promise<Pixels> {
  return region(pixelBox(0, 0, width, height), { width, height }, 'area')
}

/** The text up to the first stop string, and that stop string. */
function halted(text: string, stops: readonly string[], kept: boolean): { text: string; stop: string | null } {
  const found = stops.map((stop) => ({ stop, at: text.indexOf(stop) })).filter(({ at }) => at >= 0)
  const [first] = found.toSorted((a, b) => a.at - b.at)
  if (first === undefined) return { text, stop: null }
  return { text: text.slice(0, first.at + (kept ? first.stop.length : 0)), stop: first.stop }
}
