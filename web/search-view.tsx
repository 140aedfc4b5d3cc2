/** The search viewer: replays the searches of one problem, singly or side by side, on the picture, the tree and the turn cards. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { paceOf } from '../src/page/pace.ts'
import { shown as shortened } from '../src/page/step.ts'
import type { Price } from '../src/protocol/price.ts'
import { targetBox } from '../src/protocol/target-box.ts'
import { itemAt } from '../src/shared/known.ts'
import { originalOfSource } from './fork-draft.ts'
import { ForkForm } from './fork-form.tsx'
import { useForking } from './use-forking.ts'
import { KeysHelp } from './keys-help.tsx'
import { firstMarks, marks } from './marks.ts'
import type { Mark } from './marks.ts'
import { Scrubber } from './scrubber.tsx'
import { onOriginal, originalAt, PictureBar } from './on-original.tsx'
import { SearchCanvas } from './search-canvas.tsx'
import { Facts, GroupBar, Heading, ImportedFacts, OutcomeFact } from './search-facts.tsx'
import { nextVerdict, NoteSummary, NotesPanel } from './notes.tsx'
import { SearchTree } from './search-tree.tsx'
import { sharedView } from './shared-view.ts'
import { hashesOf } from './shown-search.ts'
import type { SearchEntry } from './shown-search.ts'
import { TurnCards } from './turn-cards.tsx'
import { useNoteTaker } from './use-notes.ts'
import type { Go, PagePlace } from './use-place.ts'
import { wholeView } from './view-box.ts'

interface Props extends PagePlace {
  readonly entries: readonly SearchEntry[]
  readonly go: Go
  /** Of the tokens of its policy. */
  readonly price?: Price | undefined
}

const playMs = 1800

