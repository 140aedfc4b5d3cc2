/** Every turn as a card: thought, action and observation. Model text is rendered as text, never as markup. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { turnClasses } from '../src/page/palette.ts'
import {
  contains,
  duration,
  endTitle,
  endWords,
  isMaskedEnd,
  shown,
  stepsOf,
  stepTitle,
  tokensInText,
} from '../src/page/step.ts'
import type { Step } from '../src/page/step.ts'
import { waitingText } from '../src/page/waiting-text.ts'
import { boxSize } from '../src/protocol/box.ts'
import { originalOf } from '../src/protocol/originals.ts'
import { targetBox } from '../src/protocol/target-box.ts'
import type { Observation, Turn } from '../src/protocol/trajectory.ts'
import { isGoing } from './shown-search.ts'
import type { PictureUrls, ShownSearch } from './shown-search.ts'
import { MaskedChip } from './search-facts.tsx'
import { regionOf } from './on-original.tsx'
import { actionText, placeName, viewChange } from './text.ts'
import { ExchangePanel } from './exchange-panel.tsx'
import type { TurnTokens } from '../src/protocol/turn-record.ts'
import { HeatNote, TokenHeat, tokensOfTurn, useTokens } from './token-heat.tsx'
import type { TokenFigure } from './token-heat.tsx'
import { turnState } from './turn-state.ts'
import { useSecondsSince } from './use-seconds.ts'

interface Props {
  readonly search: ShownSearch
  readonly urls: PictureUrls
  readonly turn: number
  readonly lit: number | undefined
  readonly onLit: (turn: number | undefined) => void
  /** Whether cards start collapsed; each can still be opened. */
  readonly folded: boolean
  /** Whether tokens are shaded by their log-probabilities or entropies. */
  readonly heat: boolean
}

const cropSide = 512

export function TurnCards({ search, urls, turn, lit, onLit, folded, heat }: Props) {
  const list = useRef<HTMLOListElement>(null)
  useScrollTo(list, turn)
  const tokens = useTokens(heat ? urls.tokens : undefined)
  const [figure, setFigure] = useState<TokenFigure>('log-probability')
  // The cards do not change while turns are played; only their wrappers do.
  const cards = useMemo(
    () =>
      stepsOf(search).map((step) => ({
        step,
        card: (
          <details open={!folded} aria-label={`Turn ${step.number}`}>
            <TurnCard
              step={step}
              search={search}
              urls={urls}
              tokens={tokensOfTurn(tokens, step.number)}
              figure={figure}
            />
          </details>
        ),
      })),
    [search, urls, folded, tokens, figure],
  )
  const originals = search.observations.filter(({ parent }) => parent === null)
  return (
    <ol class="turns" ref={list}>
      {heat && <HeatNote tokens={tokens} turns={search.turns.length} figure={figure} onFigure={setFigure} />}
      {originals.length > 0 && (
        <li class="card start" data-turn="0">
          <details open={!folded} aria-label="Overview">
            <summary>
              <h3>The question comes with {originals.length === 1 ? 'an overview' : 'overviews'}</h3>
            </summary>
            {originals.map((original) => (
              <Pictures key={original.index} observation={original} search={search} urls={urls} what="picture" />
            ))}
          </details>
        </li>
      )}
      {cards.map(({ step, card }) => (
        <li
          key={step.number}
          class={`card ${turnClasses(step.number)} ${step.turn.error ? 'mistaken' : ''} ${turnState(step.number, turn, lit)}`}
          data-turn={step.number}
          onPointerEnter={() => onLit(step.number)}
          onPointerLeave={() => onLit(undefined)}
        >
          {search.parent?.turn === step.number && <p class="departs">The fork starts here</p>}
          {card}
        </li>
      ))}
      {isGoing(search) ? <Waiting search={search} /> : <EndCard search={search} urls={urls} />}
    </ol>
  )
}

/** Turns that pass faster than this are not scrolled to. */
const restMs = 180

