/** Routes that make training sets. They write files, so they are only open to the page of a server that other machines cannot reach. */
import { nowhere, partsOf } from '../api/path.ts'
import { fromOwnPage } from '../http/guard.ts'
import type { Routes } from '../http/router.ts'
import type { SetDesk } from './set-desk.ts'

export function setRoutes(desk: SetDesk): Routes {
  return {
    'GET /api/sets': () => ({ formats: desk.formats, folder: desk.folder }),
    'GET /api/sets/*': (_, { url }) => {
      const [[id = '', more]] = partsOf(url, '/api/sets/')
      if (more !== undefined) throw nowhere()
      return desk.row(id)
    },
    'POST /api/sets': fromOwnPage((body) => desk.start(body)),
    'POST /api/sets/*': fromOwnPage((_, { url }) => {
      const [[id = '', what]] = partsOf(url, '/api/sets/')
      if (what !== 'cancel') throw nowhere()
      return desk.cancel(id)
    }),
  }
}

/** Replaces them if other machines can reach the server: the page then only shows the command. */
export function noSetRoutes(): Routes {
  return { 'GET /api/sets': () => ({ formats: [], folder: '' }) }
}
