/** A whole visual search as one chat completion, about the newest pictures and the last question. */
import { randomInt } from 'node:crypto'
import { PixelCache } from '../../vision/cache.ts'
import type { ServedModel, Completed, Delta } from './chat-model.ts'
import { askedIn } from './chat-request.ts'
import type { ChatRequest } from './chat-request.ts'
import { HttpError } from '../http/http-error.ts'
import { searchPicture } from '../searcher.ts'
import type { EndedSearch, KeepSearch, Searcher } from '../searcher.ts'
import { sentPicture } from '../http/sent-picture.ts'
import { defined, itemAt } from '../../shared/known.ts'

export interface SearchModelOptions extends Searcher {
  readonly keep?: KeepSearch | undefined
}

/** Cache size for decoded pictures of one model's searches; each picture is only used for a short time. */
const mostPixelBytes = 256 * 1024 ** 2

/** The model `search:<name>`. Its turns are returned as reasoning; token limits and stop strings do not apply. */
export function searchModel(options: SearchModelOptions): ServedModel {
  const pixels = new PixelCache(mostPixelBytes)
  return {
    id: `search:${options.name}`,
    complete: (request, signal) => complete(options, pixels, request, signal),
  }
}

async function* complete(
  options: SearchModelOptions,
  pixels: PixelCache,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<Delta, Completed, void> {
  const { question, images } = askedIn(request.messages)
  const files = images.map(sentPicture)
  const asked = {
    question,
    files,
    cache: pixels,
    maxTurns: request.max_turns ?? undefined,
    temperature: request.temperature ?? undefined,
    seed: request.seed ?? randomInt(2 ** 31),
  }
  let ended: EndedSearch | undefined
  for await (const news of searchPicture(options, asked, signal)) {
    if ('trajectory' in news) ended = news
    else yield { reasoning: news.whole ? `${news.text}\n\n` : news.text }
  }
  const { trajectory, pictures, exchanges } = defined(ended, 'the end of a search')
  const { answer, end, usage, turns, failure } = trajectory
  const links = await options.keep?.({
    trajectory,
    exchanges,
    pictures: pictures.map((picture, index) => ({ picture, encoded: itemAt(files, index) })),
  })
  if (failure !== undefined) throw new HttpError(502, failure.code, `The search failed: ${failure.message}`)
  if (answer !== null) yield { content: answer }
  return {
    finish: end === 'answered' || end === 'void' ? 'stop' : 'length',
    stop: null,
    promptTokens: usage.promptTokens,
    replyTokens: usage.replyTokens,
    searched: { end, turns: turns.length, links },
  }
}
