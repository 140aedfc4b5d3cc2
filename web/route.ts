/** Routing: `#/run/<name>/3?turn=2` is the path `run, <name>, 3` with the settings `turn=2`. */
import { createContext } from 'preact'
import type { Sort } from './virtual-table.tsx'
import { useContext, useLayoutEffect, useState } from 'preact/hooks'

export interface Route {
  readonly path: readonly string[]
  readonly settings: URLSearchParams
}

/**
 * The current route. Components read it from here instead of listening to the address themselves: with two listeners the path
 * could change before the settings, and a component would write the address back without them.
 */
export const RouteContext = createContext<Route>({ path: [], settings: new URLSearchParams() })

export function useRoute(): Route {
  return useContext(RouteContext)
}

/** For the root component only. */
export function useAddress(): Route {
  const [route, setRoute] = useState(routeNow)
  useLayoutEffect(() => {
    const follow = (): void => setRoute(routeNow())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}

function routeNow(): Route {
  const [path = '', settings = ''] = location.hash.replace(/^#\/?/, '').split('?', 2)
  return { path: path.split('/').filter(Boolean).map(decoded), settings: new URLSearchParams(settings) }
}

/** A hand-typed address may contain a stray `%`. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export function href(
  path: readonly (string | number)[],
  settings: Readonly<Record<string, string | number>> = {},
): string {
  const query = new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)])).toString()
  return `#/${path.map((part) => encodeURIComponent(part)).join('/')}${query && `?${query}`}`
}

/** A part of the settings that the page changes, too; another address sets it again. */
export function useSetting<T>(read: (settings: URLSearchParams) => T): [T, (value: T) => void] {
  const { settings } = useRoute()
  const [value, setValue] = useState(() => read(settings))
  // See `usePlace`.
  useLayoutEffect(() => setValue(() => read(settings)), [settings])
  return [value, (next) => setValue(() => next)]
}

/** Updates the address without navigating. */
export function replaceAddress(
  path: readonly (string | number)[],
  settings: Readonly<Record<string, string | number>>,
): void {
  const address = href(path, settings)
  if (address !== location.hash) history.replaceState(null, '', address)
  setTitle(path)
}

/** A page opened from a file has its own title. */
const titleOfFile = document.title

/** Gives each tab and history entry a distinct title. */
export function setTitle([kind = '', name, item]: readonly (string | number)[]): void {
  const pages: Readonly<Record<string, string>> = {
    '': 'Ask',
    ask: 'Search',
    search: titleOfFile,
    scene: titleOfFile,
    runs: 'Runs',
    run: item === undefined ? `${name}` : `${name}, search ${Number(item) + 1}`,
    curves: 'Curves',
    diff: `${name} against ${item}`,
  }
  const title = pages[kind] ?? 'No such page'
  document.title = title === titleOfFile ? title : `${title} - mini-o3`
}

/** The order of a table, as its address tells it: the column, with a minus in front if descending. */
export function sortOf(settings: URLSearchParams): Sort | undefined {
  const text = settings.get('sort')
  return text ? { name: text.replace(/^-/, ''), down: text.startsWith('-') } : undefined
}

export function sortText({ name, down }: Sort): string {
  return `${down ? '-' : ''}${name}`
}
