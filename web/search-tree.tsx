/** The search as a tree: time runs to the right, depth downwards; returns to earlier pictures appear as branches. */
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { turnClasses } from '../src/page/palette.ts'
import { endTitle, pictureName, sizeWords, stepTitle } from '../src/page/step.ts'
import type { Step } from '../src/page/step.ts'
import { answeredBeyondLimit } from '../src/protocol/end.ts'
import type { PictureUrls, ShownSearch } from './shown-search.ts'
import { thumbnailOf } from './on-original.tsx'
import { captionLine, shortAnswer, side, treeLayout } from './tree-layout.ts'
import type { TreePlace } from './tree-layout.ts'
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
  const { width, height, originals, observations, nodes, ending } = useMemo(() => treeLayout(search), [search])
  const { end = 'failed', answer = null } = search
  const ended = { end, answer }
  const placeNow = turn === 0 ? observations[0] : nodes[turn - 1]?.place
  useEffect(() => {
    if (!strip.current || !placeNow) return
    const { clientWidth, clientHeight } = strip.current
    strip.current.scrollTo(placeNow.x - (clientWidth - side) / 2, placeNow.y - (clientHeight - side) / 2)
  }, [placeNow?.x, placeNow?.y])
  // Pictures and captions do not change while turns are played.
  const thumb = (index: number): string =>
    index in search.observations ? thumbnailOf(urls, search, index, thumbSide) : urls.region(thumbSide)
  const bodies = useMemo(
    () =>
      nodes.map(({ step, place }) => (
        <>
          <NodeBody step={step} place={place} search={search} thumb={thumb} />
          <g class="badge" transform={`translate(${place.x} ${place.y})`}>
            <circle r={9} />
            <text dy={3.5}>{step.number} </text>
          </g>
        </>
      )),
    [search, urls],
  )
  const link = (number: number, label: string) => ({
    role: 'button' as const,
    tabindex: 0,
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
      <svg role="presentation" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        {search.parent && (
          <Departure turn={search.parent.turn} places={nodes.map(({ place }) => place)} height={height} />
        )}
        {nodes.map(
          ({ step: { number }, arrow }) =>
            arrow && (
              <g key={number} class={`arrow ${turnClasses(number)} ${turnState(number, turn, lit)}`}>
                <path class="way" d={arrow.way} />
                <path class="head" d={arrow.head} />
              </g>
            ),
        )}
        <g
          class="node"
          data-turn="0"
          {...link(0, `${originals === 1 ? 'The original' : 'The originals'}: shows the whole search`)}
        >
          {observations.slice(0, originals).map((place, index) => (
            <g key={index}>
              <Thumbnail url={thumb(index)} place={place} />
              <Caption place={place} text={pictureName(index, originals).replace('the ', '')} />
            </g>
          ))}
        </g>
        {nodes.map(({ step }, index) => (
          <g
            key={step.number}
            class={`node ${turnClasses(step.number)} ${turnState(step.number, turn, lit)}`}
            data-turn={step.number}
            // Begins with what the node shows, so that speech control finds it by these words.
            {...link(step.number, `${[...captionsOf(step, search), step.number].join(', ')}: ${stepTitle(step)}`)}
          >
            {bodies[index]}
          </g>
        ))}
        {ending && (
          <g class="node end">
            <Tile place={ending} sign="?" />
            <Caption place={ending} text={answeredBeyondLimit(ended) ? 'beyond limit' : 'no answer'} />
            <title>{endTitle(ended)}</title>
          </g>
        )}
      </svg>
    </div>
  )
}

/** A line in front of the turn with which a fork departs from its parent. */
function Departure(props: { readonly turn: number; readonly places: readonly TreePlace[]; readonly height: number }) {
  const { turn, places, height } = props
  const x = places[turn - 1]?.x
  if (x === undefined) return null
  return (
    <g class="departure">
      <path d={`M${x - 11} 0V${height}`} />
      <text x={x - 7} y={height - 5}>
        fork
      </text>
      <title>Up to here as in the search that was forked</title>
    </g>
  )
}

interface NodeProps {
  readonly step: Step
  readonly place: TreePlace
  readonly search: ShownSearch
  readonly thumb: (observation: number) => string
}

/** What a node says, from top to bottom; the first of an answer and of a refusal stands inside its square. */
function captionsOf({ turn, observation, name }: Step, search: ShownSearch): readonly string[] {
  if (observation) return [name.replace('observation', 'obs.'), observation.made?.tool ?? sizeWords(observation)]
  if (turn.action?.kind === 'answer' && !turn.error) return [shortAnswer(search.answer ?? turn.action.text), 'answer']
  return ['✕', turn.error ? 'refused' : '']
}

function NodeBody({ step, place, search, thumb }: NodeProps) {
  const { turn, observation } = step
  const [first = '', second = ''] = captionsOf(step, search)
  if (observation) {
    return (
      <>
        <Thumbnail url={thumb(observation.index)} place={place} />
        <Caption place={place} text={first} />
        <Caption place={place} text={second} line={1} />
      </>
    )
  }
  if (turn.action?.kind !== 'answer' || turn.error) {
    return (
      <>
        <Tile place={place} sign={first} />
        <Caption place={place} text={second} />
      </>
    )
  }
  return (
    <>
      <rect class={`answer ${search.verdict?.kind ?? 'unjudged'}`} rx={10} {...square(place)} />
      <text class={`answer-text ${[...first].length > 2 ? 'long' : ''}`} {...middle(place)}>
        {first}{' '}
      </text>
      <Caption place={place} text={second} />
    </>
  )
}

function Thumbnail({ url, place }: { readonly url: string; readonly place: TreePlace }) {
  return (
    <>
      <rect class="well" {...square(place)} />
      <image href={url} {...square(place)} preserveAspectRatio="xMidYMid meet" />
      <rect class="frame" rx={3} {...square(place)} />
    </>
  )
}

function Tile({ place, sign }: { readonly place: TreePlace; readonly sign: string }) {
  return (
    <>
      <rect class="refused" {...square(place)} />
      <text class="cross" {...middle(place)}>
        {sign}{' '}
      </text>
    </>
  )
}

function Caption(props: { readonly place: TreePlace; readonly text: string; readonly line?: number }) {
  const { place, text, line = 0 } = props
  return (
    <text class="caption" x={place.x + side / 2} y={place.y + side + 13 + line * captionLine}>
      {text}{' '}
    </text>
  )
}

function square({ x, y }: TreePlace) {
  return { x, y, width: side, height: side }
}

function middle({ x, y }: TreePlace) {
  return { x: x + side / 2, y: y + side / 2 }
}
