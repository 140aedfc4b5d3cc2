/** Models being connected, polled from the server every second while one is in progress. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ConnectingRow } from '../src/server/api/types.ts'
import { fetchJson } from './fetch-json.ts'

const everyMs = 1_000

export interface Connecting {
  readonly rows: readonly ConnectingRow[]
  reload(): void
}

/** Calls `onEnd` once for each model that connects or fails while the component is shown. */
export function useConnecting(onEnd: (row: ConnectingRow) => void): Connecting {
  const [rows, setRows] = useState<readonly ConnectingRow[]>([])
  const before = useRef(new Map<string, ConnectingRow['state']>())
  const told = useRef(onEnd)
  told.current = onEnd
  const reload = (): void =>
    void fetchJson<readonly ConnectingRow[]>('api/models').then(
      (now) => {
        for (const row of now) {
          if (row.state !== 'connecting' && before.current.get(row.id) === 'connecting') told.current(row)
          before.current.set(row.id, row.state)
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
