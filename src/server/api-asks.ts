/** Questions asked on the page: searches that wait their turn, their news as they happen, and the last of them kept. */
import { randomInt, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { judgeExact } from '../judge/exact.ts'
import { judgeTrajectory } from '../judge/judge.ts'
import type { Problem } from '../protocol/problem.ts'
import { profileHash } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { sampleSeed } from '../search/search-many.ts'
import { search } from '../search/search.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import type { Picture } from '../vision/picture.ts'
import type { AskEvent, AskStarted } from './api-types.ts'
import type { Pictures } from './api-pictures.ts'
import { HttpError } from './http-error.ts'
import type { Searcher } from './search-model.ts'
import type { Place, SearchQueue } from './search-queue.ts'

/** Who can be asked on the page. */
export interface ShownSearcher {
  readonly searcher: Searcher
  /** What it takes, for people. */
  readonly note: string
}

export interface AskLimits {
  readonly turns: number
  readonly samples: number
}

/** One ask: its news so far, and who waits for more. */
export interface Ask {
  readonly picture: Picture
  readonly profile: Trajectory['profile']
  readonly events: readonly AskEvent[]
  readonly done: boolean
  /** Resolves when there is more, or it is done. */
  changed(): Promise<void>
}

export interface Asks {
  start(body: unknown): AskStarted
  /** Throws `HttpError` 404. */
  get(id: string): Ask
  /** Cuts the searches of one ask off. */
  stop(id: string): void
}

export interface AskOptions {
  readonly searchers: readonly ShownSearcher[]
  readonly pictures: Pictures
  readonly queue: SearchQueue
  readonly limits: AskLimits
  /** Cuts all searches off. */
  readonly signal: AbortSignal
}

/** Asks that are kept for their pages, those under way included. */
const mostKept = 200
const longestQuestion = 4000

export function openAsks({ searchers, pictures, queue, limits, signal }: AskOptions): Asks {
  const requestSchema = z.strictObject({
    picture: z.string(),
    question: z.string().trim().min(1, 'is empty').max(longestQuestion),
    policy: z.enum(searchers.map(({ searcher }) => searcher.name)),
    maxTurns: z.int().min(1).max(limits.turns),
    samples: z.int().min(1).max(limits.samples),
  })
  const asks = new Map<string, RunningAsk>()

  function forgetOld(): void {
    for (const [id, ask] of asks) {
      if (asks.size <= mostKept) return
      if (ask.done) asks.delete(id)
    }
  }

  return {
    start(body) {
      const { data, error } = requestSchema.safeParse(body)
      if (data === undefined) {
        const { path, message } = error.issues[0]!
        throw new HttpError(400, 'invalid_request', `${path.join('.') || 'The request'}: ${message}`)
      }
      const { searcher } = searchers.find((shown) => shown.searcher.name === data.policy)!
      const { picture, problem } = pictures.get(data.picture)
      const asked: Problem =
        problem?.question === data.question ? problem : { docId: 'asked', dataSource: 'ask', question: data.question }
      searcher.check?.(asked.question)
      const places = queue.join(data.samples)
      const ask = new RunningAsk(picture, searcher.profile, signal)
      const id = randomUUID()
      asks.set(id, ask)
      forgetOld()
      const seed = randomInt(2 ** 31)
      const searches = places.map((place, sample) =>
        searchOne(ask, place, sample, { problem: asked, picture, searcher, seed, maxTurns: data.maxTurns }),
      )
      void Promise.all(searches).then(() => ask.finish())
      return { id }
    },
    get(id) {
      const ask = asks.get(id)
      if (ask === undefined) throw new HttpError(404, 'no_ask', 'That search is not kept any more. Ask again.')
      return ask
    },
    stop: (id) => asks.get(id)?.stop(),
  }
}

class RunningAsk implements Ask {
  readonly picture: Picture
  readonly profile: Trajectory['profile']
  readonly events: AskEvent[] = []
  readonly signal: AbortSignal
  done = false
  readonly #own = new AbortController()
  #wake: (() => void)[] = []

  constructor(picture: Picture, profile: Profile, signal: AbortSignal) {
    this.picture = picture
    this.profile = { name: profile.name, sha256: profileHash(profile) }
    this.signal = AbortSignal.any([signal, this.#own.signal])
  }

  tell(event: AskEvent): void {
    this.events.push(event)
    this.#wakeAll()
  }

  finish(): void {
    this.done = true
    this.#wakeAll()
  }

  stop(): void {
    this.#own.abort()
  }

  changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #wakeAll(): void {
    const woken = this.#wake
    this.#wake = []
    for (const wake of woken) wake()
  }
}

interface Search {
  readonly problem: Problem
  readonly picture: Picture
  readonly searcher: Searcher
  readonly seed: number
  readonly maxTurns: number
}

/** Never throws: what goes wrong is news too. */
async function searchOne(ask: RunningAsk, place: Place, sample: number, wanted: Search): Promise<void> {
  const { problem, picture, searcher, maxTurns } = wanted
  const { profile } = searcher
  const policy = searcher.policy()
  const seed = sampleSeed(wanted.seed, problem, sample)
  try {
    await Promise.race([place.ready, aborted(ask.signal)])
    const { sha256, width, height } = picture
    const start = {
      problem,
      picture: { sha256, width, height },
      policy: policy.name,
      maxTurns,
      seed,
      sampleIndex: sample,
    }
    ask.tell({ sample, kind: 'began', search: start })
    const options = { profile, maxTurns, seed, sampleIndex: sample, signal: ask.signal }
    for await (const event of search({ picture, problem }, policy, options)) {
      if (event.kind === 'observed') ask.tell({ sample, kind: 'observed', observation: event.observation })
      if (event.kind === 'acted') ask.tell({ sample, kind: 'acted', turn: event.turn, taken: event.taken })
      if (event.kind === 'ended') ask.tell({ sample, kind: 'ended', trajectory: await judged(event.trajectory) })
    }
  } catch (error) {
    const message = error instanceof UserError || ask.signal.aborted ? messageOf(error) : 'The search broke off.'
    ask.tell({ sample, kind: 'broken', message })
  } finally {
    place.leave()
  }
}

/** Judged only where the right answer is known. */
async function judged(trajectory: Trajectory): Promise<Trajectory> {
  return trajectory.problem.answer === undefined ? trajectory : judgeTrajectory(trajectory, judgeExact)
}

function aborted(signal: AbortSignal): Promise<never> {
  const stopped = (): UserError => new UserError('stopped', 'Stopped before it began.')
  return new Promise((_, reject) => {
    if (signal.aborted) reject(stopped())
    signal.addEventListener('abort', () => reject(stopped()), { once: true })
  })
}
