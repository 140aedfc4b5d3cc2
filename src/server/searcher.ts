/** Who searches a picture for a question, one of its searches from its turn in the queue to the end, and where it is kept. */
import type { Policy } from '../policy/policy.ts'
import { picturesOf } from '../protocol/originals.ts'
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

/** Who searches, and how: what is asked of it takes its turn in the queue. */
export interface Searcher {
  /** Such as `embedded` or `chat:qwen`. */
  readonly name: string
  /** What pictures and questions it takes, for people and for models that call it. */
  readonly note: string
  readonly profile: Profile
  /** In place of the profile's. */
  readonly maxTurns?: number | undefined
  /** Undefined: as the searcher is used to. */
  policy(temperature?: number): Policy
  /** Throws `UserError` for a question that it cannot be asked, before anything is decoded. */
  check?(question: string): void
  readonly queue: SearchQueue
}

/** Where a search can be looked at, as paths of this server: its page, and the trajectory as JSON. */
export interface Links {
  readonly page: string
  readonly trajectory: string
}

/** A picture, and the file that it was sent as. */
interface SentPicture {
  readonly picture: Picture
  readonly encoded: Uint8Array
}

/** A finished search, and its pictures as they were sent. */
export interface SentSearch {
  readonly trajectory: Trajectory
  readonly pictures: readonly SentPicture[]
}

export type KeepSearch = (search: SentSearch) => Promise<Links>

/** A question of somebody's: the same one about the same pictures is the same problem. */
export function askedProblem(pictures: readonly Picture[], question: string): Problem {
  const key = canonicalJson([picturesId(pictures), question])
  return { docId: `asked-${sha256(key).slice(0, 16)}`, dataSource: 'ask', question }
}

export interface PictureSearch {
  readonly question: string
  /** Paths, or what was sent. Opened when the search starts: those that wait hold no pixels. */
  readonly files: readonly (string | Uint8Array)[]
  /** Of decoded pictures; default: that of the process. */
  readonly cache?: PixelCache | undefined
  readonly maxTurns?: number | undefined
  readonly temperature?: number | undefined
  readonly seed: number
}

/** A finished search, and the pictures of its question. */
export interface EndedSearch {
  readonly trajectory: Trajectory
  readonly pictures: readonly Picture[]
}

/** More of what a search says in words; all of a turn's put together are the turn. */
export interface SearchNews {
  readonly text: string
  /** Nothing more comes of the turn. */
  readonly whole: boolean
}

/** Waits for its turn, then searches; yields each turn in words, thoughts as they are written. Throws `HttpError` 429 when too many wait already. */
export async function* searchPicture(
  searcher: Searcher,
  { question, files, cache = sharedCache, maxTurns = searcher.maxTurns, temperature, seed }: PictureSearch,
  signal: AbortSignal,
): AsyncGenerator<SearchNews, EndedSearch, void> {
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
    const events = search(task, searcher.policy(temperature), { profile, maxTurns, seed, signal, live: true })
    /** What was said of the turn that is being written. */
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
        return { trajectory: event.trajectory, pictures }
      }
    }
    throw new Error('a search always ends with its trajectory')
  } finally {
    place.leave()
  }
}

/** Thought and action, such as `It may be on the left. Zooms into [0.1, 0.2, 0.3, 0.4] of original_image.` */
function turnWords({ thought, action, error, text }: Turn): string {
  const words = [thought?.trim()]
  if (action?.kind === 'grounding') words.push(`Zooms into [${action.boxRel.join(', ')}] of ${action.source}.`)
  if (action?.kind === 'tool') words.push(`Shows ${action.source} ${useWords(action.use)}.`)
  if (action?.kind === 'answer') words.push('Answers.')
  if (error !== undefined) words.push(`That did not work: ${error.error}`)
  return words.filter(Boolean).join(' ') || text
}
