/**
 * What evaluation keeps of a trajectory: was it right, how did it end, in how many turns, and what went wrong. A few
 * numbers in place of pages of text, so that tens of thousands of searches fit in memory. Pure.
 */
import { readablePx } from '../model/language.ts'
import type { PixelBox, Size } from '../protocol/box.ts'
import type { Level } from '../protocol/problem.ts'
import { targetBox } from '../protocol/trajectory.ts'
import type { End, Observation, Trajectory } from '../protocol/trajectory.ts'
import { searchKey } from '../search/owed-samples.ts'

/**
 * Why a search was not right, where the target's place is known. Each wrong search has one cause:
 * `misread`: answered wrongly though the target had been shown legibly; `guessed`: answered wrongly without that;
 * `looped`: ran out of turns, and half of its looks or more were at places it had looked at before;
 * `passed-over`: ran out although the target had been shown legibly; `never-found`: ran out without that;
 * `void`: a turn without an action; `failed`: transport, to be done again; `unjudged`: the judge failed, to be judged again.
 */
export const causes = [
  'never-found',
  'passed-over',
  'looped',
  'misread',
  'guessed',
  'void',
  'failed',
  'unjudged',
] as const
export type Cause = (typeof causes)[number]

export interface Outcome {
  readonly key: string
  readonly level: Level | undefined
  readonly end: End
  readonly turns: number
  readonly correct: boolean
  /** False: the search waits for a verdict, and counts as not right until it has one. */
  readonly judged: boolean
  /** Was the target shown legibly? undefined: its place is not known. */
  readonly seen: boolean | undefined
  /** Absent when the search was right, or the target's place is not known. */
  readonly cause: Cause | undefined
}

export function outcomeOf(trajectory: Trajectory): Outcome {
  const { problem, end, turns } = trajectory
  const correct = end !== 'failed' && trajectory.verdict?.kind === 'correct'
  const judged = trajectory.verdict !== undefined && trajectory.verdict.kind !== 'unjudged'
  const seen = targetSeen(trajectory)
  return {
    key: searchKey(problem, trajectory.sampleIndex),
    level: problem.level,
    end,
    turns: turns.length,
    correct,
    judged,
    seen,
    cause: correct || seen === undefined ? undefined : causeOf(trajectory, judged, seen),
  }
}

function causeOf({ end, observations }: Trajectory, judged: boolean, seen: boolean): Cause {
  if (end === 'failed') return end
  if (!judged) return 'unjudged'
  if (end === 'void') return end
  if (end === 'answered') return seen ? 'misread' : 'guessed'
  const looks = observations.length - 1
  if (looks > 0 && repeatedLooks(observations) >= looks / 2) return 'looped'
  return seen ? 'passed-over' : 'never-found'
}

/** Did any view hold the target's core (its middle half, where the answer stands), large enough to be read? */
function targetSeen(trajectory: Trajectory): boolean | undefined {
  const target = targetBox(trajectory)
  return target && trajectory.observations.some(({ boxInOriginalPx, view }) => shows(boxInOriginalPx, view, target))
}

function shows(boxPx: PixelBox, view: Size, target: PixelBox): boolean {
  const [x0, y0, x1, y1] = target
  const marginX = (x1 - x0) / 4
  const marginY = (y1 - y0) / 4
  const holdsCore =
    boxPx[0] <= x0 + marginX && boxPx[1] <= y0 + marginY && boxPx[2] >= x1 - marginX && boxPx[3] >= y1 - marginY
  const widthInView = ((x1 - x0) * view.width) / (boxPx[2] - boxPx[0])
  const heightInView = ((y1 - y0) * view.height) / (boxPx[3] - boxPx[1])
  return holdsCore && Math.min(widthInView, heightInView) >= readablePx
}

/** Looks at a region that an earlier look, or the overview, had shown: four fifths of the two together are common. */
function repeatedLooks(observations: readonly Observation[]): number {
  return observations.filter(({ boxInOriginalPx }, index) =>
    observations.slice(0, index).some((earlier) => overlap(earlier.boxInOriginalPx, boxInOriginalPx) >= 0.8),
  ).length
}

/** Intersection over union. */
function overlap(a: PixelBox, b: PixelBox): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const area = (box: PixelBox): number => (box[2] - box[0]) * (box[3] - box[1])
  return (width * height) / (area(a) + area(b) - width * height)
}
