/** The heart: searches of one problem, one at a time or side by side, replayed turn by turn on picture, tree and cards. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { duration, shown } from '../src/page/card.ts'
import { endWords } from '../src/page/step.ts'
import { targetBox } from '../src/protocol/target-box.ts'
import { Scrubber } from './scrubber.tsx'
import { SearchCanvas } from './search-canvas.tsx'
import { SearchTree } from './search-tree.tsx'
import type { PictureUrls, ShownSearch } from './shown-search.ts'
import { TurnCards } from './turn-cards.tsx'
import { wholeView } from './view-box.ts'
import type { ViewBox } from './view-box.ts'

export interface SearchEntry {
  readonly search: ShownSearch
  readonly urls: PictureUrls
  /** Default: its number. */
  readonly name?: string
}

interface Props {
  readonly entries: readonly SearchEntry[]
  /** The one that is shown. */
  readonly at: number
  readonly onAt: (at: number) => void
  readonly turn: number
  readonly onTurn: (turn: number) => void
  readonly compare: boolean
  readonly onCompare: (compare: boolean) => void
}

const playMs = 1800

export function SearchView({ entries, at, onAt, turn: wanted, onTurn, compare, onCompare }: Props) {
  const { search, urls } = entries[at]!
  const last = compare ? Math.max(...entries.map((entry) => entry.search.turns.length)) : search.turns.length
  const turn = Math.min(wanted, last)
  const [view, setView] = useState<ViewBox>(wholeView(search.picture))
  const [lit, setLit] = useState<number>()
  const [follow, setFollow] = useState(false)
  const [target, setTarget] = useState(false)
  const [help, setHelp] = useState(false)
  const { playing, play, stop } = usePlay(turn, last, onTurn)
  const step = (to: number): void => {
    stop()
    onTurn(Math.max(0, Math.min(last, to)))
  }
  const hasTarget = targetBox(search) !== undefined
  useKeys({
    ArrowRight: () => step(turn + 1),
    j: () => step(turn + 1),
    ArrowLeft: () => step(turn - 1),
    k: () => step(turn - 1),
    Home: () => step(0),
    End: () => step(last),
    ' ': () => (playing ? stop() : play()),
    f: () => setFollow(!follow),
    ...(hasTarget && { t: () => setTarget(!target) }),
    ...(entries.length > 1 && { c: () => onCompare(!compare) }),
    '?': () => setHelp(!help),
    ...Object.fromEntries(entries.slice(0, 9).map((_, index) => [String(index + 1), () => onAt(index)])),
  })
  const canvas = { turn, lit, view, follow, target, onView: setView, onTurn: step, onLit: setLit }
  const controls = (
    <div class="controls">
      <Scrubber turns={last} turn={turn} playing={playing} onTurn={step} onPlay={() => (playing ? stop() : play())} />
      <div class="options">
        <label>
          <input type="checkbox" checked={follow} onChange={() => setFollow(!follow)} /> zoom along <kbd>f</kbd>
        </label>
        {hasTarget && (
          <label>
            <input type="checkbox" checked={target} onChange={() => setTarget(!target)} /> show the target <kbd>t</kbd>
          </label>
        )}
        {entries.length > 1 && (
          <label>
            <input type="checkbox" checked={compare} onChange={() => onCompare(!compare)} /> side by side <kbd>c</kbd>
          </label>
        )}
        {!compare && turn > 0 && (
          <p class="saying" dir="auto" aria-hidden="true">
            {shown(search.turns[turn - 1]?.thought ?? '')}
          </p>
        )}
        <button type="button" class="keys" aria-expanded={help} onClick={() => setHelp(!help)}>
          keys <kbd>?</kbd>
        </button>
      </div>
      {help && <KeysHelp />}
    </div>
  )
  return (
    <section class={`search open ${target ? 'show-targets' : ''}`} aria-label="Search">
      <Heading search={search} />
      {entries.length > 1 && <GroupBar entries={entries} at={at} onAt={onAt} />}
      {compare ? (
        <>
          {controls}
          <div class="side-by-side">
            {entries.map((entry, index) => (
              <div key={index} class={index === at ? 'chosen' : ''}>
                <SearchCanvas {...canvas} follow={follow && index === at} search={entry.search} urls={entry.urls} />
                <Outcome search={entry.search} name={entry.name ?? String(index + 1)} turn={turn} />
                <SearchTree
                  search={entry.search}
                  urls={entry.urls}
                  turn={turn}
                  lit={lit}
                  onTurn={step}
                  onLit={setLit}
                />
              </div>
            ))}
          </div>
        </>
      ) : (
        <div class="columns">
          <div class="look">
            <SearchCanvas {...canvas} search={search} urls={urls} />
            {controls}
            <SearchTree search={search} urls={urls} turn={turn} lit={lit} onTurn={step} onLit={setLit} />
          </div>
          <TurnCards search={search} urls={urls} turn={turn} lit={lit} onLit={setLit} />
        </div>
      )}
      <Facts search={search} />
    </section>
  )
}