function useScrollTo(list: { readonly current: HTMLElement | null }, turn: number): void {
  const changedMs = useRef(-Infinity)
  useEffect(() => {
    const go = (): void => {
      const card = list.current?.querySelector(`.card[data-turn="${turn}"]`)
      if (!card || !matchMedia('(min-width: 901px)').matches) return
      const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
      scrollTo({ top: turn === 0 ? 0 : placeOf(card), behavior: calm ? 'instant' : 'smooth' })
    }
    const now = performance.now()
    const wait = now - changedMs.current < restMs ? restMs : 0
    changedMs.current = now
    const timer = setTimeout(go, wait)
    return () => clearTimeout(timer)
  }, [turn])
}

/** Where the card stands beside the top of the picture, but not so far that the end of the columns pushes the picture out of sight. */
function placeOf(card: Element): number {
  const columns = card.closest('.columns')
  const look = columns?.querySelector('.look')
  const above = look ? Number.parseFloat(getComputedStyle(look).top) : 0
  const top = card.getBoundingClientRect().top + scrollY - above
  const high = look?.clientHeight ?? 0
  if (!columns || high + above > innerHeight) return top
  return Math.min(top, columns.getBoundingClientRect().bottom + scrollY - high - above)
}

interface TurnCardProps extends Pick<Props, 'search' | 'urls'> {
  readonly step: Step
  readonly tokens: TurnTokens | undefined
  readonly figure: TokenFigure
}

function TurnCard({ step, search, urls, tokens, figure }: TurnCardProps) {
  const { number, turn, observation } = step
  const { error, usage, thought } = turn
  const target = targetBox(search)
  const ofFirst = observation && originalOf(observation, search.observations) === 0
  return (
    <>
      <summary>
        <span class="number" aria-hidden="true">
          {number}
        </span>
        <h3>
          <span class="hidden">Turn {number}: </span>
          {stepTitle(step)}
        </h3>
        {observation && <span class="result">→ {step.name}</span>}
      </summary>
      {tokens ? (
        <TokenHeat text={turn.text} tokens={tokens} figure={figure} />
      ) : (
        thought && (
          <p class="thought" dir="auto">
            {shown(thought)}
          </p>
        )
      )}
      <ActionLine turn={turn} />
      {turn.byHand && <p class="by-hand">Written by hand: {turn.byHand.join(' and ')}</p>}
      {error && (
        <p class="mistake" dir="auto">
          <b>{error.code}</b> {shown(error.error)}
        </p>
      )}
      <Retries retries={turn.retries} />
      {turn.returned !== undefined && (
        <p class="returned" dir="auto">
          <b>Returned</b> {shown(turn.returned)}
        </p>
      )}
      {observation && <Pictures observation={observation} search={search} urls={urls} what="region" />}
      {turn.action?.kind === 'answer' && <Answer search={search} text={turn.action.text} />}
      <footer>
        {usage.replyTokens > 0 && (
          <>
            <span>{tokensInText(search.policy, usage)}</span>
            <span>{usage.replyTokens} out</span>
          </>
        )}
        <span>{duration(turn.ms)}</span>
        {turn.firstTokenMs !== undefined && <span>first token after {duration(turn.firstTokenMs)}</span>}
        {usage.thinkingTokens !== undefined && usage.thinkingTokens > 0 && <span>{usage.thinkingTokens} thinking</span>}
        {turn.served?.model !== undefined && <span>by {shown(turn.served.model)}</span>}
        {turn.served?.finish !== undefined && <span>finish {shown(turn.served.finish)}</span>}
        {observation && target && ofFirst && contains(observation.boxInOriginalPx, target) && (
          <span class="holds-target">contains the target</span>
        )}
        <div class="raw">
          {!isGoing(search) && <ExchangePanel key={urls.exchanges} search={search} urls={urls} turn={number} />}
          <details>
            <summary>raw reply</summary>
            <pre dir="auto">{shown(turn.text)}</pre>
          </details>
        </div>
      </footer>
    </>
  )
}

