/** Makes a training set of the searches that the filter matches: on the server, or by the command that is shown. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { countedReasons, leftOutText, whyNotRight } from '../src/protocol/left-out.ts'
import type { ItemRow, SetOffer, SetRequest, SetRow } from '../src/server/api/types.ts'
import { errorCodeOf, messageOf } from '../src/shared/errors.ts'
import { counted } from '../src/shared/numbers.ts'
import { shellWord } from '../src/shared/shell-word.ts'
import { CopyText } from './copy-text.tsx'
import { ProblemFact } from './facts.tsx'
import { fetchJson, postJson, useJson } from './fetch-json.ts'

interface Props {
  readonly run: string
  /** The text of the filter. */
  readonly where: string
  /** The searches that it matches. */
  readonly items: readonly ItemRow[]
  readonly served: boolean
}

export function MakeSet({ run, where, items, served }: Props) {
  const [open, setOpen] = useState(false)
  const making = useMaking()
  const button = useRef<HTMLButtonElement>(null)
  const close = (): void => {
    setOpen(false)
    button.current?.focus()
  }
  const these = counted(items.length, 'search', 'searches')
  return (
    <div class="make-set" onKeyDown={(event) => event.key === 'Escape' && open && close()}>
      <button
        ref={button}
        type="button"
        aria-expanded={open}
        disabled={items.length === 0}
        onClick={() => setOpen(!open)}
      >
        Create a training set from {items.length === 1 ? 'this' : 'these'} {these}
      </button>
      {open && items.length > 0 && (
        <section aria-label="Training set">
          {served ? (
            <Served run={run} where={where} items={items} making={making} />
          ) : (
            <Command run={run} where={where} to="collection" folder="" />
          )}
        </section>
      )}
    </div>
  )
}

const formatTexts: Readonly<Record<string, string>> = {
  collection: 'collection, for mini-o3 sft',
  sharegpt: 'ShareGPT, for LLaMA-Factory',
  trl: 'TRL',
  'mini-o3': 'parquet of the Mini-o3 cold start',
  parquet: 'parquet of Hugging Face',
  verl: 'problems for verl',
  'verl-agent': 'searches for verl',
}

interface Making {
  /** The set that is made, or was made last. */
  readonly row: SetRow | undefined
  readonly problem: string | undefined
  readonly send: (path: string, body: SetRequest | object) => void
}

/** Lasts as long as the table, so that a set is still followed after its form was closed. */
function useMaking(): Making {
  const [row, setRow] = useState<SetRow>()
  const [problem, setProblem] = useState<string>()
  const working = row?.state === 'working'
  const take = (next: SetRow): void => {
    setRow(next)
    setProblem(undefined)
  }
  const fail = (cause: unknown): void => {
    setProblem(messageOf(cause))
    // The server was started again, and no longer makes it.
    if (errorCodeOf(cause) === 'no_set') setRow(undefined)
  }
  useEffect(() => {
    if (!working) return undefined
    const timer = setInterval(() => void fetchJson<SetRow>(`api/sets/${row.id}`).then(take, fail), 500)
    return () => clearInterval(timer)
  }, [working, row?.id])
  return { row, problem, send: (path, body) => void postJson<SetRow>(path, body).then(take, fail) }
}

function Served({
  run,
  where,
  items,
  making: { row, problem, send },
}: Omit<Props, 'served'> & { readonly making: Making }) {
  const { value: offer, error } = useJson<SetOffer>('api/sets')
  const [to, setTo] = useState('collection')
  const working = row?.state === 'working'
  if (offer === undefined) return error === undefined ? <p role="status">Loading …</p> : <ProblemFact message={error} />
  if (offer.formats.length === 0) return <Command run={run} where={where} to="collection" folder={offer.folder} />
  const reasons = items.map(whyNotRight).filter((why) => why !== undefined)
  const right = items.length - reasons.length
  return (
    <>
      <p>
        {right === items.length ? 'All of them have' : `${right} of them ${right === 1 ? 'has' : 'have'}`} the right
        answer within the limits{right < items.length && '; only these are written'}.{' '}
        {leftOutText(countedReasons(reasons))}
      </p>
      <label>
        <span>Format</span>
        <select value={to} disabled={working} onChange={(event) => setTo(event.currentTarget.value)}>
          {offer.formats.map((name) => (
            <option key={name} value={name}>
              {formatTexts[name] ?? name}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="go"
        disabled={working || right === 0}
        onClick={() => send('api/sets', { run, where, to })}
      >
        Create
      </button>
      {working && (
        <>
          <progress
            value={row.total === undefined ? undefined : row.done}
            max={row.total ?? 1}
            aria-label="Searches written"
          />
          <button type="button" onClick={() => send(`api/sets/${row.id}/cancel`, {})}>
            cancel
          </button>
        </>
      )}
      <ProblemFact message={problem} />
      {row && !working && <Made row={row} />}
      <Command run={run} where={where} to={to} folder={offer.folder} />
    </>
  )
}

/** What became of a set, with the command that trains on it. */
function Made({ row: { state, path, to, text } }: { readonly row: SetRow }) {
  if (state !== 'done')
    return (
      <p role="status" class={state === 'failed' ? 'problem' : ''}>
        {text}
      </p>
    )
  return (
    <div role="status">
      <p>
        Written: <code>{path}</code> ({text})
      </p>
      {to === 'collection' && <CopyText title="Train on it" text={`mini-o3 sft --collection ${shellWord(path)}`} />}
    </div>
  )
}

interface CommandProps {
  readonly run: string
  readonly where: string
  readonly to: string
  readonly folder: string
}

function Command({ run, where, to, folder }: CommandProps) {
  const at = (name: string): string => shellWord(folder === '' || folder === '.' ? name : `${folder}/${name}`)
  const chosen = where === '' ? '' : ` --where ${shellWord(where)}`
  const text = `mini-o3 export ${at(run)}${chosen} --to ${to} --out ${at(`${run.slice(run.lastIndexOf('/') + 1)}-set`)}`
  return <CopyText title="The same on the command line" text={text} />
}
