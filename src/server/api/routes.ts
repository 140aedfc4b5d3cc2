/** What the pages ask of the server, as routes below `/api/`. */
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { RunFigures, Setup } from './types.ts'
import { askLimits } from './asks.ts'
import type { Asks, ShownSearcher } from './asks.ts'
import { eventStreams } from './events.ts'
import { figureResponse } from './figure.ts'
import type { Pictures } from './pictures.ts'
import { regionResponse, viewResponse } from './region.ts'
import { openRuns } from '../runs/runs.ts'
import type { Runs } from '../runs/runs.ts'
import { HttpError } from '../http/http-error.ts'
import type { Ask } from './kept-asks.ts'
import type { Routes } from '../http/router.ts'

export interface ApiOptions {
  readonly searchers: readonly ShownSearcher[]
  readonly pictures: Pictures
  readonly asks: Asks
  /** The folder of runs. */
  readonly runs: string
  readonly archives: boolean
  /** Cuts off what is under way. */
  readonly signal: AbortSignal
}

export function apiRoutes({ searchers, pictures, asks, runs: root, archives, signal }: ApiOptions): Routes {
  const runs = openRuns(root)
  const streams = eventStreams()
  const setup: Setup = {
    scenes: pictures.scenes,
    policies: searchers.map(({ searcher: { name, profile, maxTurns = profile.maxTurns }, note }) => {
      return { name, maxTurns: Math.min(maxTurns, askLimits.turns), note }
    }),
    limits: { ...askLimits, pictureBytes: 64 * 1024 ** 2 },
    archives,
  }
  return {
    'GET /api/setup': () => setup,
    'POST /api/pictures': (body) => {
      if (body instanceof Uint8Array) return pictures.upload(body)
      throw new HttpError(415, 'not_a_picture', 'Send the bytes of a picture, with its content type.')
    },
    'GET /api/pictures/*': (_, { url }) => {
      const [[id, what], query] = partsOf(url, '/api/pictures/')
      if (what !== 'region') throw nowhere()
      query.set('picture', id!)
      return regionResponse(pictures.get(id!).picture, query)
    },
    'POST /api/asks': (body) => asks.start(body),
    'GET /api/asks/*': (_, { url, headers, signal: gone }) => {
      const [[id, what], query] = partsOf(url, '/api/asks/')
      const ask = asks.get(id!)
      if (what === 'events') {
        return streams(ask, headers['last-event-id']?.toString(), AbortSignal.any([gone, signal]))
      }
      if (what === 'trajectory') return trajectoryOf(ask, query)
      if (what === 'figure') return figureResponse(trajectoryOf(ask, query), ask.picture, query)
      if (what === 'region') return regionResponse(ask.picture, query)
      if (what === 'view') return viewResponse(ask.picture, seenBy(ask, query), query)
      throw nowhere()
    },
    'POST /api/asks/*': (_, { url }) => {
      const [[id, what]] = partsOf(url, '/api/asks/')
      if (what !== 'stop') throw nowhere()
      asks.get(id!).stop()
      return {}
    },
    'GET /api/runs': () => runs.list(),
    'GET /api/runs/*': (_, { url }) => runAnswer(runs, ...partsOf(url, '/api/runs/')),
  }
}

/** `<run>`, `<run>/figures`, `<run>/charts/<id>`, `<run>/diff/<other run>`, `<run>/items/<n>`, `<run>/items/<n>/region`, `.../view`, `.../figure`. */
async function runAnswer(
  runs: Runs,
  [name, kind, id, what]: readonly string[],
  query: URLSearchParams,
): Promise<unknown> {
  if (kind === undefined) return runs.details(name!, countOf(query, 'after'), query.get('log') ?? undefined)
  if (kind === 'figures' && id === undefined) {
    const { scores, latest, charts } = await runs.figures(name!)
    const rows = charts.map(({ id, title, summary, table }) => ({ id, title, summary, table }))
    return { scores, latest, charts: rows } satisfies RunFigures
  }
  if (kind === 'diff' && what === undefined) return runs.diff(name!, id!)
  if (kind === 'charts' && what === undefined) {
    return new Response(await runs.chart(name!, id!), { headers: { 'content-type': 'image/svg+xml' } })
  }
  if (kind !== 'items') throw nowhere()
  const index = /^\d{1,9}$/.test(id ?? '') ? Number(id) : -1
  if (what === undefined) return runs.search(name!, index)
  const picture = await runs.picture(name!, index)
  if (what === 'region') return regionResponse(picture, query)
  const search = await runs.search(name!, index)
  if (what === 'view') return viewResponse(picture, search, query)
  if (what === 'figure') return figureResponse(search, picture, query)
  throw nowhere()
}

/** The observations so far of the search `?sample=<n>` of an ask. */
function seenBy({ events, profile }: Ask, query: URLSearchParams): Pick<Trajectory, 'observations' | 'profile'> {
  const own = newsOf(events, query)
  const observations = own.flatMap((event) => (event.kind === 'observed' ? [event.observation] : []))
  const last = own.at(-1)
  return { observations: last?.kind === 'ended' ? last.trajectory.observations : observations, profile }
}

/** Once it has ended. */
function trajectoryOf({ events }: Ask, query: URLSearchParams): Trajectory {
  const last = newsOf(events, query).at(-1)
  if (last?.kind === 'ended') return last.trajectory
  throw new HttpError(404, 'no_search', 'That search has not ended.')
}

function newsOf(events: Ask['events'], query: URLSearchParams): Ask['events'] {
  return events.filter(({ sample }) => sample === countOf(query, 'sample'))
}

/** A whole number from 0; 0 where there is none. */
function countOf(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '0'
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new HttpError(400, 'invalid_request', `${name}: has to be a whole number, 0 or more.`)
}

/** The parts of a path below `start`, decoded, and its query. */
function partsOf(url: string, start: string): [string[], URLSearchParams] {
  const { pathname, searchParams } = new URL(url, 'http://server')
  try {
    return [pathname.slice(start.length).split('/').map(decodeURIComponent), searchParams]
  } catch {
    throw nowhere()
  }
}

function nowhere(): HttpError {
  return new HttpError(404, 'not_found', 'There is no such thing here.')
}
