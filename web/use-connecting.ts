/** Models that are being connected, as the server tells them: every second as long as one is under way. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ConnectingRow } from '../src/server/api/types.ts'
import { fetchJson } from './fetch-json.ts'

const everyMs = 1_000

export interface Connecting {
  readonly rows: readonly ConnectingRow[]
  reload(): void
}

/** `onConnected` is told once of each that became connected while this was shown. */
export function useConnecting(onConnected: (policy: string) => void): Connecting {
  const [rows, setRows] = useState<readonly ConnectingRow[]>([])
  const before = useRef(new Map<string, ConnectingRow['state']>())
  const told = useRef(onConnected)
  told.current = onConnected
  const reload = (): void =>
    void fetchJson<readonly ConnectingRow[]>('api/models').then(
      (now) => {
        for (const { id, state, policy } of now) {
          if (state === 'connected' && before.current.get(id) === 'connecting') told.current(policy)
          before.current.set(id, state)
        }
        setRows(now)
      },
      () => {},
    )
  const going = rows.some(({ state }) => state === 'connecting')
  useEffect(reload, [])
  useEffect(() => {
    if (!going) return undefined
    const timer = setInterval(reload, everyMs)
    return () => clearInterval(timer)
  }, [going])
  return { rows, reload }
}
