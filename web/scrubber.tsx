/** The timeline of turns: drag, step and play, on an axis of turns or of time, with what each turn has used. */
import type { TargetedKeyboardEvent, TargetedPointerEvent } from 'preact'
import { turnClasses } from '../src/page/palette.ts'
import { paceTexts } from '../src/page/pace.ts'
import type { Pace } from '../src/page/pace.ts'
import { middleOf, PaceLine, TimeSegments, TokenBars, turnAt } from './pace-track.tsx'
import { counted } from '../src/shared/numbers.ts'
import { turnState } from './turn-state.ts'

interface Props {
  readonly turns: number
  readonly turn: number
  readonly lit: number | undefined
  readonly playing: boolean
  /** Times and tokens, if they are known. */
  readonly pace: Pace | undefined
  /** Whether the axis is time instead of turns. */
  readonly byTime: boolean
  readonly onTurn: (turn: number) => void
  readonly onLit: (turn: number | undefined) => void
  readonly onPlay: () => void
}

/** With more turns than this, there is no room for their numbers. */
const mostNumbers = 12

export function Scrubber(props: Props) {
  const { turns, turn, lit, playing, pace, onTurn, onLit, onPlay } = props
  const timed = props.byTime ? pace : undefined
  const words = turn === 0 ? `all ${counted(turns, 'turn', 'turns')}` : `turn ${turn} of ${turns}`
  const most = timed?.totalMs ?? turns
  const turnOf = (value: number): number =>
    Math.min(turns, timed === undefined ? Math.round(value) : turnAt(timed, value))
  return (
    <div class={`scrub ${turns > mostNumbers ? 'dense' : ''} ${timed ? 'by-time' : ''}`}>
      <button type="button" class="play" aria-label={playing ? 'Pause' : 'Play the search'} onClick={onPlay}>
        {playing ? '❚❚' : '▶'}
      </button>
      <div class="track">
        {timed ? (
          <TimeSegments pace={timed} turn={turn} lit={lit} />
        ) : (
          <div class="dots" aria-hidden="true">
            <i class="all" />
            {Array.from({ length: turns }, (_, index) => (
              <i key={index} class={`${turnClasses(index + 1)} ${turnState(index + 1, turn, lit)}`}>
                {index + 1}
              </i>
            ))}
          </div>
        )}
        <input
          type="range"
          min={0}
          max={most}
          step={timed ? 'any' : 1}
          value={timed ? middleOf(timed, turn) : turn}
          aria-label="Turn (0 shows the whole search)"
          aria-valuetext={pace ? [words, ...paceTexts(pace, turn)].join('. ') : words}
          onPointerMove={(event) => onLit(pointedAt(event, most, turnOf))}
          onPointerLeave={() => onLit(undefined)}
          onInput={(event) => onTurn(turnOf(Number(event.currentTarget.value)))}
          onKeyDown={(event) => timed && stepByKey(event, turn, turns, onTurn)}
        />
      </div>
      <output aria-live="polite">{words}</output>
      {pace && (
        <>
          <TokenBars pace={pace} turn={turn} lit={lit} byTime={timed !== undefined} />
          <PaceLine pace={pace} turn={turn} lit={lit} />
        </>
      )}
    </div>
  )
}

/** On an axis of time, a key goes to the next turn and not to the next moment. */
function stepByKey(
  event: TargetedKeyboardEvent<Element>,
  turn: number,
  turns: number,
  onTurn: (turn: number) => void,
): void {
  const to: Readonly<Record<string, number>> = {
    ArrowRight: turn + 1,
    ArrowUp: turn + 1,
    ArrowLeft: turn - 1,
    ArrowDown: turn - 1,
    Home: 0,
    End: turns,
  }
  const next = to[event.key]
  if (next === undefined) return
  event.preventDefault()
  onTurn(next)
}

/** The turn under the pointer; undefined for the whole search. */
function pointedAt(
  { currentTarget, clientX, buttons }: TargetedPointerEvent<Element>,
  most: number,
  turnOf: (value: number) => number,
): number | undefined {
  const { left, width } = currentTarget.getBoundingClientRect()
  const turn = turnOf(((clientX - left) / width) * most)
  return turn > 0 && buttons === 0 ? turn : undefined
}
