/** The controls of an evaluation: each withholds something from the policy, or gives it away, to see what the score is due to. Pure. */
import { keysOf } from '../shared/fields.ts'

export interface Control {
  /** For tables and charts. */
  readonly label: string
  /** What the policy gets, for readers of a report. */
  readonly text: string
  /** The policy has to answer in its first turn. */
  readonly oneTurn?: true
  /** The answer cannot be read off anything that the policy is shown, except where the overview already shows it. */
  readonly withoutLooking?: true
}

/** In the order in which they run and are reported. */
export const controls = {
  black: {
    label: 'crops black',
    text: 'searches as usual, but every crop is black',
    withoutLooking: true,
  },
  shuffled: {
    label: 'crops of other problems',
    text: 'searches as usual, but every crop is replaced by one from a search of another problem, of another picture',
    withoutLooking: true,
  },
  overview: {
    label: 'overview only',
    text: 'one view of the whole picture and no zoom, with at most as many pixels as all views of the search had',
    oneTurn: true,
    withoutLooking: true,
  },
  'no-picture': {
    label: 'no picture',
    text: 'only the question',
    oneTurn: true,
    withoutLooking: true,
  },
  target: {
    label: 'target given',
    text: 'one view of the target and its surroundings, and no zoom',
    oneTurn: true,
  },
  'no-options': {
    label: 'options withheld',
    text: 'searches as usual, but the question does not list its options',
  },
} as const satisfies Readonly<Record<string, Control>>

export type ControlName = keyof typeof controls

export const controlNames = keysOf(controls)

/** The policy of a controlled search as a trajectory names it. */
export function controlledName(policy: string, control: ControlName): string {
  return `${policy} (${controls[control].label})`
}
