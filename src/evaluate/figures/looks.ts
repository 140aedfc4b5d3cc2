/** What a search looked at: was each target ever inside a crop, when and how large, and how many looks were wasted. Pure. */
import { legibleFor } from '../../policy/registry/kinds.ts'
import type { PixelBox } from '../../protocol/box.ts'
import { orientationOf, turnedSize } from '../../protocol/orientation.ts'
import { observationsOf } from '../../protocol/originals.ts'
import { targetBoxes } from '../../protocol/target-box.ts'
import type { Observation, Trajectory } from '../../protocol/trajectory.ts'

export interface LookFigures {
  /** Regions that were zoomed into; the overview is none. */
  readonly looks: number
  /** Of these, looks at a region that an earlier look, or the overview, had shown. */
  readonly wasted: number
  /** Was every target shown legibly, the overview included? undefined: their places are not known. */
  readonly seen: boolean | undefined
  /** Share of the targets that lay inside of a crop, each in any; undefined: their places are not known. */
  readonly foundShare: number | undefined
  /** When the last target was found; absent: not all were, or their places are not known. */
  readonly found: Found | undefined
}

interface Found {
  /** The turn that brought the last of the first crops that hold a target each, counted from 1. */
  readonly turn: number
  /** How many times longer a line is in these crops' views than in the overview: their geometric mean. */
  readonly zoom: number
}

export function lookFigures(trajectory: Trajectory): LookFigures {
  const { observations, policy } = trajectory
  const { px } = legibleFor(policy)
  const targets = targetBoxes(trajectory)
  const originals = observations.filter(({ parent }) => parent === null)
  const isKnown = targets.length > 0
  const found = targets.flatMap((target) => foundIn(trajectory, target) ?? [])
  return {
    looks: observations.filter(isCrop).length,
    wasted: originals.flatMap((_, original) =>
      repeated(observationsOf(original, observations).filter(({ made }) => !made)),
    ).length,
    seen: isKnown
      ? targets.every((target) => observationsOf(0, observations).some((own) => shows(own, observations, target, px)))
      : undefined,
    foundShare: isKnown ? found.length / targets.length : undefined,
    found: isKnown && found.length === targets.length ? foundAll(found) : undefined,
  }
}

function foundAll(found: readonly Found[]): Found {
  const product = found.reduce((all, { zoom }) => all * zoom, 1)
  return { turn: Math.max(...found.map(({ turn }) => turn)), zoom: product ** (1 / found.length) }
}

/** The first crop that holds one target. */
function foundIn({ observations, turns }: Trajectory, target: PixelBox): Found | undefined {
  const [overview, ...parts] = observationsOf(0, observations)
  const crop = parts.filter(isCrop).find(({ boxInOriginalPx }) => holdsCore(boxInOriginalPx, target))
  if (overview === undefined || crop === undefined) return undefined
  return {
    turn: turns.findIndex(({ observation }) => observation === crop.index) + 1,
    zoom: scaleOf(crop, observations).across / scaleOf(overview, observations).across,
  }
}

/** Pixels of the view for one of the original, across and down. */
function scaleOf(observation: Observation, observations: readonly Observation[]) {
  const { boxInOriginalPx: box, view } = observation
  const upright = turnedSize(view, orientationOf(observation, observations))
  return { across: upright.width / (box[2] - box[0]), down: upright.height / (box[3] - box[1]) }
}

/** A region that was zoomed into, and no picture that was only shown in another way. */
function isCrop({ parent, made }: Observation): boolean {
  return parent !== null && made === undefined
}

/** Holds the target's core, large enough to be read. */
function shows(
  observation: Observation,
  observations: readonly Observation[],
  target: PixelBox,
  legiblePx: number,
): boolean {
  const { across, down } = scaleOf(observation, observations)
  const sizeInView = Math.min((target[2] - target[0]) * across, (target[3] - target[1]) * down)
  return holdsCore(observation.boxInOriginalPx, target) && sizeInView >= legiblePx
}

/** What `shown legibly` and `in a crop` mean, for whoever reads the figures. */
export function looksRule(policy: string): string {
  const { px, why } = legibleFor(policy)
  return (
    `a target is in a crop when its middle half lies inside; it is shown legibly when its shorter side also takes ${px} ` +
    `pixels of the view or more, ${why}`
  )
}

/** The core is the middle half of the target, where the answer stands. */
function holdsCore(box: PixelBox, [x0, y0, x1, y1]: PixelBox): boolean {
  const marginX = (x1 - x0) / 4
  const marginY = (y1 - y0) / 4
  return box[0] <= x0 + marginX && box[1] <= y0 + marginY && box[2] >= x1 - marginX && box[3] >= y1 - marginY
}

/** Four fifths of the two regions together are common to both. */
const sameRegion = 0.8

/** Of the parts of one picture those that an earlier one had shown. */
function repeated(parts: readonly Observation[]): Observation[] {
  return parts.filter(({ boxInOriginalPx: box }, index) =>
    parts.slice(0, index).some((earlier) => overlap(earlier.boxInOriginalPx, box) >= sameRegion),
  )
}

/** Intersection over union. */
function overlap(a: PixelBox, b: PixelBox): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const area = (box: PixelBox): number => (box[2] - box[0]) * (box[3] - box[1])
  return (width * height) / (area(a) + area(b) - width * height)
}
