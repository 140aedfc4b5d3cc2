/** A whole visual search as one chat completion: the newest picture and the last question are searched to the end. */
import { randomInt } from 'node:crypto'
import type { Policy } from '../policy/policy.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Trajectory, Turn } from '../protocol/trajectory.ts'
import { search } from '../search/search.ts'
import type { Task } from '../search/search.ts'
import { orAborted } from '../shared/deadline.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { PixelCache } from '../vision/cache.ts'
import { openPicture } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import type { ChatModel, Completed, Delta } from './chat-model.ts'
import { askedIn } from './chat-request.ts'
import type { ChatRequest } from './chat-request.ts'
import { HttpError } from './http-error.ts'
import type { SearchQueue } from './search-queue.ts'
import { sentPicture } from './sent-picture.ts'

/** Who searches, and how: what is asked of it takes its turn in the queue. */
export interface Searcher {
  /** Such as `embedded` or `chat:qwen`. */
  readonly name: string
  readonly profile: Profile
  /** In place of the profile's. */
  readonly maxTurns?: number
  /** Undefined: as the searcher is used to. */
  policy(temperature?: number): Policy
  /** Throws `UserError` for a question that it cannot be asked, before anything is decoded. */
  check?(question: string): void
  readonly queue: SearchQueue
}

export interface SearchModelOptions extends Searcher {
  /** Keeps a finished search and returns where it can be read. */
  keep(trajectory: Trajectory): string
}

/** Decoded pictures of one model's searches: no picture is asked about for long. */
const mostPixelBytes = 256 * 1024 ** 2

/** `search:<name>`. Its turns are its reasoning; limits on tokens and stop strings are for models that speak themselves. */
export function searchModel(options: SearchModelOptions): ChatModel {
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
  const { question, image } = askedIn(request.messages)
  const encoded = sentPicture(image)
  const asked = {
    question,
    open: () => openPicture(encoded, { cache: pixels }),
    maxTurns: request.max_turns ?? undefined,
    temperature: request.temperature ?? undefined,
    seed: request.seed ?? randomInt(2 ** 31),
  }
  const searched = searchPicture(options, asked, signal)
  let step = await searched.next()
  for (; !step.done; step = await searched.next()) yield { reasoning: `${step.value}\n\n` }
  const trajectory = step.value
  const { answer, end, usage, turns, failure } = trajectory
  const kept = options.keep(trajectory)
  if (failure !== undefined) throw new HttpError(502, failure.code, `The search failed: ${failure.message}`)
  if (answer !== null) yield { content: answer }
  return {
    finish: end === 'answered' || end === 'void' ? 'stop' : 'length',
    stop: null,
    promptTokens: usage.promptTokens,
    replyTokens: usage.replyTokens,
    extra: { end, turns: turns.length, trajectory: kept },
  }
}

export interface PictureSearch {
  readonly question: string
  /** Called when the search starts: those that wait hold no pixels. */
  readonly open: () => Promise<Picture>
  readonly maxTurns?: number
  readonly temperature?: number
  readonly seed: number
}

/** Waits for its turn, then searches; yields each turn in words. Throws `HttpError` 429 when too many wait already. */
export async function* searchPicture(
  searcher: Searcher,
  { question, open, maxTurns = searcher.maxTurns, temperature, seed }: PictureSearch,
  signal: AbortSignal,
): AsyncGenerator<string, Trajectory, void> {
  const { profile, queue } = searcher
  searcher.check?.(question)
  const [place] = queue.join()
  try {
    await orAborted(place!.ready, signal)
    const picture = await open()
    const docId = `asked-${sha256(canonicalJson([picture.sha256, question, seed])).slice(0, 16)}`
    const task: Task = { picture, problem: { docId, dataSource: 'ask', question } }
    const events = search(task, searcher.policy(temperature), { profile, maxTurns, seed, signal })
    for await (const event of events) {
      if (event.kind === 'acted') yield `Turn ${event.turn}. ${turnWords(event.taken)}`
      if (event.kind === 'ended') return event.trajectory
    }
    throw new Error('a search always ends with its trajectory')
  } finally {
    place!.leave()
  }
}

/** Thought and action, such as `It may be on the left. Zooms into [0.1, 0.2, 0.3, 0.4] of original_image.` */
function turnWords({ thought, action, error, text }: Turn): string {
  const words = [thought?.trim()]
  if (action?.kind === 'grounding') words.push(`Zooms into [${action.boxRel.join(', ')}] of ${action.source}.`)
  if (action?.kind === 'answer') words.push('Answers.')
  if (error !== undefined) words.push(`That did not work: ${error.error}`)
  return words.filter(Boolean).join(' ') || text
}
