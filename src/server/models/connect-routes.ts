/**
 * Routes that connect models. They make the server call other addresses with API keys from its environment, so they are only
 * open to its own page and to programs on this machine, never to pages of other sites or ports, nor over a network.
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

/** Replaces them if other machines can reach the server. */
export function noConnectRoutes(): Routes {
  const refuse = (): never => {
    throw new HttpError(
      403,
      'not_here',
      'Models can be connected from the page only if the server listens on this machine alone. Name them with --policy or --policies.',
    )
  }
  return { 'GET /api/models': refuse, 'POST /api/models': refuse, 'POST /api/models/*': refuse }
}

type Route = (body: unknown, asking: Asking) => unknown

/** Browsers treat pages of other ports as the same site; requiring a JSON content type stops their forms. */
function own(route: Route): Route {
  return (body, asking) => {
    const { 'sec-fetch-site': site = 'same-origin', 'content-type': type = '' } = asking.headers
    if (site !== 'same-origin' || !/^application\/json\b/.test(type))
      throw new HttpError(
        403,
        'foreign_origin',
        'This is only for the page of this server, or for programs that send JSON.',
      )
    return route(body, asking)
  }
}
