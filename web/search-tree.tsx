/** The search as a tree: time runs to the right, depth downwards, returns to earlier pictures show as branches. */
import { useEffect, useRef } from 'preact/hooks'
import { turnClasses } from '../src/page/palette.ts'
import { endWords, pictureName, stepTitle } from '../src/page/step.ts'
import type { Step } from '../src/page/step.ts'
import { shortAnswer, side, treeLayout } from '../src/page/tree.ts'
import type { Place } from '../src/page/tree.ts'
import type { PictureUrls, ShownSearch } from './shown-search.ts'
import { turnState } from './turn-state.ts'

interface Props {
  readonly search: ShownSearch
  readonly urls: PictureUrls
  readonly turn: number
  readonly lit: number | undefined
  readonly onTurn: (turn: number) => void
  readonly onLit: (turn: number | undefined) => void
}

const thumbSide = 112

export function SearchTree({ search, urls, turn, lit, onTurn, onLit }: Props) {
  const strip = useRef<HTMLDivElement>(null)
  const { width, height, observations, nodes, ending } = treeLayout(search)
  useEffect(() => {
    const node = strip.current?.querySelector<SVGElement>(`.node[data-turn="${turn}"]`)
    if (!node || !strip.current) return
    const [a, b] = [node.getBoundingClientRect(), strip.current.getBoundingClientRect()]
    strip.current.scrollBy({
      left: a.left - b.left - (b.width - a.width) / 2,
      top: a.top - b.top - (b.height - a.height) / 2,
    })
  }, [turn])
  const thumb = (index: number): string => urls.region(thumbSide, search.observations[index]?.boxInOriginalPx)
  const link = (number: number, label: string) => ({
    role: 'button' as const,
    tabIndex: 0,
    'aria-label': label,
    'aria-pressed': turn === number,
    onClick: () => onTurn(number),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ') return
      event.preventDefault()
      event.stopPropagation()
      onTurn(number)
    },
    onPointerEnter: () => onLit(number),
    onPointerLeave: () => onLit(undefined),
  })
  return (
    <div class="tree" ref={strip} tabIndex={0} role="group" aria-label="The search as a tree">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        {nodes.map(
          ({ step: { number }, arrow }) =>
            arrow && (
              <g key={number} class={`arrow ${turnClasses(number)} ${turnState(number, turn, lit)}`}>
                <path class="way" d={arrow.way} />
                <path class="head" d={arrow.head} />
              </g>
            ),
        )}
        <g class="node" data-turn="0" {...link(0, 'The original: shows the whole search')}>
          <Thumbnail url={thumb(0)} place={observations[0]!} />
          <Caption place={observations[0]!} text="original" />
        </g>
        {nodes.map(({ step, place }) => (
          <g
            key={step.number}
            class={`node ${turnClasses(step.number)} ${turnState(step.number, turn, lit)}`}
            data-turn={step.number}
            {...link(step.number, `Turn ${step.number}: ${stepTitle(step)}`)}
          >
            <NodeBody step={step} place={place} search={search} thumb={thumb} />
            <g class="badge" transform={`translate(${place.x} ${place.y})`}>
              <circle r={9} />
              <text dy={3.5}>{step.number}</text>
            </g>
          </g>
        ))}
        {ending && (
          <g class="node end">
            <Tile place={ending} sign="?" />
            <Caption place={ending} text="no answer" />
            <title>{endWords[search.end!]}</title>
          </g>
        )}
      </svg>
    </div>
  )
}

interface NodeProps {
  readonly step: Step
  readonly place: Place
  readonly search: ShownSearch
  readonly thumb: (observation: number) => string
}

function NodeBody({ step: { turn, observation }, place, search, thumb }: NodeProps) {
  if (observation) {
    return (
      <>
        <Thumbnail url={thumb(observation.index)} place={place} />
        <Caption place={place} text={pictureName(observation.index).replace('observation', 'obs.')} />
      </>
    )
  }
  if (turn.action?.kind !== 'answer' || turn.error) {
    return (
      <>
        <Tile place={place} sign="✕" />
        <Caption place={place} text={turn.error ? 'refused' : ''} />
      </>
    )
  }
  const short = shortAnswer(search.answer ?? turn.action.text)
  return (
    <>
      <rect class={`answer ${search.verdict?.kind ?? 'unjudged'}`} rx={10} {...square(place)} />
      <text class={`answer-text ${[...short].length > 2 ? 'long' : ''}`} {...middle(place)}>
        {short}
      </text>
      <Caption place={place} text="answer" />
    </>
  )
}

function Thumbnail({ url, place }: { readonly url: string; readonly place: Place }) {
  return (
    <>
      <rect class="well" {...square(place)} />
      <image href={url} {...square(place)} preserveAspectRatio="xMidYMid meet" />
      <rect class="frame" rx={3} {...square(place)} />
    </>
  )
}

function Tile({ place, sign }: { readonly place: Place; readonly sign: string }) {
  return (
    <>
      <rect class="refused" {...square(place)} />
      <text class="cross" {...middle(place)}>
        {sign}
      </text>
    </>
  )
}

function Caption({ place, text }: { readonly place: Place; readonly text: string }) {
  return (
    <text class="caption" x={place.x + side / 2} y={place.y + side + 13}>
      {text}
    </text>
  )
}

function square({ x, y }: Place) {
  return { x, y, width: side, height: side }
}

function middle({ x, y }: Place) {
  return { x: x + side / 2, y: y + side / 2 }
}
