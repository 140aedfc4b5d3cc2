/**
 * What the page asks to connect models. These requests make the server call other addresses, with keys of its environment: they are
 * answered to its own page and to programs of this machine alone, never to a page of another site or port, nor over a network.
 */
import { find } from '../../discover/find.ts'
import type { ModelsFound } from '../api/types.ts'
import { partsOf, nowhere } from '../api/path.ts'
import { HttpError } from '../http/http-error.ts'
import type { Asking, Routes } from '../http/router.ts'
import type { ModelDesk } from './model-desk.ts'

export function connectRoutes(desk: ModelDesk, signal: AbortSignal): Routes {
  return {
    'GET /api/models': () => desk.rows(),
    'POST /api/models': own((body) => desk.connect(body)),
    'POST /api/models/found': own(async (_, asking): Promise<ModelsFound> => {
      return find({ signal: AbortSignal.any([signal, asking.signal]) })
    }),
    'POST /api/models/list': own((body) => desk.list(body)),
    'POST /api/models/*': own((_, { url }) => {
      const [[id = '', what]] = partsOf(url, '/api/models/')
      if (what !== 'cancel') throw nowhere()
      desk.cancel(id)
      return {}
    }),
  }
}

/** In place of them where other machines reach the server. */
export function noConnectRoutes(): Routes {
  const refuse = (): never => {
    throw new HttpError(
      403,
      'not_here',
      'Models are connected from the page only where the server listens on this machine alone. Name them with --policy or --policies.',
    )
  }
  return { 'GET /api/models': refuse, 'POST /api/models': refuse, 'POST /api/models/*': refuse }
}

type Route = (body: unknown, asking: Asking) => unknown

/** Pages of other ports of this machine are the same site to a browser; a form of theirs has another content type. */
function own(route: Route): Route {
  return (body, asking) => {
    const { 'sec-fetch-site': site = 'same-origin', 'content-type': type = '' } = asking.headers
    if (site !== 'same-origin' || !/^application\/json\b/.test(type))
      throw new HttpError(
        403,
        'foreign_origin',
        'Only the page of this server, or a program with JSON, may ask for this.',
      )
    return route(body, asking)
  }
}
