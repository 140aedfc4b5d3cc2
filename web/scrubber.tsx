/** The timeline of turns: drag, step and play. */
import type { TargetedPointerEvent } from 'preact'
import { turnClasses } from '../src/page/palette.ts'
import { turnsText } from './shown-search.ts'
import { turnState } from './turn-state.ts'

interface Props {
  readonly turns: number
  readonly turn: number
  readonly lit: number | undefined
  readonly playing: boolean
  readonly onTurn: (turn: number) => void
  readonly onLit: (turn: number | undefined) => void
  readonly onPlay: () => void
}

/** With more turns than this, there is no room for their numbers. */
const mostNumbers = 12

export function Scrubber({ turns, turn, lit, playing, onTurn, onLit, onPlay }: Props) {
  const words = turn === 0 ? `all ${turnsText(turns)}` : `turn ${turn} of ${turns}`
  return (
    <div class={`scrub ${turns > mostNumbers ? 'dense' : ''}`}>
      <button type="button" class="play" aria-label={playing ? 'Pause' : 'Play the search'} onClick={onPlay}>
        {playing ? '❚❚' : '▶'}
      </button>
      <div class="track">
        <div class="dots" aria-hidden="true">
          <i class="all" />
          {Array.from({ length: turns }, (_, index) => (
            <i key={index} class={`${turnClasses(index + 1)} ${turnState(index + 1, turn, lit)}`}>
              {index + 1}
            </i>
          ))}
        </div>
        <input
          type="range"
          min={0}
          max={turns}
          step={1}
          value={turn}
          aria-label="Turn (0 shows the whole search)"
          aria-valuetext={words}
          onPointerMove={(event) => onLit(pointedAt(event, turns))}
          onPointerLeave={() => onLit(undefined)}
          onInput={(event) => onTurn(Number(event.currentTarget.value))}
        />
      </div>
      <output aria-live="polite">{words}</output>
    </div>
  )
}

/** The turn under the pointer; undefined for the whole search. */
function pointedAt(
  { currentTarget, clientX, buttons }: TargetedPointerEvent<Element>,
  turns: number,
): number | undefined {
  const { left, width } = currentTarget.getBoundingClientRect()
  const turn = Math.round(((clientX - left) / width) * turns)
  return turn > 0 && buttons === 0 ? turn : undefined
}
