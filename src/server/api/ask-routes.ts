/** Routes of the Ask page. */
import type { Trajectory } from '../../protocol/trajectory.ts'
import { boxStepOf } from '../../protocol/profile.ts'
import type { PolicyRow, Setup } from './types.ts'
import { askLimits } from './asks.ts'
import type { Asks } from './asks.ts'
import { eventStreams } from './events.ts'
import { figureResponse } from './figure.ts'
import { countOf, nowhere, partsOf } from './path.ts'
import type { Pictures } from './pictures.ts'
import { regionResponse, sentRegions, sentResponse, viewResponse } from './region.ts'
import { fromOwnPage } from '../http/guard.ts'
import { HttpError } from '../http/http-error.ts'
import type { Ask } from './kept-asks.ts'
import type { Routes } from '../http/router.ts'
import type { Searcher } from '../searcher.ts'

/** A configured policy that is not available, and why. */
export interface UnavailablePolicy {
  readonly name: string
  readonly reason: string
}

export interface AskRoutesOptions {
  readonly searchers: () => readonly Searcher[]
  readonly unavailable?: readonly UnavailablePolicy[]
  readonly pictures: Pictures
  readonly asks: Asks
  readonly archives: boolean
  /** Whether models can be connected from the page. */
  readonly connects?: boolean
  /** Aborts requests in progress. */
  readonly signal: AbortSignal
}

export function askRoutes(options: AskRoutesOptions): Routes {
  const { searchers, unavailable = [], pictures, asks, archives, connects = false, signal } = options
  const streams = eventStreams()
  const sent = sentRegions()
  const rowOf = ({ name, note, profile, maxTurns = profile.maxTurns, check }: Searcher): PolicyRow => {
    const scenesOnly = check !== undefined && { scenesOnly: true as const }
    const boxStep = boxStepOf(profile)
    return {
      name,
      note,
      maxTurns: Math.min(maxTurns, askLimits.turns),
      ...(boxStep !== undefined && { boxStep }),
      ...scenesOnly,
    }
  }
  const setup = (): Setup => ({
    scenes: pictures.scenes,
    policies: [
      ...searchers().map(rowOf),
      ...unavailable.map(({ name, reason }) => ({ name, note: '', maxTurns: 1, unavailable: reason })),
    ],
    limits: { ...askLimits, pictureBytes: 64 * 1024 ** 2 },
    archives,
    connects,
  })
  return {
    'GET /api/setup': setup,
    'POST /api/pictures': (body, { signal: gone }) => {
      if (body instanceof Uint8Array) return pictures.upload(body, gone)
      throw new HttpError(415, 'not_a_picture', 'Send the bytes of a picture, with its content type.')
    },
    'GET /api/pictures/*': (_, { url }) => {
      const [[id = '', what], query] = partsOf(url, '/api/pictures/')
      if (what !== 'region') throw nowhere()
      query.set('picture', id)
      return regionResponse(sent, () => pictures.get(id).picture, query)
    },
    'POST /api/asks': (body) => asks.start(body),
    'POST /api/forks': fromOwnPage((body, { signal: gone }) => asks.fork(body, gone)),
    'GET /api/asks': () => asks.recent(),
    'GET /api/asks/*': (_, { url, headers, signal: gone }) => {
      const [[id = '', what], query] = partsOf(url, '/api/asks/')
      const ask = asks.get(id)
      const pictureAt = (original: number) => ask.picture(original)
      if (what === 'events') {
        return streams(ask, headers['last-event-id']?.toString(), AbortSignal.any([gone, signal]))
      }
      if (what === 'forks') return asks.forksOf(id)
      if (what === 'trajectory') return trajectoryOf(ask, query)
      if (what === 'figure') return figureResponse(trajectoryOf(ask, query), pictureAt, query)
      if (what === 'region') return regionResponse(sent, pictureAt, query)
      if (what === 'view') return viewResponse(sent, pictureAt, seenBy(ask, query), query)
      if (what === 'sent') return sentResponse(pictureAt, trajectoryOf(ask, query), query)
      if (what === 'exchanges') return ask.exchanges.get(countOf(query, 'sample')) ?? null
      throw nowhere()
    },
    'POST /api/asks/*': (_, { url }) => {
      const [[id = '', what]] = partsOf(url, '/api/asks/')
      if (what !== 'stop') throw nowhere()
      asks.get(id).stop()
      return {}
    },
  }
}

/** The observations so far of search `?sample=<n>` of an ask. */
function seenBy({ events, profile }: Ask, query: URLSearchParams): Pick<Trajectory, 'observations' | 'profile'> {
  const own = newsOf(events, query)
  const observations = own.flatMap((event) => (event.kind === 'observed' ? [event.observation] : []))
  const last = own.at(-1)
  return { observations: last?.kind === 'ended' ? last.trajectory.observations : observations, profile }
}

/** The trajectory of a finished search. */
function trajectoryOf({ events }: Ask, query: URLSearchParams): Trajectory {
  const last = newsOf(events, query).at(-1)
  if (last?.kind === 'ended') return last.trajectory
  throw new HttpError(404, 'no_search', 'That search has not ended.')
}

function newsOf(events: Ask['events'], query: URLSearchParams): Ask['events'] {
  return events.filter(({ sample }) => sample === countOf(query, 'sample'))
}
