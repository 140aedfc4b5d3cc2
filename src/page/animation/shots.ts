/**
 * A search as the shots of an animation: in each turn the box is drawn on its source with the thought below it, then the camera moves into the
 * region; at the end stands the answer. Shots stay as long as their words take to read. Pure.
 */
import { boxSize, pixelBox } from '../../protocol/box.ts'
import type { PixelBox, Size } from '../../protocol/box.ts'
import { isChanged } from '../../protocol/orientation.ts'
import { originalOf, picturesOf } from '../../protocol/originals.ts'
import type { Observation, Trajectory } from '../../protocol/trajectory.ts'
import { itemAt } from '../../shared/known.ts'
import { endText, refusedBox, refusedSource, stepsOf, stepTitle } from '../step.ts'
import type { Step } from '../step.ts'

export interface AnimationShot {
  /** A part of an original, which may reach beyond it; or an observation that a tool has changed. */
  readonly view: { readonly original: number; readonly box: PixelBox } | { readonly observation: number }
  /** Drawn on it, in pixels of the original. */
  readonly outline?: { readonly box: PixelBox; readonly turn: number }
  readonly title: string
  readonly words: string
  /** 0 for the question; for the answer one more than there are turns. */
  readonly turn: number
  readonly kind: 'question' | 'look' | 'refused' | 'answer'
  readonly ms: number
}

/** Turns shown: of a longer search the first and the last ones. */
const mostTurns = 60
/** Steps of the camera into a region: fewer for long searches, so that the file stays small. */
const stepsFor = (turns: number): number => (turns <= 12 ? 5 : turns <= 24 ? 3 : 1)
const stepMs = 90
const lookMs = 1100

/** `stage`: the area of the pictures, whose shape the camera keeps. */
export function shotsOf(trajectory: Trajectory, stage: Size): AnimationShot[] {
  const { problem, observations } = trajectory
  const pictures = picturesOf(trajectory)
  const wholeOf = (original: number): PixelBox => {
    const { width, height } = itemAt(pictures, original)
    return cameraOf(pixelBox(0, 0, width, height), stage, 0)
  }
  const shots: AnimationShot[] = [
    {
      view: { original: 0, box: wholeOf(0) },
      title: 'Question',
      words: problem.question,
      turn: 0,
      kind: 'question',
      ms: readingMs(problem.question),
    },
  ]
  const viewOf = (observation: Observation): AnimationShot['view'] => {
    if (isChanged(observation, observations)) return { observation: observation.index }
    const original = originalOf(observation, observations)
    return {
      original,
      box: observation.parent === null ? wholeOf(original) : cameraOf(observation.boxInOriginalPx, stage),
    }
  }
  for (const step of shownSteps(trajectory)) shots.push(...shotsOfStep(step, trajectory, shots, viewOf))
  return [...shots, ending(trajectory, itemAt(shots, shots.length - 1))]
}

function shownSteps(trajectory: Trajectory): Step[] {
  const steps = stepsOf(trajectory)
  if (steps.length <= mostTurns) return steps
  return [...steps.slice(0, mostTurns / 2), ...steps.slice(-mostTurns / 2)]
}

function shotsOfStep(
  step: Step,
  trajectory: Trajectory,
  before: readonly AnimationShot[],
  viewOf: (observation: Observation) => AnimationShot['view'],
): AnimationShot[] {
  const { number, turn, observation } = step
  const { observations } = trajectory
  const last = itemAt(before, before.length - 1)
  const thought = turn.thought ?? turn.returned ?? ''
  const title = `${stepTitle(step)}${observation ? ` → ${step.name}` : ''}`
  const shared = { title, words: thought, turn: number, kind: 'look', ms: readingMs(thought) } as const
  if (!observation) {
    if (turn.action?.kind === 'answer' && !turn.error) return []
    const box = refusedBox(trajectory, step)
    const refusedIn = refusedSource(trajectory, step)
    const view = refusedIn ? viewOf(refusedIn) : last.view
    const words = [thought, turn.error?.error].filter(Boolean).join(' — ')
    const kind = turn.error ? 'refused' : 'look'
    return [{ ...shared, view, words, kind, ms: readingMs(words), ...(box && { outline: { box, turn: number } }) }]
  }
  const goal = viewOf(observation)
  const source = observations[observation.parent ?? observation.index]
  const start = source && viewOf(source)
  if ('observation' in goal || start === undefined || 'observation' in start) return [{ ...shared, view: goal }]
  const outline = { box: observation.boxInOriginalPx, turn: number }
  const count = stepsFor(trajectory.turns.length)
  const moves = Array.from({ length: count }, (_, index): AnimationShot => {
    const box = between(start.box, goal.box, (index + 1) / (count + 1))
    return { ...shared, view: { original: goal.original, box }, outline, ms: stepMs }
  })
  return [{ ...shared, view: start, outline }, ...moves, { ...shared, view: goal, ms: lookMs }]
}

function ending(trajectory: Trajectory, last: AnimationShot): AnimationShot {
  const { answer, turns, verdict, problem, failure } = trajectory
  const thought = turns.at(-1)?.thought ?? ''
  const given = answer ?? `No answer: ${endText(trajectory)}`
  const truth = problem.answer !== undefined && verdict?.kind === 'wrong' ? `Truth: ${problem.answer}. ` : ''
  const words = answer === null ? (failure?.message ?? '') : `${truth}${thought}`
  return {
    view: last.view,
    title: given,
    words,
    turn: turns.length + 1,
    kind: 'answer',
    ms: Math.max(3500, readingMs(words)),
  }
}

/** Four words a second, and a moment to look at the picture. */
export function readingMs(text: string): number {
  const words = text.split(/\s+/).filter(Boolean).length
  return Math.round(Math.min(7000, Math.max(1500, 900 + words * 250)))
}

/** The smallest part of this shape that has the box and a margin around it. */
function cameraOf([x0, y0, x1, y1]: PixelBox, stage: Size, margin = 0.06): PixelBox {
  const width = (x1 - x0) * (1 + 2 * margin)
  const height = (y1 - y0) * (1 + 2 * margin)
  const scale = Math.max(width / stage.width, height / stage.height)
  const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2]
  const [halfWidth, halfHeight] = [(scale * stage.width) / 2, (scale * stage.height) / 2]
  return pixelBox(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight)
}

/** On the way from one part to another, with sizes by equal factors, as zooming looks even. */
function between(from: PixelBox, to: PixelBox, share: number): PixelBox {
  const eased = share * share * (3 - 2 * share)
  const [a, b] = [boxSize(from), boxSize(to)]
  const width = a.width * (b.width / a.width) ** eased
  const height = a.height * (b.height / a.height) ** eased
  // Where the size has gone most of its way, the centre has, too: what is zoomed into stays in sight.
  const gone = a.width === b.width ? eased : (a.width - width) / (a.width - b.width)
  const x = (from[0] + from[2]) / 2 + ((to[0] + to[2] - from[0] - from[2]) / 2) * gone
  const y = (from[1] + from[3]) / 2 + ((to[1] + to[3] - from[1] - from[3]) / 2) * gone
  return pixelBox(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
}