/** One turn a tick until the last one. */
function usePlay(turn: number, last: number, onTurn: (turn: number) => void) {
  const [playing, setPlaying] = useState(false)
  const now = useRef({ turn, last, onTurn })
  now.current = { turn, last, onTurn }
  useEffect(() => {
    if (!playing) return undefined
    const tick = (): void => {
      const { turn, last, onTurn } = now.current
      if (turn < last) onTurn(turn + 1)
      if (turn + 1 >= last) setPlaying(false)
    }
    const timer = setInterval(tick, playMs)
    return () => clearInterval(timer)
  }, [playing])
  const play = (): void => {
    onTurn(turn >= last ? 1 : turn + 1)
    setPlaying(last > 1)
  }
  return { playing, play, stop: () => setPlaying(false) }
}

/** Keys work anywhere on the page but where they are typed or do something of their own. */
function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      const element = event.target as Element
      if (element.closest('input:not([type=range]):not([type=checkbox]), textarea, select')) return
      const letter = event.key.length === 1 && event.key !== ' '
      if (!letter && element.closest('input, button, a, summary, .tree, pre, .thought')) return
      const act = latest.current[event.key]
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

function Heading({ search }: { readonly search: ShownSearch }) {
  const { problem, answer, verdict, turns, end, maxTurns, ms } = search
  return (
    <header class="question">
      <h2 dir="auto">{problem.question}</h2>
      <dl aria-live="polite">
        <div class={`answer ${verdict?.kind ?? 'unjudged'}`}>
          <dt>Answer</dt>
          <dd dir="auto">
            {end === undefined ? '…' : shown(answer ?? '–')}
            <Mark kind={verdict?.kind} />
          </dd>
        </div>
        {problem.answer !== undefined && (
          <div>
            <dt>Truth</dt>
            <dd dir="auto">{problem.answer}</dd>
          </div>
        )}
        <div>
          <dt>Turns</dt>
          <dd>
            {turns.length}
            <small> of {maxTurns}</small>
          </dd>
        </div>
        {ms !== undefined && (
          <div>
            <dt>Time</dt>
            <dd>{duration(ms)}</dd>
          </div>
        )}
        {end !== 'answered' && (
          <div>
            <dt>End</dt>
            <dd class="words">{end === undefined ? 'searching …' : endWords[end]}</dd>
          </div>
        )}
      </dl>
    </header>
  )
}

function Mark({ kind }: { readonly kind: string | undefined }) {
  if (kind !== 'correct' && kind !== 'wrong') return null
  return (
    <span role="img" aria-label={kind}>
      {kind === 'correct' ? ' ✓' : ' ✕'}
    </span>
  )
}

function GroupBar({ entries, at, onAt }: Pick<Props, 'entries' | 'at' | 'onAt'>) {
  return (
    <div class="group" role="group" aria-label="Searches for this problem">
      {entries.map(({ search, name }, index) => (
        <button
          key={index}
          type="button"
          class={search.verdict?.kind ?? 'unjudged'}
          aria-pressed={index === at}
          onClick={() => onAt(index)}
        >
          <b>{name ?? index + 1}</b> {search.end === undefined ? '…' : shown(search.answer ?? '–').slice(0, 24)}
          <Mark kind={search.verdict?.kind} />
          <small>{search.turns.length} turns</small>
        </button>
      ))}
    </div>
  )
}

function Outcome({
  search,
  name,
  turn,
}: {
  readonly search: ShownSearch
  readonly name: string
  readonly turn: number
}) {
  const { answer, end, turns, verdict } = search
  const thought = turns[Math.min(turn, turns.length) - 1]?.thought
  return (
    <div class="outcome">
      <p>
        <b>{name}</b> answer <b dir="auto">{end === undefined ? '…' : shown(answer ?? '–')}</b>
        <Mark kind={verdict?.kind} /> after {turns.length} turns{end && end !== 'answered' ? `, ${endWords[end]}` : ''}
      </p>
      {turn > 0 && thought && (
        <p class="thought" dir="auto">
          {shown(thought)}
        </p>
      )}
    </div>
  )
}

function Facts({ search: { policy, profile, picture, seed, problem } }: { readonly search: ShownSearch }) {
  return (
    <footer class="facts">
      <span>
        policy <b>{policy}</b>
      </span>
      {profile && (
        <span>
          profile <b>{profile.name}</b> {profile.sha256.slice(0, 12)}
        </span>
      )}
      <span>
        seed <b>{seed}</b>
      </span>
      <span>
        picture{' '}
        <b>
          {picture.width} × {picture.height}
        </b>{' '}
        {picture.sha256.slice(0, 12)}
      </span>
      <span>
        problem <b>{problem.docId}</b> of {problem.dataSource}
      </span>
    </footer>
  )
}

function KeysHelp() {
  const keys = [
    ['← →  or  k j', 'turn before, turn after'],
    ['Home End', 'whole search, last turn'],
    ['space', 'play, pause'],
    ['f', 'zoom along with the turns'],
    ['t', 'show the target, where it is known'],
    ['c', 'searches side by side'],
    ['1 to 9', 'choose a search'],
    ['on the picture: + − 0, shift and arrows', 'zoom, show all, move'],
  ] as const
  return (
    <dl class="keys-help">
      {keys.map(([key, what]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  )
}
