/** Models that were found: on servers of this machine, and those that run in the program itself. */
import type { ConnectingRow, ConnectRequest, LocalRow, ModelsFound } from '../src/server/api/types.ts'
import { bytesText } from '../src/shared/bytes.ts'

interface Props {
  readonly found: ModelsFound
  /** Names of the policies that are connected. */
  readonly connected: readonly string[]
  /** Connections in progress. */
  readonly connecting: readonly ConnectingRow[]
  readonly onConnect: (request: ConnectRequest) => void
}

export function FoundModels({ found: { servers, local }, ...states }: Props) {
  return (
    <>
      <h4>Running on this machine</h4>
      {servers.length === 0 && (
        <p class="note">No model server answers on the usual ports. Start one, such as Ollama, and look again.</p>
      )}
      {servers.map((server) => (
        <FoundServer key={server.baseUrl} server={server} {...states} />
      ))}
      <h4>In this program, without a server</h4>
      {local.problem !== undefined && <p class="note">{local.problem}</p>}
      {local.problem === undefined && (
        <ul class="models">
          {local.models.map((row) => (
            <LocalModel key={row.name} row={row} {...states} />
          ))}
        </ul>
      )}
    </>
  )
}

type Server = ModelsFound['servers'][number]

function FoundServer({ server, onConnect, ...states }: Omit<Props, 'found'> & { readonly server: Server }) {
  const { title, baseUrl, models, kind, problem } = server
  const seeing = models.filter(({ sees }) => sees !== 'no')
  const blind = models.length - seeing.length
  return (
    <div class="server">
      <p>
        <b>{title}</b> <code>{baseUrl}</code>
        {problem !== undefined && <span>: {problem}</span>}
        {problem === undefined && seeing.length === 0 && <span>: none of its models accepts pictures</span>}
      </p>
      <ul class="models">
        {seeing.map(({ id, sees, elsewhere }) => (
          <li key={id}>
            <b>{id}</b>
            <span>
              {sees === 'yes' ? 'accepts pictures' : 'may accept pictures: the server does not say'}
              {elsewhere && '; your picture would leave this machine'}
            </span>
            <Connect
              policy={`chat:${id}`}
              {...states}
              onConnect={() => onConnect({ baseUrl, model: id, ...(kind === 'transformers' && { server: kind }) })}
            />
          </li>
        ))}
      </ul>
      {blind > 0 && seeing.length > 0 && (
        <p class="note">
          {blind} more of its models {blind === 1 ? 'does' : 'do'} not accept pictures.
        </p>
      )}
    </div>
  )
}

function LocalModel({ row, onConnect, ...states }: Omit<Props, 'found'> & { readonly row: LocalRow }) {
  const { name, title, bytes, pulled, licence, memoryBytes } = row
  const size = bytesText(bytes)
  const policy = `local:${name}`
  const here = pulled || states.connected.includes(policy)
  const under = states.connecting.some((one) => one.policy === policy)
  const facts = [
    here ? `on this machine, ${size}` : under ? size : `downloads ${size}`,
    ...(memoryBytes === undefined ? [] : [`about ${(memoryBytes / 1e9).toFixed(0)} GB of memory`]),
    ...(licence === undefined ? [] : [licence]),
  ]
  return (
    <li>
      <b>{title}</b>
      <span>{facts.join(', ')}</span>
      <Connect
        policy={policy}
        {...states}
        label={here ? 'Connect' : `Download ${size}`}
        onConnect={() => onConnect({ local: name })}
      />
    </li>
  )
}

interface ConnectProps extends Omit<Props, 'found' | 'onConnect'> {
  readonly policy: string
  readonly label?: string
  readonly onConnect: () => void
}

function Connect({ policy, connected, connecting, label = 'Connect', onConnect }: ConnectProps) {
  const under = connecting.find((row) => row.policy === policy)
  const there = connected.includes(policy)
  const text = under ? (under.bytes ? 'Downloading …' : 'Connecting …') : there ? 'Connected' : label
  return (
    <button type="button" disabled={under !== undefined || there} aria-label={`${text}: ${policy}`} onClick={onConnect}>
      {text}
    </button>
  )
}
