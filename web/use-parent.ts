/** The search that a fork departs from, to stand beside it. */
import { useEffect, useState } from 'preact/hooks'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import type { ForkRequest } from '../src/server/api/fork-types.ts'
import { fetchAnswer } from './fetch-json.ts'
import { trajectoryPath } from './fork-links.tsx'
import { hashesOf, pictureUrls } from './shown-search.ts'
import type { SearchEntry } from './shown-search.ts'

/** Undefined as long as it is not known, or gone. */
export function useParent(origin: ForkRequest['origin'] | undefined): SearchEntry | undefined {
  const [parent, setParent] = useState<SearchEntry>()
  const path = origin && trajectoryPath(origin)
  useEffect(() => {
    setParent(undefined)
    if (origin === undefined || path === undefined) return undefined
    const gone = new AbortController()
    fetchAnswer<Trajectory>(path, gone.signal).then(
      (search) => {
        const [base = '', sample] = path.split('/trajectory?sample=')
        setParent({ search, urls: pictureUrls(base, hashesOf(search), Number(sample ?? 0)), name: 'origin' })
      },
      () => {},
    )
    return () => gone.abort()
  }, [path])
  return parent
}
