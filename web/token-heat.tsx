/** The text of a turn with each token shaded by how unlikely it was to the policy, for training runs. */
import { useEffect, useState } from 'preact/hooks'
import type { TurnTokens } from '../src/protocol/turn-record.ts'
import { fetchJson } from './fetch-json.ts'

/** The tokens of a search, by turn; undefined while they are loaded, null if they were not stored. */
export function useTokens(url: string | undefined): readonly TurnTokens[] | null | undefined {
  const [loaded, setLoaded] = useState<{ readonly url: string; readonly tokens: readonly TurnTokens[] | null }>()
  useEffect(() => {
    if (url === undefined) return undefined
    const gone = new AbortController()
    const take = (tokens: readonly TurnTokens[] | null): void => {
      if (!gone.signal.aborted) setLoaded({ url, tokens })
    }
    fetchJson<readonly TurnTokens[] | null>(url, { signal: gone.signal }).then(take, () => take(null))
    return () => gone.abort()
  }, [url])
  return loaded?.url === url ? loaded?.tokens : undefined
}

/** A token as unlikely as this, in nats, or more, is shaded most. */
const most = 5
/** One hue that differs in lightness only, so that it does not depend on colour vision. */
function shade(logprob: number): string {
  return `rgb(213 94 0 / ${(Math.max(0, Math.min(most, -logprob)) / most) * 0.6})`
}

export function TokenHeat({ text, tokens }: { readonly text: string; readonly tokens: TurnTokens }) {
  const [at, setAt] = useState<number>()
  const { lengths, logprobs } = tokens
  const whole = lengths.reduce((sum, length) => sum + length, 0)
  // The chat template may have opened the turn.
  let end = Math.max(0, text.length - whole)
  const opened = text.slice(0, end)
  const pieces = lengths.map((length) => text.slice(end, (end += length)))
  const logprob = at === undefined ? undefined : logprobs[at]
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
            style={{ background: shade(logprobs[index] ?? 0) }}
            onPointerEnter={() => setAt(index)}
          >
            {piece}
          </span>
        ))}
      </p>
      <p class="token-figures" role="status">
        {at === undefined || logprob === undefined
          ? `${pieces.length} tokens, log-probability ${mean(logprobs).toFixed(2)} on average`
          : `token ${at + 1} of ${pieces.length}, ${JSON.stringify(pieces[at])}: log-probability ${logprob.toFixed(2)}, probability ${percent(logprob)}`}
      </p>
    </div>
  )
}

/** What the shades mean. */
export function HeatLegend() {
  const steps = [0, -1, -2, -3, -4, -most]
  return (
    <p class="heat-legend">
      log-probability of each token{' '}
      {steps.map((logprob) => (
        <span key={logprob} style={{ background: shade(logprob) }}>
          {logprob === -most ? `${logprob} or less` : logprob}
        </span>
      ))}
    </p>
  )
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

function percent(logprob: number): string {
  const share = Math.exp(logprob) * 100
  return share < 0.1 ? 'below 0.1 %' : `${share.toPrecision(3)} %`
}