export function SearchView({ entries, at, turn: wanted, compare: asked, go, price }: Props) {
  const { search, urls, origin, advantage, notes } = itemAt(entries, at)
  const comparable =
    entries.length > 1 && entries.every((entry) => hashesOf(entry.search).join() === hashesOf(search).join())
  const compare = asked && comparable
  const last = compare ? Math.max(...entries.map((entry) => entry.search.turns.length)) : search.turns.length
  const turn = Math.min(wanted, last)
  // Its place changes when other searches are loaded before it.
  const which = origin === undefined ? at : JSON.stringify(origin)
  /** The picture selected for this turn; default is the one that the turn looked at. */
  const [picked, setPicked] = useState<number>()
  useEffect(() => setPicked(undefined), [turn, which])
  const original = picked ?? originalAt(search, turn)
  const onIt = onOriginal({ search, urls }, original)
  const view = useMemo(() => sharedView(wholeView(onIt.search.picture)), [original])
  const [lit, setLit] = useState<number>()
  const [follow, setFollow] = useState(false)
  const [shown, setShown] = useState(firstMarks)
  const [byTime, setByTime] = useState(false)
  const [help, setHelp] = useState(false)
  const [folded, setFolded] = useState(false)
  const [heat, setHeat] = useState(false)
  // Only searches of training have an advantage.
  const canHeat = !compare && urls.tokens !== undefined && ('own' in urls.tokens || advantage !== undefined)
  const pace = useMemo(() => (compare ? undefined : paceOf(search, price)), [search, price, compare])
  const forking = useForking(search, which, (source) => setPicked(originalOfSource(search, source)))
  const canFork = origin !== undefined && turn > 0 && turn <= search.turns.length && search.end !== undefined
  const fork = (): void => {
    stop()
    if (compare) go({ compare: false })
    forking.begin(turn)
  }
  const taker = useNoteTaker(notes)
  const root = useRef<HTMLElement>(null)
  const focus = (selector: string): void => root.current?.querySelector<HTMLElement>(selector)?.focus()
  const correctable = search.end !== undefined && search.end !== 'failed'
  const { playing, play, stop } = usePlay(turn, last, (to) => go({ turn: to }))
  useEffect(() => {
    if (compare) scrollTo(0, 0)
  }, [compare])
  const step = (to: number): void => {
    if (forking.draft) return
    stop()
    go({ turn: Math.max(0, Math.min(last, to)) })
  }
  const toggle = (name: Mark): void => setShown((before) => ({ ...before, [name]: !before[name] }))
  const toShow = marks.filter(({ name }) => name !== 'target' || targetBox(onIt.search) !== undefined)
  const keys = {
    ArrowRight: () => step(turn + 1),
    j: () => step(turn + 1),
    ArrowLeft: () => step(turn - 1),
    k: () => step(turn - 1),
    Home: () => step(0),
    End: () => step(last),
    ' ': () => (playing ? stop() : play()),
    f: () => setFollow(!follow),
    ...Object.fromEntries(toShow.map(({ name, key }) => [key, () => toggle(name)])),
    ...(comparable && { c: () => go({ compare: !compare }) }),
    ...(pace && { a: () => setByTime(!byTime) }),
    ...(canHeat && { l: () => setHeat(!heat) }),
    ...(!compare && { x: () => setFolded(!folded) }),
    ...(canFork && { e: fork }),
    ...(notes?.take && {
      s: () => void taker.take({ starred: !notes.note?.starred }),
      ...(correctable && { v: () => void taker.take({ verdict: nextVerdict(notes.note) }) }),
      g: () => focus('.add-tag'),
      n: () => focus('.comment textarea'),
      ...(taker.undo && { u: taker.undo }),
    }),
    '?': () => setHelp(!help),
    ...(help && { Escape: () => setHelp(false) }),
    ...Object.fromEntries(entries.slice(0, 9).map((_, index) => [String(index + 1), () => go({ at: index })])),
  }
  useKeys(forking.draft ? { Escape: forking.end } : keys)
  const canvas = { turn, lit, view, follow, shown, onTurn: step, onLit: setLit }
  const controls = (
    <div class="controls">
      <Scrubber
        turns={last}
        turn={turn}
        lit={lit}
        playing={playing}
        pace={pace}
        byTime={byTime}
        onTurn={step}
        onLit={setLit}
        onPlay={() => (playing ? stop() : play())}
      />
      <div class="options">
        <label>
          <input type="checkbox" checked={follow} onChange={() => setFollow(!follow)} /> zoom along <kbd>f</kbd>
        </label>
        {toShow.map(({ name, key, label }) => (
          <label key={name}>
            <input type="checkbox" checked={shown[name]} onChange={() => toggle(name)} /> {label} <kbd>{key}</kbd>
          </label>
        ))}
        {pace && (
          <label>
            <input type="checkbox" checked={byTime} onChange={() => setByTime(!byTime)} /> time axis <kbd>a</kbd>
          </label>
        )}
        {comparable && (
          <label>
            <input type="checkbox" checked={compare} onChange={() => go({ compare: !compare })} /> side by side{' '}
            <kbd>c</kbd>
          </label>
        )}
        {!compare && (
          <label>
            <input type="checkbox" checked={folded} onChange={() => setFolded(!folded)} /> fold cards <kbd>x</kbd>
          </label>
        )}
        {canHeat && (
          <label>
            <input type="checkbox" checked={heat} onChange={() => setHeat(!heat)} /> shade tokens <kbd>l</kbd>
          </label>
        )}
        {!compare && turn > 0 && (
          <p class="saying" dir="auto" aria-hidden="true">
            {shortened(search.turns[turn - 1]?.thought ?? '')}
          </p>
        )}
        <span class="acts">
          {canFork && (
            <button type="button" class="keys" ref={forking.button} onClick={fork}>
              fork from here <kbd>e</kbd>
            </button>
          )}
          <button type="button" class="keys by-keys" aria-expanded={help} onClick={() => setHelp(!help)}>
            keys <kbd>?</kbd>
          </button>
        </span>
      </div>
      {help && <KeysHelp acts={(key) => Object.hasOwn(keys, key)} />}
    </div>
  )
  const noted = notes?.take ? (
    <NotesPanel notes={notes} taker={taker} correctable={correctable} />
  ) : (
    <NoteSummary notes={notes} />
  )
  return (
    <section ref={root} class={`search open ${shown.target ? 'show-targets' : ''}`} aria-label="Search">
      <Heading search={search} pace={pace} asJudged={notes?.asJudged} />
      {entries.length > 1 && <GroupBar entries={entries} at={at} onAt={(to) => go({ at: to })} />}
      {compare ? (
        <>
          <PictureBar search={search} urls={urls} original={original} onOriginal={setPicked} />
          {controls}
          <div class="side-by-side">
            {entries.map((entry, index) => (
              <div key={index} class={index === at ? 'chosen' : ''}>
                <SearchCanvas
                  key={original}
                  {...canvas}
                  follow={follow && index === at}
                  {...onOriginal(entry, original)}
                />
                <OutcomeFact search={entry.search} name={entry.name ?? String(index + 1)} turn={turn} />
                <NoteSummary notes={entry.notes} />
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
          {notes?.take && noted}
        </>
      ) : (
        <div class="columns">
          <div class="look">
            <PictureBar search={search} urls={urls} original={original} onOriginal={setPicked} />
            <SearchCanvas key={original} {...canvas} {...onIt} edited={forking.edited} />
            {!forking.draft && controls}
            {!forking.draft && noted}
            <SearchTree search={search} urls={urls} turn={turn} lit={lit} onTurn={step} onLit={setLit} />
          </div>
          {forking.draft && origin ? (
            <ForkForm
              search={search}
              origin={origin}
              draft={forking.draft}
              onDraft={forking.change}
              onStep={forking.onStep}
              onCancel={forking.end}
            />
          ) : (
            <TurnCards
              search={search}
              urls={urls}
              turn={turn}
              lit={lit}
              onLit={setLit}
              folded={folded}
              heat={heat && canHeat}
            />
          )}
        </div>
      )}
      <ImportedFacts search={search} />
      <Facts search={search} urls={urls} />
    </section>
  )
}

/** Advances one turn per tick until the last one. */
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

/** Keyboard shortcuts work anywhere except in inputs and controls that use the key themselves. */
function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys)
  latest.current = keys
  // A layout effect, so that the keys work as soon as the page is visible.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      const { target: element } = event
      if (!(element instanceof Element)) return
      if (element.closest('input:not([type=range]):not([type=checkbox]), textarea, select')) return
      // A space presses or opens them; they do nothing with an arrow.
      if (event.key === ' ' && element.closest('input, button, a, summary')) return
      const moves = event.key === ' ' || (event.key.length > 1 && event.key !== 'Escape')
      if (moves && element.closest('input[type=range], .tree, pre, .thought')) return
      const act = latest.current[event.key]
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}
