/** Navigation state among searches, stored in the address: which search, which turn, side by side or alone. */
import { useLayoutEffect, useState } from 'preact/hooks'
import { replaceAddress, useRoute } from './route.ts'
import type { Route } from './route.ts'

export interface PagePlace {
  /** Index of the shown search. */
  readonly at: number
  /** 0: the whole search. */
  readonly turn: number
  readonly compare: boolean
}

export type Go = (to: Partial<PagePlace>) => void

/** `routeTo`: the address of a search; `atIn`: the search of an address. */
export function usePlace(routeTo: (at: number) => Address, atIn: (route: Route) => number): [PagePlace, Go] {
  const route = useRoute()
  const { settings } = route
  const wanted = { at: atIn(route), turn: Number(settings.get('turn')) || 0, compare: settings.has('compare') }
  const [place, setPlace] = useState<PagePlace>(wanted)
  // A layout effect: a key pressed between the address change and an ordinary effect would be lost.
  useLayoutEffect(() => setPlace(wanted), [route])
  useLayoutEffect(() => {
    const { at, turn, compare } = place
    const { path, settings: own } = routeTo(at)
    replaceAddress(path, { ...own, ...(turn && { turn }), ...(compare && { compare: 1 }) })
  }, [place])
  return [place, (to) => setPlace((before) => ({ ...before, ...to }))]
}

interface Address {
  readonly path: readonly (string | number)[]
  readonly settings?: Readonly<Record<string, number>>
}
