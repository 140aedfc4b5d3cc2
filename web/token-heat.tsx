/** The text of a turn with each token shaded by a figure of its sampling, for training runs: its log-probability or its entropy. */
import { useEffect, useState } from 'preact/hooks'
import { tokensNotStored } from '../src/page/page-data.ts'
import type { ShownTokens } from '../src/page/page-data.ts'
import type { TurnTokens } from '../src/protocol/turn-record.ts'
import { counted, mean } from '../src/shared/numbers.ts'
import { fetchAnswer } from './fetch-json.ts'
import type { PictureUrls } from './shown-search.ts'

/** The tokens of a search; undefined while they are loaded. */
export function useTokens(source: PictureUrls['tokens']): ShownTokens | undefined {
  const url = source && 'path' in source ? source.path : undefined
  const [loaded, setLoaded] = useState<{ readonly url: string; readonly tokens: ShownTokens }>()
  useEffect(() => {
    if (url === undefined) return undefined
    const gone = new AbortController()
    const take = (tokens: ShownTokens): void => {
      if (!gone.signal.aborted) setLoaded({ url, tokens })
    }
    fetchAnswer<readonly TurnTokens[] | null>(url, gone.signal, take).then(
      (tokens) => take(tokens ?? tokensNotStored),
      (error: Error) => take(error.message),
    )
    return () => gone.abort()
  }, [url])
  if (source && 'own' in source) return source.own
  return loaded?.url === url ? loaded?.tokens : undefined
}

/** Those of a turn, counted from 1. */
export function tokensOfTurn(tokens: ShownTokens | undefined, turn: number): TurnTokens | undefined {
  return typeof tokens === 'string' ? undefined : tokens?.[turn - 1]
}

/** What shades can tell of a token. `most`, or anything beyond it, is shaded most; `steps` are those of the legend before it. */
const figures = {
  'log-probability': {
    of: ({ logprobs }: TurnTokens) => logprobs,
    about:
      'Log-probability of each token at temperature 1, in nats: 0 is certain, -0.69 is one of two equally likely ones.',
    steps: [0, -1, -2, -3, -4],
    most: -5,
    beyond: 'or less',
  },
  entropy: {
    of: ({ entropies }: TurnTokens) => entropies,
    about:
      'Entropy of the choice of each token at temperature 1, in nats: 0 is no choice, 0.69 is a choice between two equally likely ones.',
    steps: [0, 0.5, 1, 1.5, 2, 2.5],
    most: 3,
    beyond: 'or more',
  },
} as const
export type TokenFigure = keyof typeof figures
const names: readonly TokenFigure[] = ['log-probability', 'entropy']

/** One hue that differs in lightness only, so that it does not depend on colour vision. */
function shade(value: number, most: number): string {
  return `rgb(213 94 0 / ${Math.max(0, Math.min(1, value / most)) * 0.6})`
}

interface HeatProps {
  readonly text: string
  readonly tokens: TurnTokens
  readonly figure: TokenFigure
}

export function TokenHeat({ text, tokens, figure }: HeatProps) {
  const [at, setAt] = useState<number>()
  const { lengths } = tokens
  const { of, most } = figures[figure]
  const shaded = of(tokens) ?? []
  const whole = lengths.reduce((sum, length) => sum + length, 0)
  // The chat template may have opened the turn.
  let end = Math.max(0, text.length - whole)
  const opened = text.slice(0, end)
  const pieces = lengths.map((length) => text.slice(end, (end += length)))
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    setAt(Math.max(0, Math.min(pieces.length - 1, (at ?? -step) + step)))
  }
  return (
    <div class="token-heat">
      <p
        class="thought"
        dir="auto"
        tabIndex={0}
        role="group"
        aria-label="Tokens; the arrow keys go from one to the next"
        onKeyDown={move}
        onPointerLeave={() => setAt(undefined)}
      >
        {opened}
        {pieces.map((piece, index) => (
          <span
            key={index}
            class={index === at ? 'at' : ''}
            style={{ background: shade(shaded[index] ?? 0, most) }}
            onPointerEnter={() => setAt(index)}
          >
            {piece}
          </span>
        ))}
      </p>
      <p class="token-figures" role="status">
        {at === undefined
          ? `${pieces.length} tokens, on average ${meansText(tokens)}`
          : `token ${at + 1} of ${pieces.length}, ${JSON.stringify(pieces[at])}: ${figuresText(tokens, at)}`}
      </p>
    </div>
  )
}

function meansText({ logprobs, entropies }: TurnTokens): string {
  const means = [
    `log-probability ${mean(logprobs).toFixed(2)}`,
    entropies && `entropy ${mean(entropies).toFixed(2)} nats`,
  ]
  return means.filter(Boolean).join(', ')
}

function figuresText({ logprobs, entropies }: TurnTokens, at: number): string {
  const logprob = logprobs[at] ?? 0
  const entropy = entropies?.[at]
  return (
    `log-probability ${logprob.toFixed(2)}, probability ${percent(logprob)}` +
    (entropy === undefined ? '' : `, entropy ${entropy.toFixed(2)} nats`)
  )
}

interface NoteProps {
  readonly tokens: ShownTokens | undefined
  /** Turns of the search. */
  readonly turns: number
  readonly figure: TokenFigure
  readonly onFigure: (figure: TokenFigure) => void
}

/** Chooses what the shades tell, with their legend, or says why there are none. */
export function HeatNote({ tokens, turns, figure, onFigure }: NoteProps) {
  if (tokens === undefined) return <li>Loading …</li>
  if (typeof tokens === 'string') return <li class="note">{tokens}</li>
  const isKnown = tokens.some((turn) => figures[figure].of(turn) !== undefined)
  return (
    <li>
      <div class="button-bar" role="group" aria-label="Figure that shades the tokens">
        {names.map((name) => (
          <button key={name} type="button" aria-pressed={name === figure} onClick={() => onFigure(name)}>
            {name}
          </button>
        ))}
      </div>
      {isKnown ? (
        <Legend figure={figure} />
      ) : (
        <p class="note" role="status">
          This search has no entropies: its engine does not report them, or an earlier version stored it.
        </p>
      )}
      {tokens.length < turns && (
        <p class="note">Only those of its first {counted(tokens.length, 'turn', 'turns')} are stored.</p>
      )}
    </li>
  )
}

/** What the shades mean. */
function Legend({ figure }: { readonly figure: TokenFigure }) {
  const { about, steps, most, beyond } = figures[figure]
  return (
    <p class="heat-legend" role="status">
      {about}{' '}
      {[...steps, most].map((step) => (
        <span key={step} style={{ background: shade(step, most) }}>
          {step === most ? `${step} ${beyond}` : step}
        </span>
      ))}
    </p>
  )
}

function percent(logprob: number): string {
  const share = Math.exp(logprob) * 100
  return share < 0.1 ? 'below 0.1 %' : `${share.toPrecision(3)} %`
}
