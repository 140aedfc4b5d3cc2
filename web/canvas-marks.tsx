/** Overlays on the picture: boxes of the turns, refused boxes, the path, the heat map and the target. */
import type { ComponentChildren } from 'preact'
import { turnClasses } from '../src/page/palette.ts'
import { depthOf, refusedBox, stepsOf } from '../src/page/step.ts'
import type { Step } from '../src/page/step.ts'
import type { PixelBox, Size } from '../src/protocol/box.ts'
import { targetBox } from '../src/protocol/target-box.ts'
import { itemAt } from '../src/shared/known.ts'
import type { ShownMarks } from './marks.ts'
import type { ShownSearch } from './shown-search.ts'
import { turnState } from './turn-state.ts'

interface Props {
  readonly search: ShownSearch
  readonly turn: number
  readonly lit: number | undefined
  readonly shown: ShownMarks
  readonly onTurn: (turn: number) => void
  readonly onLit: (turn: number | undefined) => void
}

export function CanvasMarks({ search, turn, lit, shown, onTurn, onLit }: Props) {
  const looks = looksOf(search)
  const badges = placeBadges(
    looks.map(({ box }) => box),
    search.picture,
  )
  const target = targetBox(search)
  const inSight = turn === 0 ? looks : looks.filter(({ step }) => step.number <= turn)
  return (
    <>
      <Hatching width={search.picture.width / 90} />
      {shown.heat && (
        <g class="heat">
          {inSight.map(({ step, box }) => step.observation && <Rectangle key={step.number} box={box} name="warm" />)}
        </g>
      )}
      {shown.boxes &&
        looks.map(({ step, box }, index) => (
          <g
            key={step.number}
            class={`box ${turnClasses(step.number)} ${step.observation ? `depth-${Math.min(4, depthOf(search, step.observation))}` : 'refused-box depth-1'} ${turnState(step.number, turn, lit)}`}
            data-turn={step.number}
            onClick={() => onTurn(step.number)}
            onPointerEnter={() => onLit(step.number)}
            onPointerLeave={() => onLit(undefined)}
          >
            <Rectangle box={box} name="halo" />
            <Rectangle box={box} name="line" fill={step.observation ? undefined : 'url(#refused)'} />
            <OfOneSize at={itemAt(badges, index)} name="badge">
              <circle r={badgeRadius} />
              <text dy={4}>{step.number}</text>
            </OfOneSize>
          </g>
        ))}
      {shown.path && <Path looks={inSight.filter(({ step }) => step.observation)} />}
      {shown.target && target && (
        <g class="target">
          <Rectangle box={target} name="halo" />
          <Rectangle box={target} name="line" />
        </g>
      )}
    </>
  )
}

function Hatching({ width }: { readonly width: number }) {
  return (
    <defs>
      <pattern id="refused" width={width} height={width} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width={width / 3} height={width} style={{ fill: 'var(--bad)', fillOpacity: 0.55 }} />
      </pattern>
    </defs>
  )
}

interface Look {
  readonly step: Step
  /** In pixels of the original. */
  readonly box: PixelBox
}

function looksOf(search: ShownSearch): Look[] {
  return stepsOf(search).flatMap((step) => {
    const box = step.observation?.boxInOriginalPx ?? refusedBox(search, step)
    return box ? [{ step, box }] : []
  })
}

/** Lines between the centres of consecutive looks. */
function Path({ looks }: { readonly looks: readonly Look[] }) {
  return (
    <g class="path">
      {looks.slice(1).map(({ step, box }, index) => {
        const [from, to] = [middle(itemAt(looks, index).box), middle(box)]
        const angle = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI
        return (
          <g key={step.number} class={turnClasses(step.number)}>
            <path class="halo" d={`M${from.x} ${from.y}L${to.x} ${to.y}`} />
            <path class="line" d={`M${from.x} ${from.y}L${to.x} ${to.y}`} />
            <OfOneSize at={{ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }} name="head">
              <path d="M-7 -6l14 6-14 6z" transform={`rotate(${angle})`} />
            </OfOneSize>
          </g>
        )
      })}
    </g>
  )
}

/** Keeps its size on screen at any zoom: the canvas rescales elements that have their position in data attributes. */
function OfOneSize(props: { readonly at: Place; readonly name: string; readonly children: ComponentChildren }) {
  const { at, name, children } = props
  return (
    <g class={`one-size ${name}`} data-x={at.x} data-y={at.y}>
      {children}
    </g>
  )
}

interface Place {
  readonly x: number
  readonly y: number
}

/** Badge distances are computed for a canvas of this width, in screen pixels. */
const canvasWidth = 640
const badgeRadius = 11

/** Positions in picture pixels: each badge takes the corner of its box, inside the picture, that is farthest from earlier badges. */
function placeBadges(boxes: readonly PixelBox[], { width, height }: Size): Place[] {
  const radius = (badgeRadius * width) / canvasWidth
  const inside = (value: number, limit: number): number => Math.min(limit - radius, Math.max(radius, value))
  const placed: Place[] = []
  for (const [x0, y0, x1, y1] of boxes) {
    const corners = [
      { x: inside(x0, width), y: inside(y0, height) },
      { x: inside(x1, width), y: inside(y0, height) },
      { x: inside(x0, width), y: inside(y1, height) },
      { x: inside(x1, width), y: inside(y1, height) },
    ]
    const room = (point: Place): number =>
      // Beyond a few radii more distance does not help, and readers look at the first corner (top left) first.
      Math.min(4 * radius, ...placed.map((other) => Math.hypot(other.x - point.x, other.y - point.y)))
    placed.push(corners.reduce((best, corner) => (room(corner) > room(best) ? corner : best)))
  }
  return placed
}

function middle([x0, y0, x1, y1]: PixelBox): Place {
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2 }
}

function Rectangle(props: { readonly box: PixelBox; readonly name: string; readonly fill?: string | undefined }) {
  const { box, name, fill } = props
  const [x0, y0, x1, y1] = box
  return <rect class={name} x={x0} y={y0} width={x1 - x0} height={y1 - y0} style={fill && { fill }} />
}