/** Failed attempts of the turn, with the wait before the next one. */
function Retries({ retries = [] }: { readonly retries: Turn['retries'] | undefined }) {
  if (retries.length === 0) return null
  return (
    <ol class="retries" aria-label="Failed attempts">
      {retries.map(({ atMs, why, waitMs }, index) => (
        <li key={index} dir="auto">
          {shown(why)}{' '}
          <small>
            after {duration(atMs)}
            {waitMs !== undefined && `, waited ${duration(waitMs)}`}
          </small>
        </li>
      ))}
    </ol>
  )
}

function ActionLine({ turn: { action, error } }: { readonly turn: Turn }) {
  if (!action) return null
  return (
    <p class="action">
      <code>{shown(actionText(action))}</code>
      <span class={`chip ${error ? 'bad' : 'good'}`}>{error ? 'refused' : 'valid'}</span>
    </p>
  )
}

interface PicturesProps extends Pick<Props, 'search' | 'urls'> {
  readonly observation: Observation
  readonly what: string
}

function Pictures({ observation, search, urls, what }: PicturesProps) {
  const { view, boxInOriginalPx: box, index } = observation
  const region = boxSize(box)
  const name = placeName(observation, search.observations)
  return (
    <div class="pair">
      <figure>
        <img
          class={view.width < 200 ? 'coarse' : ''}
          src={urls.view(index)}
          {...view}
          loading="lazy"
          alt={`As the policy saw it: ${name}`}
        />
        <figcaption>
          <b>What the policy saw</b>
          <span>
            {view.width} × {view.height} view, {viewChange(observation)}
          </span>
        </figcaption>
      </figure>
      <figure>
        <img
          src={regionOf(urls, search, index, cropSide)}
          {...region}
          loading="lazy"
          alt={`At full resolution: ${name}`}
        />
        <figcaption>
          <b>What is there</b>
          <span>
            {region.width} × {region.height} {what}
          </span>
        </figcaption>
      </figure>
    </div>
  )
}

function Answer({ search, text }: { readonly search: ShownSearch; readonly text: string }) {
  const { answer = text, problem, verdict, end } = search
  return (
    <div class={`verdict ${verdict?.kind ?? 'unjudged'}`}>
      <div>
        <span>Answer</span>
        <b dir="auto">{answer === null ? end && endWords[end] : shown(answer)}</b>
      </div>
      {problem.answer !== undefined && (
        <div>
          <span>Truth</span>
          <b dir="auto">{shown(problem.answer)}</b>
        </div>
      )}
      {verdict && (
        <p>
          {verdict.kind}
          <small dir="auto">{shown(verdict.reason)}</small>
        </p>
      )}
    </div>
  )
}

/** The turn in progress: its thought as it streams, or what it waits for and for how long. */
function Waiting({ search: { turns, draft } }: Pick<Props, 'search'>) {
  const seconds = useSecondsSince(draft?.sinceMs)
  return (
    <li class="card waiting">
      <header>
        <h3>Turn {draft?.turn ?? turns.length + 1} …</h3>
        <span class="clock">{seconds !== undefined && `${seconds} s`}</span>
      </header>
      {draft?.text && (
        <p class="thought" dir="auto">
          {shown(draft.text)}
        </p>
      )}
      {draft && !draft.text && <p class="note">{waitingText(draft, seconds ?? 0)}</p>}
      <Retries retries={draft?.retries} />
    </li>
  )
}

/** How the search ended, if the last turn does not show it. */
function EndCard({ search, urls }: Pick<Props, 'search' | 'urls'>) {
  const { turns, end, answer = null, failure, unfinished } = search
  if (turns.at(-1)?.action?.kind === 'answer') return null
  return (
    <li class="card ending">
      <header>
        <h3>{end === undefined ? 'No answer: stopped' : endTitle({ end, answer })}</h3>
        {end !== undefined && isMaskedEnd(end) && <MaskedChip />}
      </header>
      {failure && (
        <p class="mistake" dir="auto">
          {shown(failure.message)}
        </p>
      )}
      <Retries retries={unfinished?.retries} />
      {unfinished && (
        <footer>
          <div class="raw">
            <ExchangePanel key={urls.exchanges} search={search} urls={urls} turn={turns.length + 1} />
          </div>
        </footer>
      )}
    </li>
  )
}
