/** Requests to the server. Failures are thrown with a message that can be shown, and the code of the server. */
import { useEffect, useState } from 'preact/hooks'
import { messageOf, MiniO3Error } from '../src/shared/errors.ts'
import { fieldsOf } from '../src/shared/fields.ts'

export async function fetchJson<T>(path: string, options?: RequestInit): Promise<T> {
  return fromServer(await fetchText(path, options))
}

async function fetchText(path: string, options?: RequestInit): Promise<string> {
  const response = await fetch(path, options).catch(() => {
    throw new MiniO3Error(
      'no-answer',
      'The server does not answer. If it has ended, start it again; this page then continues.',
    )
  })
  if (response.ok) return response.text()
  const body: unknown = await response.json().catch(() => undefined)
  const { message, code } = fieldsOf(fieldsOf(body)?.['error']) ?? {}
  const wait = response.headers.get('retry-after')
  const otherwise = `The server answered ${response.status}.${wait ? ` Try again in ${wait} s.` : ''}`
  throw new MiniO3Error(
    typeof code === 'string' ? code : 'unexpected',
    typeof message === 'string' ? message : otherwise,
  )
}

/** The page comes from the server that it asks, so the types of `server/api` hold; schemas would double its size. */
export function fromServer<T>(json: string): T {
  const value: T = JSON.parse(json)
  return value
}

export function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return fetchJson(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: signal ?? null,
  })
}

export interface Loaded<T> {
  readonly value?: T | undefined
  readonly error?: string
}

/** Loads `path` whenever it changes, and every `everyMs` while the page is visible. The value stays the same object until it changes. */
export function useJson<T>(path: string, everyMs?: number): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T> & { readonly path?: string }>({})
  useEffect(() => {
    const gone = new AbortController()
    let latest: string | undefined
    const load = (): Promise<void> =>
      fetchText(path, { signal: gone.signal }).then(
        (text) => {
          if (gone.signal.aborted) return
          const value = text === latest ? undefined : fromServer<T>(text)
          latest = text
          if (value !== undefined) setLoaded({ path, value })
          else setLoaded((before) => (before.error === undefined ? before : { path, value: before.value }))
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
