/** Requests to the server. Failures are thrown as an `Error` whose message can be shown. */
import { useEffect, useState } from 'preact/hooks'
import { messageOf } from '../src/shared/errors.ts'
import { fieldsOf } from '../src/shared/fields.ts'

export async function fetchJson<T>(path: string, options?: RequestInit): Promise<T> {
  const response = await fetch(path, options).catch(() => {
    throw new Error('The server does not answer. Is mini-o3 serve still running?')
  })
  if (response.ok) return fromServer(await response.text())
  const body: unknown = await response.json().catch(() => undefined)
  const message = fieldsOf(fieldsOf(body)?.['error'])?.['message']
  const wait = response.headers.get('retry-after')
  const otherwise = `The server answered ${response.status}.${wait ? ` Try again in ${wait} s.` : ''}`
  throw new Error(typeof message === 'string' ? message : otherwise)
}

/** The page comes from the server that it asks, so the types of `server/api` hold; schemas would double its size. */
export function fromServer<T>(json: string): T {
  const value: T = JSON.parse(json)
  return value
}

export function postJson<T>(path: string, body: unknown): Promise<T> {
  return fetchJson(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

export interface Loaded<T> {
  readonly value?: T | undefined
  readonly error?: string
}

/** Loads `path` whenever it changes, and every `everyMs` while the page is visible. */
export function useJson<T>(path: string, everyMs?: number): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T> & { readonly path?: string }>({})
  useEffect(() => {
    const gone = new AbortController()
    const load = (): Promise<void> =>
      fetchJson<T>(path, { signal: gone.signal }).then(
        (value) => {
          if (!gone.signal.aborted) setLoaded({ path, value })
        },
        (error: unknown) => {
          if (!gone.signal.aborted) setLoaded((before) => ({ path, value: before.value, error: messageOf(error) }))
        },
      )
    void load()
    const timer = everyMs && setInterval(() => document.hidden || void load(), everyMs)
    return () => {
      gone.abort()
      clearInterval(timer)
    }
  }, [path, everyMs])
  return loaded.path === path ? loaded : {}
}
