/**
 * Routes that connect models. They make the server call other addresses with API keys from its environment, so they are only
 * open to its own page and to programs on this machine, never to pages of other sites or ports, nor over a network.
 */
import { find } from '../../discover/find.ts'
import type { ModelsFound } from '../api/types.ts'
import { partsOf, nowhere } from '../api/path.ts'
import { HttpError } from '../http/http-error.ts'
import { fromOwnPage } from '../http/guard.ts'
import type { Routes } from '../http/router.ts'
import type { ModelDesk } from './model-desk.ts'

export function connectRoutes(desk: ModelDesk, signal: AbortSignal): Routes {
  return {
    'GET /api/models': () => desk.rows(),
    'POST /api/models': fromOwnPage((body) => desk.connect(body)),
    'POST /api/models/found': fromOwnPage(async (_, asking): Promise<ModelsFound> => {
      return find({ signal: AbortSignal.any([signal, asking.signal]) })
    }),
    'POST /api/models/list': fromOwnPage((body) => desk.list(body)),
    'POST /api/models/*': fromOwnPage((_, { url }) => {
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
