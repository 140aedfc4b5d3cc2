/**
 * Finds the route of a request by method and path. A library for routing would replace these lines alone: access control, limits for slow
 * clients, and errors that list the routes stay ours, and work on Node's own requests.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { HttpError } from './http-error.ts'
import { own } from '../../shared/known.ts'

/** Request data for a route, besides the body. */
export interface Asking {
  /** Fires if the client disconnects before the response is sent. */
  readonly signal: AbortSignal
  readonly headers: IncomingHttpHeaders
  /** Path and query, such as `/v1/models?limit=3`. */
  readonly url: string
  /** Maps a thrown value to a response; internal errors are logged to the terminal. */
  readonly explain: (error: unknown) => HttpError
}

/** Takes the body (parsed JSON, bytes for `image/...`, or undefined) and returns the response: a `Response` unchanged, anything else as JSON. */
export type Handler = (body: unknown, asking: Asking) => unknown
/** By method and path, such as `GET /v1/models`, or `GET /runs/*` for everything below. */
export type Routes = Readonly<Record<string, Handler>>

type Find = (method: string, path: string) => Handler

/**
 * Finds the route of the exact path, otherwise that of the closest wildcard above it, in time linear in the path. Throws `HttpError`
 * 404, or 405 for a path that only exists with another method.
 */
export function router(routes: Routes): Find {
  const folders = Object.entries(routes)
    .filter(([name]) => name.endsWith('/*'))
    .map(([name, route]) => ({ name, route, prefix: name.slice(name.indexOf(' ') + 1, -1) }))
    .toSorted((a, b) => b.prefix.length - a.prefix.length)
  return (asked, path) => {
    const method = asked === 'HEAD' ? 'GET' : asked
    const exact = `${method} ${path}`
    const route = own(routes, exact)
    if (route !== undefined) return route
    const around = folders.filter(({ prefix }) => path.startsWith(prefix))
    const folder = around.find(({ name }) => name.startsWith(`${method} `))
    const known = Object.keys(routes).filter((name) => name.endsWith(` ${path}`))
    if (folder !== undefined && known.length === 0) return folder.route
    const others = [...known, ...around.map(({ name }) => name)]
    if (others.length > 0)
      throw new HttpError(405, 'method_not_allowed', `This path only accepts ${others.join(', ')}.`)
    // Leaves out the files of the pages.
    const names = Object.keys(routes).filter((name) => !name.includes('.'))
    throw new HttpError(404, 'not_found', `There is no such page. This server has ${names.join(', ')}.`)
  }
}

/** Without the query. */
export function pathOf(url: string): string {
  const [path = ''] = url.split('?', 1)
  return path
}
