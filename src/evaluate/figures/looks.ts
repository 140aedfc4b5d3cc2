/** Analyses the looks of a search: whether, when and how large each target was in a crop, and wasted looks. Pure. */
import { legibleFor } from '../../policy/registry/kinds.ts'
import { intersectionOverUnion } from '../../protocol/box.ts'
import type { PixelBox } from '../../protocol/box.ts'
import { isCrop, orientationOf, turnedSize } from '../../protocol/orientation.ts'
import { observationsOf } from '../../protocol/originals.ts'
import { holdsCore, targetBoxes } from '../../protocol/target-box.ts'
import type { Observation, Trajectory } from '../../protocol/trajectory.ts'

export interface LookFigures {
  /** Number of zooms, not counting the overview. */
  readonly looks: number
  /** Zooms into a region with a target; undefined if targets are unknown. */
  readonly onTarget: number | undefined
  /** The shorter side, in pixels of the view, of the target that was shown smallest where it was shown largest; 0: not shown in any crop. */
  readonly targetPx: number | undefined
  /** Pixels of all views. */
  readonly pixels: number
  /** Zooms into a region that an earlier look or the overview had shown. */
  readonly wasted: number
  /** Whether every target was shown legibly, including in the overview; undefined if targets are unknown. */
  readonly seen: boolean | undefined
  /** Share of targets inside some crop; undefined if targets are unknown. */
  readonly foundShare: number | undefined
  /** When the last target was found; absent if not all were, or targets are unknown. */
  readonly found: Found | undefined
}

interface Found {
  /** Turn by which every target had been in a crop, from 1. */
  readonly turn: number
  /** Geometric mean of the magnification of these crops over the overview. */
  readonly zoom: number
}

export function lookFigures(trajectory: Trajectory): LookFigures {
  const { observations, policy } = trajectory
  const { px } = legibleFor(policy)
  const targets = targetBoxes(trajectory)
  const originals = observations.filter(({ parent }) => parent === null)
  const isKnown = targets.length > 0
  const found = targets.flatMap((target) => foundIn(trajectory, target) ?? [])
  const crops = observationsOf(0, observations).filter(isCrop)
  return {
    looks: observations.filter(isCrop).length,
    onTarget: isKnown
      ? crops.filter(({ boxInOriginalPx }) => targets.some((target) => holdsCore(boxInOriginalPx, target))).length
      : undefined,
    targetPx: isKnown ? Math.min(...targets.map((target) => largestIn(crops, observations, target))) : undefined,
    pixels: observations.reduce((sum, { view }) => sum + view.width * view.height, 0),
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

/** The first crop that contains a target. */
function foundIn({ observations, turns }: Trajectory, target: PixelBox): Found | undefined {
  const [overview, ...parts] = observationsOf(0, observations)
  const crop = parts.filter(isCrop).find(({ boxInOriginalPx }) => holdsCore(boxInOriginalPx, target))
  if (overview === undefined || crop === undefined) return undefined
  return {
    turn: turns.findIndex(({ observation }) => observation === crop.index) + 1,
    zoom: scaleOf(crop, observations).across / scaleOf(overview, observations).across,
  }
}

/** View pixels per original pixel, horizontally and vertically. */
function scaleOf(observation: Observation, observations: readonly Observation[]) {
  const { boxInOriginalPx: box, view } = observation
  const upright = turnedSize(view, orientationOf(observation, observations))
  return { across: upright.width / (box[2] - box[0]), down: upright.height / (box[3] - box[1]) }
}

/** Whether the view contains the target's core, large enough to read. */
function shows(
  observation: Observation,
  observations: readonly Observation[],
  target: PixelBox,
  legiblePx: number,
): boolean {
  return sizeIn(observation, observations, target) >= legiblePx
}

/** The target's shorter side in pixels of the view; 0 if its core is not in it. */
function sizeIn(observation: Observation, observations: readonly Observation[], target: PixelBox): number {
  if (!holdsCore(observation.boxInOriginalPx, target)) return 0
  const { across, down } = scaleOf(observation, observations)
  return Math.min((target[2] - target[0]) * across, (target[3] - target[1]) * down)
}

function largestIn(crops: readonly Observation[], observations: readonly Observation[], target: PixelBox): number {
  return Math.max(0, ...crops.map((crop) => sizeIn(crop, observations, target)))
}

/** Defines `shown legibly` and `in a crop` for readers of the figures. */
export function looksRule(policy: string): string {
  const { px, why } = legibleFor(policy)
  return (
    `a target is in a crop if its middle half is inside; it is shown legibly if its shorter side also has at least ${px} ` +
    `pixels in the view, ${why}`
  )
}

/** Intersection over union from which two regions count as the same. */
const sameRegion = 0.8

/** The parts of a picture that repeat an earlier one. */
function repeated(parts: readonly Observation[]): Observation[] {
  return parts.filter(({ boxInOriginalPx: box }, index) =>
    parts.slice(0, index).some((earlier) => intersectionOverUnion(earlier.boxInOriginalPx, box) >= sameRegion),
  )
}
