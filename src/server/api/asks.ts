/** Asks: questions from the page, which are queued and searched, and finished searches of programs, kept so that the page can show them. */
import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { judgeExact } from '../../judge/exact.ts'
import { judgeTrajectory } from '../../judge/judge.ts'
import type { Judge } from '../../judge/judge.ts'
import type { SearchExchanges } from '../../protocol/exchange.ts'
import { mostPictures, pictured } from '../../protocol/originals.ts'
import type { Problem } from '../../protocol/problem.ts'
import { profileHash } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { Begun } from '../../search/begun.ts'
import { checkPictureCount } from '../../search/question-pictures.ts'
import { sampleSeed } from '../../search/search-many.ts'
import { search, tryBegun } from '../../search/search.ts'
import { orAborted } from '../../shared/deadline.ts'
import { messageOf, UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import type { KnownPicture, Pictures } from './pictures.ts'
import type { AskFork } from './fork-types.ts'
import type { AskStarted, RecentAsk, Waiting } from './types.ts'
import { storedPicture } from '../../vision/picture.ts'
import { HttpError } from '../http/http-error.ts'
import { shaped } from '../http/shaped.ts'
import { forkableAsk, forkPlan, forkSchema } from './forks.ts'
import type { Forkable } from './forks.ts'
import { keptAsks } from './kept-asks.ts'
import type { Ask, AskNumber } from './kept-asks.ts'
import { askedProblem } from '../searcher.ts'
import type { ServedRuns } from '../runs/served-runs.ts'
import type { KeepSearch, Links, Searcher } from '../searcher.ts'
import type { QueuePlace, SearchQueue } from '../search-queue.ts'

export interface Asks {
  start(body: unknown): Promise<AskStarted>
  /** Goes on from a turn of a search that has ended. Throws `UserError` if that cannot be done, before anything is searched; `gone` aborts that check. */
  fork(body: unknown, gone: AbortSignal): Promise<AskStarted>
  /** The forks of the searches of an ask. */
  forksOf(id: string): readonly AskFork[]
  /** Stores a finished search of a program. */
  readonly keep: KeepSearch
  /** Throws `HttpError` 404. */
  get(id: string): Ask
  /** Newest first. */
  recent(): RecentAsk[]
}

export interface AsksOptions {
  /** The searchers that the page currently offers. */
  readonly searchers: () => readonly Searcher[]
  readonly pictures: Pictures
  readonly queue: SearchQueue
  /** Finds searches of stored runs, to fork them. */
  readonly stored?: FindStored | undefined
  /** Stores searches on disk; without it they are kept in memory only. */
  readonly archive?: Pick<ServedRuns, 'keep'> | undefined
  /** Called for internal errors, and if the archive cannot store a search. */
  readonly onFault: (error: unknown) => void
  /** Aborts all searches. */
  readonly signal: AbortSignal
}

/** Search `index` of a stored run. */
type FindStored = (run: string, index: number) => Promise<Forkable>

export const askLimits = { turns: 64, samples: 8 }
const longestQuestion = 4000

export function openAsks({ searchers, pictures, queue, stored, archive, onFault, signal }: AsksOptions): Asks {
  const requestSchema = z.strictObject({
    picture: z.string(),
    furtherPictures: z
      .array(z.string())
      .max(mostPictures - 1)
      .default([]),
    question: z.string().trim().min(1, 'is empty').max(longestQuestion),
    policy: z.string(),
    maxTurns: z.int().min(1).max(askLimits.turns),
    samples: z.int().min(1).max(askLimits.samples),
  })
  const asks = keptAsks(pictures, signal)

  async function archived(
    trajectory: Trajectory,
    numbered: AskNumber | undefined,
    pictures: readonly KnownPicture[],
    { keep, exchanges }: { readonly keep?: Forkable['keep']; readonly exchanges?: SearchExchanges | undefined } = {},
  ): Promise<Links | undefined> {
    try {
      if (keep !== undefined) return await keep(trajectory)
      return await archive?.keep(
        { ...trajectory, ...(numbered && { ask: numbered.number }) },
        pictures.flatMap(({ encoded }) => encoded ?? []),
        exchanges,
      )
    } catch (error) {
      onFault(error)
      return undefined
    }
  }

  /** Never throws: errors become events of the ask. */
  async function searchOne(ask: Ask, place: QueuePlace, sample: number, wanted: Search): Promise<void> {
    const { problem, known, searcher, maxTurns, begun, judge = judgeExact, sampleIndex = sample } = wanted
    const { profile = searcher.profile } = wanted
    const pictures = known.map(({ picture }) => picture)
    const seed = begun ? wanted.seed : sampleSeed(wanted.seed, problem, sample)
    try {
      const policy = searcher.policy()
      await orAborted(place.ready, ask.signal)
      const start = {
        problem,
        ...pictured(pictures.map(storedPicture)),
        policy: policy.name,
        maxTurns,
        seed,
        sampleIndex,
        ...(begun && { parent: begun.parent }),
      }
      const { numbered, origin } = ask
      const named = { ...(numbered && { ask: numbered.number }), ...(origin && { origin }) }
      ask.tell({ sample, kind: 'began', ...named, search: start })
      const options = {
        profile,
        maxTurns,
        seed,
        sampleIndex,
        begun,
        signal: ask.signal,
        live: true,
        onExchanges: ask.keepExchanges(sample),
      }
      for await (const event of search({ ...pictured(pictures), problem }, policy, options)) {
        if (event.kind === 'observed') ask.tell({ sample, kind: 'observed', observation: event.observation })
        if (event.kind === 'observed' && event.observation.parent === null) ask.beginTurn(sample, 1)
        if (event.kind === 'writing') ask.goOn(sample, event)
        if (event.kind === 'waiting') ask.goOn(sample, { waiting: waitingOf(event) })
        if (event.kind === 'acted') {
          ask.tell({ sample, kind: 'acted', turn: event.turn, taken: event.taken })
          ask.beginTurn(sample, event.turn + 1)
        }
        if (event.kind === 'ended') {
          const trajectory = await judged(event.trajectory, judge)
          const links = await archived(trajectory, numbered, known, {
            keep: wanted.keep,
            exchanges: ask.exchanges.get(sample),
          })
          ask.tell({ sample, kind: 'ended', trajectory, page: links?.page })
        }
      }
    } catch (error) {
      const expected = error instanceof UserError || ask.signal.aborted
      if (!expected) onFault(error)
      const message = expected ? messageOf(error) : 'The search failed. See the terminal of the server for the reason.'
      ask.tell({ sample, kind: 'broken', message })
    } finally {
      place.leave()
    }
  }

  function begin(ask: Ask, places: readonly QueuePlace[], wanted: Search): AskStarted {
    const searches = places.map((place, sample) => searchOne(ask, place, sample, wanted))
    void Promise.all(searches).then(() => ask.finish())
    return { id: ask.id }
  }

  async function storedSearch(run: string, index: number): Promise<Forkable> {
    if (stored !== undefined) return stored(run, index)
    throw new HttpError(404, 'no_run', 'This server has no stored runs.')
  }

  /** Throws `HttpError` 400. */
  function searcherNamed(wanted: string): Searcher {
    const offered = searchers()
    const searcher = offered.find(({ name }) => name === wanted)
    if (searcher !== undefined) return searcher
    const names = offered.map(({ name }) => `"${name}"`).join(', ')
    throw new HttpError(400, 'invalid_request', `policy: has to be one of ${names}`)
  }

  return {
    async start(body) {
      const data = shaped(requestSchema, body)
      const searcher = searcherNamed(data.policy)
      const { profile } = searcher
      const ids = [data.picture, ...data.furtherPictures]
      checkPictureCount(ids.length, profile)
      const known: KnownPicture[] = []
      for (const id of ids) known.push(await pictures.read(id, profile.pictures.reading))
      const opened = known.map(({ picture }) => picture)
      const [only, ...others] = known
      const own = others.length === 0 ? only?.problem : undefined
      const problem = own?.question === data.question ? own : askedProblem(opened, data.question)
      searcher.check?.(problem.question)
      const places = queue.join(data.samples)
      const [picture, ...furtherPictures] = opened.map(({ width, height }, at) => ({
        id: itemAt(ids, at),
        width,
        height,
      }))
      const listed = picture && {
        question: problem.question,
        policy: searcher.name,
        samples: data.samples,
        picture,
        furtherPictures,
      }
      const ask = asks.open(
        { pictures: opened, profile: profileNamed(profile), ...(listed && { listed }) },
        asks.nextNumber(data.samples),
      )
      const seed = randomInt(2 ** 31)
      return begin(ask, places, { problem, known, searcher, seed, maxTurns: data.maxTurns })
    },
    async fork(body, gone) {
      const data = shaped(forkSchema, body)
      const searcher = searcherNamed(data.policy)
      const { origin, turn } = data
      const forkable =
        'ask' in origin
          ? forkableAsk(asks.get(origin.ask), origin.sample, pictures)
          : await storedSearch(origin.run, origin.index)
      const { problem } = forkable.search
      const mostTurns = Math.max(askLimits.turns, forkable.search.maxTurns)
      if (data.maxTurns !== undefined && data.maxTurns > mostTurns)
        throw new HttpError(400, 'invalid_request', `maxTurns: has to be ${mostTurns} or less.`, { param: 'maxTurns' })
      searcher.check?.(problem.question)
      const plan = forkPlan(forkable, data, searcher)
      const { pictures: known, numbered: shared, reopen, judge, keep } = forkable
      // Whoever sent it has the form still open, to change what cannot be done.
      const asked = { ...pictured(known.map(({ picture }) => picture)), problem }
      await tryBegun(asked, searcher.policy(), { ...plan, signal: AbortSignal.any([signal, gone]) })
      const places = queue.join()
      const numbered = keep ? undefined : (shared ?? asks.nextNumber(0))
      const sampleIndex = numbered ? numbered.searches++ : 0
      const ask = asks.open(
        {
          pictures: known.map(({ picture }) => picture),
          profile: profileNamed(plan.profile),
          origin: { ...origin, turn },
          changed: plan.begun.parent.changed,
          ...(reopen && { reopen }),
        },
        numbered,
      )
      return begin(ask, places, { problem, known, searcher, ...plan, sampleIndex, judge, keep })
    },
    forksOf: (id) => asks.forksOf(asks.get(id).id),
    async keep({ trajectory, pictures: sent, exchanges }) {
      const numbered = asks.nextNumber(1)
      const links = await archived(trajectory, numbered, sent, { exchanges })
      if (links !== undefined) return links
      for (const one of sent) pictures.keep(one)
      const ask = asks.open({ pictures: sent.map(({ picture }) => picture), profile: trajectory.profile }, numbered)
      if (exchanges) ask.keepExchanges(0)(trajectory, exchanges)
      ask.tell({ sample: 0, kind: 'ended', trajectory })
      ask.finish()
      return { page: `/#/ask/${ask.id}`, trajectory: `/api/asks/${ask.id}/trajectory` }
    },
    get: (id) => asks.get(id),
    recent: () => asks.recent(),
  }
}

interface Search {
  readonly problem: Problem
  readonly known: readonly KnownPicture[]
  readonly searcher: Searcher
  /** Of the ask, for which each search has its own; of a fork, its own. */
  readonly seed: number
  readonly maxTurns: number
  readonly begun?: Begun
  /** Default: its place among the searches of the ask. */
  readonly sampleIndex?: number
  /** Default: that of the searcher. */
  readonly profile?: Profile
  /** Default: exact match. */
  readonly judge?: Judge
  readonly keep?: Forkable['keep']
}

function waitingOf({ why, waitMs, next }: Waiting): Waiting {
  return { why, ...(waitMs !== undefined && { waitMs }), ...(next !== undefined && { next }) }
}

function profileNamed(profile: Profile): Trajectory['profile'] {
  return { name: profile.name, sha256: profileHash(profile) }
}

/** Judged only if the right answer is known. */
async function judged(trajectory: Trajectory, judge: Judge): Promise<Trajectory> {
  return trajectory.problem.answer === undefined ? trajectory : judgeTrajectory(trajectory, judge, undefined)
}
