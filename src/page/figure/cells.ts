/**
 * Selects the turns that a figure shows at full size: all turns of a short search; for a long one those that explain the answer, with the
 * others small, so that the figure stays readable. Pure.
 */
import { originalCount, originalOf } from '../../protocol/originals.ts'
import { targetBox } from '../../protocol/target-box.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { contains, stepsOf } from '../step.ts'
import type { Step } from '../step.ts'

/** A cell of the figure: a turn, consecutive turns shown small, or the end of a search without an answer. */
export type FigureCell =
  | { readonly kind: 'turn'; readonly step: Step }
  | { readonly kind: 'more'; readonly steps: readonly Step[] }
  | { readonly kind: 'end' }

export const mostCells = 8

export function figureCells(trajectory: Trajectory): FigureCell[] {
  const steps = stepsOf(trajectory)
  const ending: FigureCell[] = steps.at(-1)?.turn.action?.kind === 'answer' ? [] : [{ kind: 'end' }]
  let cells: FigureCell[] = parted(steps, new Set())
  const kept = new Set<Step>()
  for (const step of byImportance(trajectory, steps)) {
    const wider = parted(steps, new Set([...kept, step]))
    if (wider.length + ending.length > mostCells) continue
    kept.add(step)
    cells = wider
  }
  return [...cells, ...ending]
}

/** The steps in order; consecutive steps that are not kept form one cell. */
function parted(steps: readonly Step[], kept: ReadonlySet<Step>): FigureCell[] {
  const cells: FigureCell[] = []
  for (const step of steps) {
    const last = cells.at(-1)
    if (kept.has(step)) cells.push({ kind: 'turn', step })
    else if (last?.kind === 'more') cells[cells.length - 1] = { kind: 'more', steps: [...last.steps, step] }
    else cells.push({ kind: 'more', steps: [step] })
  }
  return cells
}

/**
 * Turns by importance: the last and the first, the looks that led to the last, those that led to the first view of the target, the first
 * return to an earlier picture, the first error, then the others in order.
 */
function byImportance(trajectory: Trajectory, steps: readonly Step[]): Step[] {
  const target = targetBox(trajectory)
  const looks = steps.filter(({ observation }) => observation !== undefined)
  const { observations } = trajectory
  const first = looks.filter(({ observation: at }) => at && originalOf(at, observations) === 0)
  const found = target && first.find(({ observation: at }) => at && contains(at.boxInOriginalPx, target))
  const originals = originalCount(observations)
  const returned = looks.find(({ observation: at }) => at && at.index > originals && at.parent !== at.index - 1)
  const mistaken = steps.find(({ turn }) => turn.error !== undefined)
  const picked = [steps.at(-1), steps[0], ...wayTo(looks.at(-1), looks), ...wayTo(found, looks), returned, mistaken]
  return [...new Set([...picked.filter((step) => step !== undefined), ...steps])]
}

/** The look and its ancestors up to the original, nearest first. */
function wayTo(look: Step | undefined, looks: readonly Step[]): Step[] {
  const way: Step[] = []
  for (let at = look; at !== undefined && !way.includes(at);) {
    way.push(at)
    const parent = at.observation?.parent
    at = looks.find(({ observation }) => observation?.index === parent)
  }
  return way
}
