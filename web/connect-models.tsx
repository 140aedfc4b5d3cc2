/** Connect a model: a server on this machine, an address, or a download. Each is tested with a picture before it can be used. */
import { useEffect, useState } from 'preact/hooks'
import type { ConnectingRow, ConnectRequest, ModelsFound } from '../src/server/api/types.ts'
import { ConnectAddress } from './connect-address.tsx'
import { ConnectingRows } from './connecting-rows.tsx'
import { ProblemFact } from './facts.tsx'
import { postJson } from './fetch-json.ts'
import { FoundModels } from './found-models.tsx'
import { useConnecting } from './use-connecting.ts'

interface Props {
  /** Names of the policies that are already available. */
  readonly offered: readonly string[]
  readonly onConnected: (policy: string) => void
  readonly onClose: () => void
}

export function ConnectModels({ offered, onConnected, onClose }: Props) {
  const [found, setFound] = useState<ModelsFound>()
  const [problem, setProblem] = useState<string>()
  const find = (): void =>
    void postJson<ModelsFound>('api/models/found', {}).then(setFound, (error: Error) => setProblem(error.message))
  const { rows, reload } = useConnecting(({ policy, state }) => {
    if (state === 'connected') onConnected(policy)
    // Also a model that failed may have been downloaded.
    find()
  })

  const look = (): void => {
    setFound(undefined)
    setProblem(undefined)
    find()
  }
  useEffect(look, [])
  const connect = (request: ConnectRequest): Promise<void> =>
    postJson<ConnectingRow>('api/models', request).then(reload)
  const connectFound = (request: ConnectRequest): void => {
    setProblem(undefined)
    connect(request).catch((error: Error) => setProblem(error.message))
  }
  const cancel = (id: string): void => void postJson(`api/models/${id}/cancel`, {}).then(reload, () => {})
  const connecting = rows.filter(({ state }) => state === 'connecting')
  return (
    <section class="connect" aria-label="Connect a model" onKeyDown={(event) => isToClose(event) && onClose()}>
      <header>
        <h3>Connect a model</h3>
        <button type="button" onClick={look} disabled={found === undefined && problem === undefined}>
          Look again
        </button>
      </header>
      <ProblemFact message={problem} />
      <ConnectingRows rows={rows} onCancel={cancel} />
      {found === undefined ? (
        problem === undefined && <p role="status">Checking the usual ports of this machine …</p>
      ) : (
        <FoundModels found={found} connected={offered} connecting={connecting} onConnect={connectFound} />
      )}
      <ConnectAddress services={found?.services ?? []} onConnect={connect} />
    </section>
  )
}

/** An address that was typed is not thrown away. */
function isToClose({ key, target }: KeyboardEvent): boolean {
  return key === 'Escape' && !(target instanceof HTMLInputElement && target.value !== '')
}
