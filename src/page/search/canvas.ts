/** The picture with every box on it: nested crops mapped to the original, coloured by turn, thinner the deeper. Pure. */
import { boxSize } from '../../protocol/box.ts'
import type { PixelBox, Size } from '../../protocol/box.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { html } from '../html.ts'
import type { Html } from '../html.ts'
import { turnClasses } from '../palette.ts'
import { targetBox } from '../../protocol/target-box.ts'
import { depthOf, stepsOf } from '../step.ts'
import type { Step } from '../step.ts'

/** Badges and their spacing are laid out for a canvas of this many screen pixels; the script rescales them. */
const canvasWidth = 640
const badgeRadius = 11

export function canvas(trajectory: Trajectory, originalUrl: string): Html {
  const { width, height } = trajectory.picture
  const steps = stepsOf(trajectory).filter((step) => step.observation)
  const badges = placeBadges(
    steps.map((step) => step.observation!.boxInOriginalPx),
    trajectory.picture,
  )
  const target = targetBox(trajectory)
  // Sides that the stylesheet shrinks to the room there is; a small picture is enlarged to that room too.
  return html`<svg class="canvas" width="2000" height="${Math.round((2000 * height) / width)}"
    viewBox="0 0 ${width} ${height}" role="img"
    aria-label="The picture, ${width} × ${height} pixels, with the boxes of ${steps.length} turns">
    <image href="${originalUrl}" width="${width}" height="${height}" preserveAspectRatio="none"/>
    <path class="shade"/>
    ${steps.map((step, index) => turnBox(trajectory, step, badges[index]!))}
    ${target && html`<g class="target">${rectangle(target, 'halo')}${rectangle(target, 'line')}</g>`}
  </svg>`
}

function turnBox(trajectory: Trajectory, { number, observation }: Step, badge: Point): Html {
  const box = observation!.boxInOriginalPx
  const depth = Math.min(4, depthOf(trajectory, observation!))
  const scale = trajectory.picture.width / canvasWidth
  return html`<g class="box ${turnClasses(number)} depth-${depth}" data-turn="${number}" data-box="${box.join(' ')}">
    ${rectangle(box, 'halo')}${rectangle(box, 'line')}
    <g class="badge" transform="translate(${badge.x} ${badge.y}) scale(${scale})">
      <circle r="${badgeRadius}"/><text dy="4">${number}</text>
    </g>
  </g>`
}

function rectangle(box: PixelBox, name: string): Html {
  const { width, height } = boxSize(box)
  return html`<rect class="${name}" x="${box[0]}" y="${box[1]}" width="${width}" height="${height}"/>`
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** Places in pixels of the picture: each badge takes the corner of its box that is farthest from the badges before it, inside the picture. */
export function placeBadges(boxes: readonly PixelBox[], { width, height }: Size): Point[] {
  const radius = (badgeRadius * width) / canvasWidth
  const inside = (value: number, limit: number): number => Math.min(limit - radius, Math.max(radius, value))
  const placed: Point[] = []
  for (const [x0, y0, x1, y1] of boxes) {
    const corners = [
      { x: inside(x0, width), y: inside(y0, height) },
      { x: inside(x1, width), y: inside(y0, height) },
      { x: inside(x0, width), y: inside(y1, height) },
      { x: inside(x1, width), y: inside(y1, height) },
    ]
    const room = (point: Point): number =>
      // Beyond a few radii more room is of no use: the first corner, top left, is where a reader looks.
      Math.min(4 * radius, ...placed.map((other) => Math.hypot(other.x - point.x, other.y - point.y)))
    placed.push(corners.reduce((best, corner) => (room(corner) > room(best) ? corner : best)))
  }
  return placed
}
