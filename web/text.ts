/** Texts for actions, regions and views. Pure. */
import { originalCount, originalOf } from '../src/protocol/originals.ts'
import { pictureName } from '../src/page/step.ts'
import { boxSize } from '../src/protocol/box.ts'
import { useWords } from '../src/protocol/view-tools.ts'
import type { Action, Observation } from '../src/protocol/trajectory.ts'

/** The action as JSON with rounded numbers. */
export function actionText(action: Action): string {
  if (action.kind === 'tool') return JSON.stringify({ ...action.use, source: action.source })
  return action.kind === 'grounding'
    ? `{"bbox_2d": [${action.boxRel.map(rounded).join(', ')}], "source": ${JSON.stringify(action.source)}}`
    : JSON.stringify({ answer: action.text })
}

/** How the region was scaled to the view, for example `reduced 16 ×`. */
export function viewChange({ view, boxInOriginalPx }: Observation): string {
  const region = boxSize(boxInOriginalPx)
  const scale = Math.sqrt((region.width * region.height) / (view.width * view.height))
  return scale > 1.05 ? `reduced ${factor(scale)}` : scale < 0.95 ? `enlarged ${factor(1 / scale)}` : 'same size'
}

/** For example `observation 2, x 0 to 512, y 512 to 1024 of the original`. */
export function placeName(observation: Observation, observations: readonly Observation[]): string {
  const originals = originalCount(observations)
  const box = observation.boxInOriginalPx
  const whole = pictureName(originalOf(observation, observations), originals)
  const made = observation.made ? ` (${useWords(observation.made)})` : ''
  return `${pictureName(observation.index, originals)}${made}, x ${box[0]} to ${box[2]}, y ${box[1]} to ${box[3]} of ${whole}`
}

/** A time of day, with the date unless it is today. */
export function clock(ms: number): string {
  const at = new Date(ms)
  return at.toDateString() === new Date().toDateString() ? at.toLocaleTimeString() : at.toLocaleString()
}

function rounded(value: number): string {
  return String(Math.round(value * 10_000) / 10_000)
}

function factor(scale: number): string {
  return `${scale < 9.95 ? Math.round(scale * 10) / 10 : Math.round(scale)}\u00a0×`
}
