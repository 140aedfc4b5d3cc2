/** Requests to the server. Failures are thrown with a message that can be shown, and the code of the server. */
import { useEffect, useState } from 'preact/hooks'
import { errorCodeOf, messageOf, MiniO3Error } from '../src/shared/errors.ts'
import { fieldsOf } from '../src/shared/fields.ts'

/** The code of a request that was not answered. */
const noAnswer = 'no-answer'
/** After that long a server that did not answer is asked again. */
const againMs = 2_000

export async function fetchJson<T>(path: string, options?: RequestInit): Promise<T> {
  return fromServer(await fetchText(path, options))
}

async function fetchText(path: string, options?: RequestInit): Promise<string> {
  const response = await fetch(path, options).catch(unanswered)
  // The server may end while it answers.
  if (response.ok) return response.text().catch(unanswered)
  const body: unknown = await response.json().catch(() => undefined)
  const { message, code } = fieldsOf(fieldsOf(body)?.['error']) ?? {}
  const wait = response.headers.get('retry-after')
  const otherwise = `The server answered ${response.status}.${wait ? ` Try again in ${wait} s.` : ''}`
  throw new MiniO3Error(
    typeof code === 'string' ? code : 'unexpected',
    typeof message === 'string' ? message : otherwise,
  )
}

function unanswered(): never {
  throw new MiniO3Error(
    noAnswer,
    'The server does not answer. If it was stopped, start it again; this page then continues.',
  )
}

/** As `fetchJson`, but asks again until the server answers; meanwhile `onWait` is told why it waits. */
export async function fetchAnswer<T>(
  path: string,
  signal: AbortSignal,
  onWait: (error: string) => void = () => {},
): Promise<T> {
  for (;;) {
    try {
      return await fetchJson<T>(path, { signal })
    } catch (error) {
      if (signal.aborted || errorCodeOf(error) !== noAnswer) throw error
      onWait(messageOf(error))
      await new Promise((resolve) => setTimeout(resolve, againMs))
    }
  }
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

/**
 * Loads `path` whenever it changes, and `everyMs` after each response while the page is visible; without `everyMs` again only if the server
 * did not answer. The value stays the same object until it changes.
 */
export function useJson<T>(path: string, everyMs?: number): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T> & { readonly path?: string }>({})
  useEffect(() => {
    const gone = new AbortController()
    let known: { readonly text: string; readonly value: T } | undefined
    let timer: ReturnType<typeof setTimeout>
    const load = async (): Promise<void> => {
      let restMs = everyMs
      if (!document.hidden || known === undefined) {
        try {
          const text = await fetchText(path, { signal: gone.signal })
          if (text !== known?.text) known = { text, value: fromServer<T>(text) }
          const { value } = known
          const isShown = (shown: Loaded<T>): boolean => shown.value === value && shown.error === undefined
          if (!gone.signal.aborted)
            setLoaded((before) => (before.path === path && isShown(before) ? before : { path, value }))
        } catch (error) {
          restMs ??= errorCodeOf(error) === noAnswer ? againMs : undefined
          if (!gone.signal.aborted) setLoaded({ path, value: known?.value, error: messageOf(error) })
        }
      }
      if (!gone.signal.aborted && restMs !== undefined) timer = setTimeout(() => void load(), restMs)
    }
    void load()
    return () => {
      gone.abort()
      clearTimeout(timer)
    }
  }, [path, everyMs])
  return loaded.path === path ? loaded : {}
}
