/** Training sets for the page: the same as `mini-o3 export` writes. */
import { openSetDesk } from '../../server/sets/set-desk.ts'
import { noSetRoutes, setRoutes } from '../../server/sets/set-routes.ts'
import type { Routes } from '../../server/http/router.ts'
import { isOneOf } from '../../shared/fields.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { exportSearches, setTargets, setTexts } from '../data/export-searches.ts'
import { report } from '../print/output.ts'

export interface MadeSets {
  readonly routes: Routes
  close(): Promise<void>
}

/** `root`: the folder of the runs. If other machines can reach the server, it writes no sets. */
export function makeSets(root: string, host: string, signal: AbortSignal): MadeSets {
  if (!isLoopback(host)) return { routes: noSetRoutes(), close: async () => {} }
  const desk = openSetDesk({
    root,
    formats: setTargets,
    onFault: report,
    signal,
    async write({ run, where, to, out }, progress) {
      if (!isOneOf(setTargets, to)) throw new Error(`internal error: ${to} is no format`)
      const written = await exportSearches([run], { to, out, where, encoding: 'png' }, progress)
      return setTexts(written, to).join('; ')
    },
  })
  return { routes: setRoutes(desk), close: () => desk.close() }
}
