/** The requests and replies of a turn as they went over the wire, as text, with a command that repeats a request. */
import { useState } from 'preact/hooks'
import { curlCommand } from '../src/page/curl.ts'
import { sendsRequests, shown } from '../src/page/step.ts'
import { wholeRequest } from '../src/protocol/exchange.ts'
import type { StoredExchange, SearchExchanges } from '../src/protocol/exchange.ts'
import { originalCount } from '../src/protocol/originals.ts'
import { toClipboard } from './copy-text.tsx'
import { fetchJson } from './fetch-json.ts'
import type { PictureUrls, ShownSearch } from './shown-search.ts'

interface Props {
  readonly search: ShownSearch
  readonly urls: PictureUrls
  readonly turn: number
}

type Loaded = SearchExchanges | { readonly why: string }

const notStored =
  'They were not stored. `ask` and `serve` store them for models behind a server, `eval` with --keep-exchanges; ' +
  'searches of earlier versions have none.'
const notInFile = 'A page opened from a file does not have them: open the run with mini-o3 view.'

/** The exchanges of the search that was opened last: its cards share them. */
let last: { readonly url: string; readonly loaded: Promise<Loaded> } | undefined

function load(url: string): Promise<Loaded> {
  if (last?.url === url) return last.loaded
  const loaded = fetchJson<SearchExchanges | null>(url)
    .then((exchanges): Loaded => exchanges ?? { why: notStored })
    .catch((error: Error) => {
      last = undefined
      return { why: error.message }
    })
  last = { url, loaded }
  return loaded
}

export function ExchangePanel({ search, urls, turn }: Props) {
  const [loaded, setLoaded] = useState<Loaded>()
  const open = (isOpen: boolean): void => {
    if (!isOpen) return
    if (urls.exchanges === undefined) setLoaded({ why: notInFile })
    else void load(urls.exchanges).then(setLoaded)
  }
  if (!sendsRequests(search.policy)) return null
  return (
    <details class="exchange" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>request and reply</summary>
      {loaded === undefined ? (
        <p role="status">Loading …</p>
      ) : 'why' in loaded ? (
        <p class="note">{loaded.why}</p>
      ) : (
        <Exchanges search={search} urls={urls} turn={turn} stored={loaded} />
      )}
    </details>
  )
}

function Exchanges({ search, urls, turn, stored }: Props & { readonly stored: SearchExchanges }) {
  const own = stored.exchanges.flatMap((exchange, at) => (exchange.turn === turn ? [{ exchange, at }] : []))
  if (own.length === 0) {
    const why = stored.leftOut
      ? 'They are left out: the search exceeds the limit of what is stored.'
      : 'This turn has none.'
    return <p class="note">{why}</p>
  }
  return (
    <>
      {own.map(({ exchange, at }, index) => (
        <div key={at} class="request" role="group" aria-label={`Request ${index + 1}`}>
          {own.length > 1 && (
            <h4>
              Request {index + 1} of {own.length}
            </h4>
          )}
          <OneExchange exchange={exchange} curl={() => curlOf(search, urls, stored, at)} />
        </div>
      ))}
    </>
  )
}

const tabs = ['reply', 'request'] as const

function OneExchange({ exchange, curl }: { readonly exchange: StoredExchange; readonly curl: () => string }) {
  const [tab, setTab] = useState<(typeof tabs)[number]>('reply')
  const [said, setSaid] = useState('')
  const text = tab === 'reply' ? replyText(exchange) : requestText(exchange)
  const copy = async (what: string, copied: string): Promise<void> => {
    const isCopied = await toClipboard(copied)
    setSaid(isCopied ? `${what} is copied.` : 'The browser does not allow copying here: select the text instead.')
  }
  return (
    <>
      <div class="button-bar">
        {tabs.map((name) => (
          <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>
            {name}
          </button>
        ))}
        <button type="button" onClick={() => void copy(`The ${tab}`, text)}>
          copy
        </button>
        <button type="button" onClick={() => void copy('The command', curl())}>
          copy as curl
        </button>
        <span role="status">{said}</span>
      </div>
      <pre dir="auto" tabIndex={0} aria-label={`The ${tab} as text`}>
        {shown(text)}
      </pre>
    </>
  )
}

function requestText({ from, messages, fields }: StoredExchange): string {
  const before = from > 0 ? [`(the ${from} ${from === 1 ? 'message' : 'messages'} of the conversation so far)`] : []
  const added = messages.length > 0 ? [JSON.stringify(messages, null, 2)] : ['(no further message)']
  const others = fields === undefined ? ['(other fields as in the request before)'] : [JSON.stringify(fields, null, 2)]
  return [...before, ...added, ...others].join('\n')
}

function replyText({ status, headers = {}, body, streamed, cutBy, error }: StoredExchange): string {
  const head = [
    ...(status === undefined ? [] : [`HTTP ${status}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(streamed ? ['(streamed: this is what its events add up to)'] : []),
  ]
  const cut = cutBy === undefined ? '' : `\n(… and ${cutBy} more characters)`
  return [...head, '', error ?? indented(body ?? '') + cut].join('\n').trim()
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

/** Pictures of the question come with the first turn, and every observation with the turn after the one that asked for it. */
function curlOf(search: ShownSearch, urls: PictureUrls, stored: SearchExchanges, at: number): string {
  const observationOf = new Map<string, number>()
  for (const { turn, pictures = [] } of stored.exchanges.slice(0, at + 1)) {
    const originals = originalCount(search.observations)
    const before = search.turns[turn - 2]?.observation
    for (const [index, { sha256 }] of pictures.entries()) {
      // Exemplars stand before the question.
      const original = index - (pictures.length - originals)
      const observation = turn === 1 ? original : before
      if (observation !== undefined && observation >= 0 && !observationOf.has(sha256))
        observationOf.set(sha256, observation)
    }
  }
  return curlCommand(stored, wholeRequest(stored, at), (sha256) => {
    const observation = observationOf.get(sha256)
    const path = observation === undefined ? undefined : urls.sent?.(observation, sha256)
    return path === undefined ? undefined : new URL(path, location.href.split('#')[0]).href
  })
}
