/** A searcher (policy and profile behind the server), and one of its searches from the queue to the end. */
import type { Policy } from '../policy/policy.ts'
import { picturesOf } from '../protocol/originals.ts'
import type { SearchExchanges } from '../protocol/exchange.ts'
import type { Problem } from '../protocol/problem.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Trajectory, Turn } from '../protocol/trajectory.ts'
import { useWords } from '../protocol/view-tools.ts'
import { waitingWords } from '../search/events.ts'
import { checkPictureCount, openQuestionPictures } from '../search/question-pictures.ts'
import { picturesId } from '../search/same-pictures.ts'
import { search } from '../search/search.ts'
import type { Task } from '../search/search.ts'
import { orAborted } from '../shared/deadline.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { itemAt } from '../shared/known.ts'
import { sharedCache } from '../vision/cache.ts'
import type { PixelCache } from '../vision/cache.ts'
import { openPicture } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import type { SearchQueue } from './search-queue.ts'

/** A policy with its profile; its searches go through the queue. */
export interface Searcher {
  /** For example `embedded` or `chat:qwen`. */
  readonly name: string
  /** Which pictures and questions it takes, for people and for calling models. */
  readonly note: string
  readonly profile: Profile
  /** Overrides the profile's limit. */
  readonly maxTurns?: number | undefined
  /** `temperature` undefined: the searcher's default. */
  policy(temperature?: number): Policy
  /** Throws `UserError` for a question that it cannot take, before anything is decoded. */
  check?(question: string): void
  readonly queue: SearchQueue
}

/** Paths on this server: the page of a search, and its trajectory as JSON. */
export interface Links {
  readonly page: string
  readonly trajectory: string
}

/** A picture with its uploaded file. */
interface SentPicture {
  readonly picture: Picture
  readonly encoded: Uint8Array
}

/** A finished search with its uploaded pictures. */
export interface SentSearch {
  readonly trajectory: Trajectory
  readonly pictures: readonly SentPicture[]
  readonly exchanges?: SearchExchanges | undefined
}

export type KeepSearch = (search: SentSearch) => Promise<Links>

/** The problem of a user's question: equal questions about equal pictures are the same problem. */
export function askedProblem(pictures: readonly Picture[], question: string): Problem {
  const key = canonicalJson([picturesId(pictures), question])
  return { docId: `asked-${sha256(key).slice(0, 16)}`, dataSource: 'ask', question }
}

export interface PictureSearch {
  readonly question: string
  /** Paths or uploaded bytes. Opened when the search starts, so that queued searches hold no pixels. */
  readonly files: readonly (string | Uint8Array)[]
  /** Cache of decoded pictures; default: that of the process. */
  readonly cache?: PixelCache | undefined
  readonly maxTurns?: number | undefined
  readonly temperature?: number | undefined
  readonly seed: number
}

/** A finished search with the pictures of its question. */
export interface EndedSearch {
  readonly trajectory: Trajectory
  readonly pictures: readonly Picture[]
  readonly exchanges?: SearchExchanges | undefined
}

/** A piece of a search as text; the pieces of a turn concatenate to the turn. */
export interface SearchNews {
  readonly text: string
  /** Whether the turn is complete. */
  readonly whole: boolean
}

/**
 * Waits in the queue, then searches; yields each turn as text, thoughts as they are written, and at last the finished search. A reader that
 * stops early ends the search. Throws `HttpError` 429 if the queue is full.
 */
export async function* searchPicture(
  searcher: Searcher,
  { question, files, cache = sharedCache, maxTurns = searcher.maxTurns, temperature, seed }: PictureSearch,
  signal: AbortSignal,
): AsyncGenerator<SearchNews | EndedSearch, void> {
  const { profile, queue } = searcher
  const { reading } = profile.pictures
  searcher.check?.(question)
  checkPictureCount(files.length, profile)
  const place = itemAt(queue.join(), 0)
  try {
    await orAborted(place.ready, signal)
    const opened = await openQuestionPictures(files, profile, (file) =>
      openPicture(file, { reading, cutOff: 'shown', cache, signal }),
    )
    const pictures = picturesOf(opened)
    const task: Task = { ...opened, problem: askedProblem(pictures, question) }
    let exchanges: SearchExchanges | undefined
    const onExchanges = (_: Trajectory, kept: SearchExchanges): void => void (exchanges = kept)
    const options = { profile, maxTurns, seed, signal, live: true, onExchanges }
    const events = search(task, searcher.policy(temperature), options)
    /** The text yielded so far for the current turn. */
    let told = ''
    for await (const event of events) {
      if (event.kind === 'writing') {
        const text = told === '' ? `Turn ${event.turn}. ${event.text}` : event.text
        told += text
        yield { text, whole: false }
      } else if (event.kind === 'waiting') {
        yield { text: `${told === '' ? '' : '\n'}[${waitingWords(event)}]\n`, whole: false }
        told = ''
      } else if (event.kind === 'acted') {
        const words = `Turn ${event.turn}. ${turnWords(event.taken)}`
        yield { text: words.startsWith(told) ? words.slice(told.length) : `\n${words}`, whole: true }
        told = ''
      } else if (event.kind === 'ended') {
        yield { trajectory: event.trajectory, pictures, exchanges }
      }
    }
  } finally {
    place.leave()
  }
}

/** Thought and action, for example `It may be on the left. Zooms into [0.1, 0.2, 0.3, 0.4] of original_image.` */
function turnWords({ thought, action, error, text }: Turn): string {
  const words = [thought?.trim()]
  if (action?.kind === 'grounding') words.push(`Zooms into [${action.boxRel.join(', ')}] of ${action.source}.`)
  if (action?.kind === 'tool') words.push(`Shows ${action.source} ${useWords(action.use)}.`)
  if (action?.kind === 'answer') words.push('Answers.')
  if (error !== undefined) words.push(`That did not work: ${error.error}`)
  return words.filter(Boolean).join(' ') || text
}
