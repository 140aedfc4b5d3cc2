/** Times and tokens of the turns along the timeline: segments with hatched waits, bars of tokens, and the figures as text. */
import { turnClasses } from '../src/page/palette.ts'
import { paceTexts } from '../src/page/pace.ts'
import type { Pace, TurnPace } from '../src/page/pace.ts'
import { turnState } from './turn-state.ts'

interface Props {
  readonly pace: Pace
  readonly turn: number
  readonly lit: number | undefined
}

/** Where a moment lies on the axis, as a percentage. */
function across({ totalMs }: Pace, ms: number): number {
  return totalMs === 0 ? 0 : Math.min(100, (ms / totalMs) * 100)
}

/** The turns on an axis of time: until its first token a turn is pale, and its waits are hatched. */
export function TimeSegments({ pace, turn, lit }: Props) {
  return (
    <div class="segments" aria-hidden="true">
      {pace.turns.map((one) => {
        const { number, startMs, used, firstTokenMs, retries, replied } = one
        const part = (fromMs: number, ms: number) => ({
          left: `${used.ms === 0 ? 0 : Math.min(100, (fromMs / used.ms) * 100)}%`,
          width: `${used.ms === 0 ? 0 : Math.min(100, (ms / used.ms) * 100)}%`,
        })
        const style = { left: `${across(pace, startMs)}%`, width: `${across(pace, used.ms)}%` }
        return (
          <i
            key={number}
            class={`${turnClasses(number)} ${turnState(number, turn, lit)} ${replied ? '' : 'unanswered'}`}
            style={style}
          >
            {firstTokenMs !== undefined && <s class="before-first" style={part(0, firstTokenMs)} />}
            {retries.map(({ atMs, waitMs = 0 }, index) => (
              <s key={index} class="wait" style={part(atMs, waitMs)} />
            ))}
            <b>{number}</b>
          </i>
        )
      })}
    </div>
  )
}

/** The turn that an axis of time shows at this moment: the last one that had begun; 0 before the first. */
export function turnAt({ turns }: Pace, ms: number): number {
  return turns.findLast(({ startMs, number }) => ms > startMs || (number === 1 && ms > 0))?.number ?? 0
}

/** Where the thumb of the axis of time stands: in the middle of its turn. */
export function middleOf({ turns }: Pace, turn: number): number {
  const one = turns[turn - 1]
  return one === undefined ? 0 : one.startMs + one.used.ms / 2
}

const barsHigh = 26

/** Tokens of each turn as bars (cached, other and written), and their sum, or the cost, as a line that climbs to its total. */
export function TokenBars({ pace, turn, lit, byTime }: Props & { readonly byTime: boolean }) {
  const { turns, total } = pace
  const tokensOf = ({ used: { tokens } }: TurnPace): number => tokens.sent + tokens.written
  const most = Math.max(...turns.map(tokensOf))
  if (most === 0) return null
  const amountOf = ({ cost, tokens }: TurnPace['soFar']): number => cost ?? tokens.sent + tokens.written
  const whole = amountOf(total) || 1
  const xOf = (one: TurnPace): number =>
    byTime ? across(pace, one.startMs + one.used.ms / 2) : (one.number / turns.length) * 100
  const line = turns.map((one) => `${xOf(one)},${barsHigh * (1 - amountOf(one.soFar) / whole)}`)
  return (
    <div class="token-bars" aria-hidden="true">
      <svg viewBox={`0 0 100 ${barsHigh}`} preserveAspectRatio="none">
        <polyline class="sum" points={[`0,${barsHigh}`, ...line].join(' ')} />
      </svg>
      {turns.map((one) => {
        const { sent, cached, written } = one.used.tokens
        const high = (tokens: number) => ({ height: `${(tokens / most) * 100}%` })
        return (
          <i key={one.number} class={turnState(one.number, turn, lit)} style={{ left: `${xOf(one)}%` }}>
            <s class="written" style={high(written)} />
            <s class="sent" style={high(sent - cached)} />
            <s class="cached" style={high(cached)} />
          </i>
        )
      })}
    </div>
  )
}

/** The figures of the turn that is pointed at or shown, otherwise of the search. */
export function PaceLine({ pace, turn, lit }: Props) {
  return (
    <div class="pace">
      {paceTexts(pace, lit ?? turn).map((text) => (
        <p key={text}>{text}</p>
      ))}
    </div>
  )
}
