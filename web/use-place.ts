/** Where one is among searches: which one, at which turn, beside the others or alone. The address holds it. */
import { useLayoutEffect, useState } from 'preact/hooks'
import { replaceAddress, useRoute } from './route.ts'
import type { Route } from './route.ts'

export interface PagePlace {
  /** The search that is shown. */
  readonly at: number
  /** 0: the whole search. */
  readonly turn: number
  readonly compare: boolean
}

export type Go = (to: Partial<PagePlace>) => void

/** `routeTo`: what stands in the address for a search; `atIn`: which one it is. */
export function usePlace(routeTo: (at: number) => Address, atIn: (route: Route) => number): [PagePlace, Go] {
  const route = useRoute()
  const { settings } = route
  const wanted = { at: atIn(route), turn: Number(settings.get('turn')) || 0, compare: settings.has('compare') }
  const [place, setPlace] = useState<PagePlace>(wanted)
  // Before anything else can happen: a key that is pressed between the address and an effect after the next frame would be forgotten.
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
