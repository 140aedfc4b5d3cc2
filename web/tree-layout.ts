/**
 * Layout of a search tree: time runs to the right, depth downwards. Every observation is a child of the picture it was cropped
 * from, so a return to the original or to an earlier crop appears as a branch. Pure.
 */
import { originalCount } from '../src/protocol/originals.ts'
import { depthOf, stepsOf } from '../src/page/step.ts'
import type { Step } from '../src/page/step.ts'
import type { End } from '../src/protocol/end.ts'
import type { Trajectory } from '../src/protocol/trajectory.ts'
import { itemAt, lastOf } from '../src/shared/known.ts'

export const side = 56
const column = 78
const row = 104
const margin = 12
const caption = 27
export const captionLine = 12

export interface TreePlace {
  /** Left and top edges of the thumbnail. */
  readonly x: number
  readonly y: number
}

export interface TreeLayout {
  readonly width: number
  readonly height: number
  /** Number of observations that are original pictures. */
  readonly originals: number
  /** Position of each observation, by index. */
  readonly observations: readonly TreePlace[]
  readonly nodes: readonly { readonly step: Step; readonly place: TreePlace; readonly arrow: Arrow | undefined }[]
  /** Position of the tile that says that there is no answer, if so. */
  readonly ending: TreePlace | undefined
}

/** SVG paths of a line and its head. */
interface Arrow {
  readonly way: string
  readonly head: string
}

export function treeLayout(
  trajectory: Pick<Trajectory, 'turns' | 'observations'> & { readonly end?: End },
): TreeLayout {
  const steps = stepsOf(trajectory)
  // A search without observations yet still shows one picture.
  const originals = Math.max(1, originalCount(trajectory.observations))
  const observations = Array.from({ length: originals }, (_, index) => at(index, 0))
  const columnOf = (number: number): number => number + originals - 1
  const places = steps.map(({ number, observation }) => {
    const before = lastOf(observations)
    const depth = observation && depthOf(trajectory, observation)
    const place = depth === undefined ? { x: at(columnOf(number), 0).x, y: before.y } : at(columnOf(number), depth)
    if (observation) observations[observation.index] = place
    return place
  })
  const answered = steps.at(-1)?.turn.action?.kind === 'answer'
  const ending =
    answered || trajectory.end === undefined
      ? undefined
      : { x: at(columnOf(steps.length + 1), 0).x, y: lastOf(observations).y }
  return {
    width: at(columnOf(steps.length + (ending ? 1 : 0)), 0).x + side + margin,
    height: Math.max(...observations.map((place) => place.y)) + side + caption + margin,
    originals,
    observations,
    nodes: steps.map((step, index) => {
      const place = itemAt(places, index)
      return { step, place, arrow: arrow(step, place, observations) }
    }),
    ending,
  }
}

function at(columnIndex: number, depth: number): TreePlace {
  return { x: margin + columnIndex * column, y: margin + depth * row }
}

/** The answer, shortened to fit a tile. */
export function shortAnswer(answer: string): string {
  return [...answer].length > 7 ? `${[...answer].slice(0, 6).join('')}…` : answer
}

/** Arrow from the source picture down to the returned crop; for an answer, from the last crop. */
function arrow({ turn, observation }: Step, to: TreePlace, observations: readonly TreePlace[]): Arrow | undefined {
  if (!observation) {
    const last = lastOf(observations)
    if (turn.action?.kind !== 'answer') return undefined
    const y = last.y + side / 2
    return { way: `M${last.x + side} ${y}H${to.x - 7}`, head: `M${to.x - 7} ${y - 4}l6 4-6 4z` }
  }
  const from = itemAt(observations, observation.parent ?? 0)
  const x0 = from.x + side / 2
  const y0 = from.y + side + caption + 1
  const x1 = to.x + side / 2
  const y1 = to.y - 6
  // Long arrows run flat just below their source, so that they do not cross the pictures in between.
  const bend = (y1 - y0) * 0.55 + Math.max(0, y1 - y0 - row) * 0.4
  const way = `M${x0} ${y0}C${x0} ${y0 + bend} ${x1} ${Math.max(y0, y1 - bend)} ${x1} ${y1}`
  return { way, head: `M${x1 - 4} ${y1 - 1}l4 6 4-6z` }
}
