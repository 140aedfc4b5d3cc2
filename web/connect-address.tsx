/** Connects a server by its address and the name of the variable that holds its API key; the key itself is never entered. */
import { useRef, useState } from 'preact/hooks'
import type { ConnectRequest, ListedModels, ModelsFound } from '../src/server/api/types.ts'
import { ProblemFact } from './facts.tsx'
import { postJson } from './fetch-json.ts'

interface Props {
  readonly services: ModelsFound['services']
  /** Rejects with the reason why it cannot be connected. */
  readonly onConnect: (request: ConnectRequest) => Promise<void>
}

export function ConnectAddress({ services, onConnect }: Props) {
  const [baseUrl, setBaseUrl] = useState('')
  const [apiKeyEnv, setApiKeyEnv] = useState('')
  const [model, setModel] = useState('')
  const [lastListed, setListed] = useState<ListedModels & { readonly asked: string }>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const address = { baseUrl: baseUrl.trim(), ...(apiKeyEnv.trim() !== '' && { apiKeyEnv: apiKeyEnv.trim() }) }
  const typed = useRef('')
  typed.current = address.baseUrl
  // Another address may have been typed before the answer came.
  const listed = lastListed?.asked === address.baseUrl ? lastListed : undefined
  const list = (): void => {
    setBusy(true)
    setProblem(undefined)
    postJson<ListedModels>('api/models/list', address)
      .then(
        (found) => {
          setListed({ ...found, asked: address.baseUrl })
          if (found.models.length === 1 && typed.current === address.baseUrl) setModel(found.models[0] ?? '')
        },
        (error: Error) => setProblem(error.message),
      )
      .finally(() => setBusy(false))
  }
  const connect = (event: Event): void => {
    event.preventDefault()
    setProblem(undefined)
    onConnect({ ...address, baseUrl: listed?.baseUrl ?? address.baseUrl, model: model.trim() }).catch((error: Error) =>
      setProblem(error.message),
    )
  }
  return (
    <form class="address" aria-label="Connect by address" onSubmit={connect}>
      <h4>By address</h4>
      {services.length > 0 && (
        <p class="services">
          {services.map((service) => (
            <button
              key={service.keyEnv}
              type="button"
              onClick={() => {
                setBaseUrl(service.baseUrl)
                setApiKeyEnv(service.keyEnv)
              }}
            >
              {service.title}, with {service.keyEnv}
            </button>
          ))}
        </p>
      )}
      <div class="fields">
        <label>
          <span>Address</span>
          <input
            type="url"
            required
            value={baseUrl}
            placeholder="http://127.0.0.1:8000/v1"
            onInput={(event) => setBaseUrl(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>Environment variable of its API key</span>
          <input
            value={apiKeyEnv}
            autocomplete="off"
            spellcheck={false}
            placeholder="none; or VLM_API_KEY"
            onInput={(event) => setApiKeyEnv(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>Model</span>
          <input
            required
            value={model}
            list="listed-models"
            autocomplete="off"
            spellcheck={false}
            placeholder={listed ? `one of ${listed.models.length}` : 'model name'}
            onInput={(event) => setModel(event.currentTarget.value)}
          />
          <datalist id="listed-models">
            {listed?.models.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
      </div>
      <p class="buttons">
        <button type="button" disabled={busy || address.baseUrl === ''} onClick={list}>
          {busy ? 'Asking …' : 'List models'}
        </button>
        <button type="submit">Test and connect</button>
        {listed && <span class="note">{listedText(listed.models)}</span>}
      </p>
      <p class="note">
        The key stays in the environment of the server: set the variable before <code>mini-o3 serve</code> is started.
        Questions and pictures go to this address.
      </p>
      <ProblemFact message={problem} />
    </form>
  )
}

const mostNames = 12

function listedText(models: readonly string[]): string {
  if (models.length === 0) return 'It lists none: type the name.'
  const more = models.length - mostNames
  return `${models.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
