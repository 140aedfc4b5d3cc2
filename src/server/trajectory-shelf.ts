/** The newest searches of a server, kept in memory, each readable under the link that its answer carries. */
import type { Trajectory } from '../protocol/trajectory.ts'
import { HttpError } from './http-error.ts'
import type { Routes } from './start-server.ts'

const folder = '/v1/trajectories'
const mostKept = 256

export interface TrajectoryShelf {
  /** Returns the path of its page. */
  keep(trajectory: Trajectory): string
  readonly routes: Routes
}

export function trajectoryShelf(): TrajectoryShelf {
  const kept = new Map<string, Trajectory>()
  return {
    keep(trajectory) {
      const { docId } = trajectory.problem
      kept.delete(docId)
      kept.set(docId, trajectory)
      if (kept.size > mostKept) kept.delete(kept.keys().next().value!)
      return `${folder}/${docId}`
    },
    routes: {
      [`GET ${folder}/*`]: (_body, { url }) => {
        const found = kept.get(url.split('?', 1)[0]!.slice(folder.length + 1))
        if (found !== undefined) return found
        throw new HttpError(404, 'trajectory_not_found', `Only the newest ${mostKept} searches are kept here.`)
      },
    },
  }
}
