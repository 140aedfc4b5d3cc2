/**
 * The grammar of a turn of the small policy, as the set of tokens allowed next. Sampling is constrained to it, so that one wrong token
 * does not spoil a search; the content of a turn (which places, which box, which answer) is up to the policy. A turn can only name
 * pictures that were shown.
 */
import { colours, shapes } from '../probe/scene.ts'
import { defined, itemAt } from '../shared/known.ts'
import { cellName, cellsInOrder, coordinate, maxPlaces, phrases, quadrants } from './language.ts'
import { maxObservations, sourceNames, special, tokenOf, vocabularySize } from './tokenizer.ts'
import { keysOf } from '../shared/fields.ts'

type State =
  | 'start'
  | 'colour'
  | 'shape'
  | 'goalEnd'
  | 'verdict'
  | 'seen'
  | 'judged'
  | 'digit'
  | 'digitEnd'
  | 'close'
  | 'answer'
  | 'answerEnd'
  | 'scan'
  | 'list'
  | 'source'
  | 'firstPlace'
  | 'place'
  | 'zoom'
  | 'x0'
  | 'y0'
  | 'x1'
  | 'y1'
  | 'boxEnd'
  | 'boxSource'
  | 'zoomEnd'
  | 'end'

const tokensOf = (pieces: readonly string[]): number[] => pieces.map(tokenOf)
const stop = '.'
const digits = [...'0123456789']
const sourceTokens = tokensOf(sourceNames)
const places = [...cellsInOrder.map(cellName), ...quadrants].map((name) => ` ${name}`)
const numbers = Array.from({ length: 17 }, (_, i) => coordinate(i / 16))
const { goal, see, notIt, closer, found, nothingHere, nothingStandsOut, tooSmall, candidates, scanning, toCheck } =
  phrases

/** For each state, groups of pieces that may come and the state after them. */
const moves: Readonly<Record<State, readonly (readonly [readonly string[], State])[]>> = {
  start: [[[goal], 'colour']],
  colour: [[colours.map((name) => ` ${name}`), 'shape']],
  shape: [[shapes.map((name) => ` ${name}`), 'goalEnd']],
  goalEnd: [[[stop], 'verdict']],
  verdict: [
    [[see], 'seen'],
    [[nothingHere, nothingStandsOut], 'scan'],
    [[tooSmall, candidates, scanning], 'list'],
    [[toCheck], 'source'],
  ],
  seen: [[shapes.map((name) => ` ${name}`), 'judged']],
  judged: [
    [[notIt], 'scan'],
    [[closer], 'list'],
    [[found], 'digit'],
  ],
  digit: [[digits, 'digitEnd']],
  digitEnd: [[[stop], 'close']],
  close: [[[phrases.answer], 'answer']],
  answer: [[digits, 'answerEnd']],
  answerEnd: [[[phrases.endAnswer], 'end']],
  scan: [
    [[scanning, candidates], 'list'],
    [[toCheck], 'source'],
  ],
  list: [[[toCheck], 'source']],
  source: [[sourceNames, 'firstPlace']],
  firstPlace: [[places, 'place']],
  place: [
    [places, 'place'],
    [[phrases.nextSource], 'source'],
    [[stop], 'zoom'],
  ],
  zoom: [[[phrases.zoom], 'x0']],
  x0: [[numbers.map((text) => `${text}, `), 'y0']],
  y0: [[numbers.map((text) => `${text}, `), 'x1']],
  x1: [[numbers.map((text) => `${text}, `), 'y1']],
  y1: [[numbers, 'boxEnd']],
  boxEnd: [[[phrases.source], 'boxSource']],
  boxSource: [[sourceNames, 'zoomEnd']],
  zoomEnd: [[[phrases.endZoom], 'end']],
  end: [],
}

const next = new Map<State, ReadonlyMap<number, State>>(
  keysOf(moves).map((state) => [
    state,
    state === 'end'
      ? new Map<number, State>([[special.end, 'end']])
      : new Map(moves[state].flatMap(([pieces, after]) => tokensOf(pieces).map((token) => [token, after] as const))),
  ]),
)
const stopToken = tokenOf(stop)
const namesSource = (state: State): boolean => state === 'source' || state === 'boxSource'
const allowedIn = new Map(
  [...next].filter(([state]) => !namesSource(state)).map(([state, after]) => [state, [...after.keys()]]),
)
/** By the number of the newest observation. */
const sourcesShown = sourceNames.map((_, newest) => sourceTokens.slice(0, newest + 1))

/** What may come in each state, by its number less one: the states, a full list, a source where so many observations were shown. */
const rows: readonly (readonly number[])[] = [...allowedIn.values(), [stopToken], ...sourcesShown]
const numberOf = new Map([...allowedIn.keys()].map((state, i) => [state, i + 1]))
const fullList = allowedIn.size + 1

/**
 * For each state of the form, by number, which tokens may come: [formStates, vocabulary], 1 or 0. State 0 lets all come:
 * it stands where no form is kept.
 */
export const formStates: number = 1 + rows.length
export function formTable(): Float32Array {
  const table = new Float32Array(formStates * vocabularySize).fill(1, 0, vocabularySize)
  for (const [row, tokens] of rows.entries()) for (const token of tokens) table[(row + 1) * vocabularySize + token] = 1
  return table
}

/**
 * The number of the newest observation that was shown, by the text of a prompt, which ends with its name; 0: only the original was.
 * Behind a mistake no picture is named: then any may have been.
 */
export function newestShown(prompt: readonly number[]): number {
  const index = sourceTokens.indexOf(prompt.at(-1) ?? special.end)
  return index < 0 ? maxObservations : index
}

/** The state's number before each token of a reply that keeps to the form. */
export function formStatesOf(reply: readonly number[], newest: number): number[] {
  const form = turnForm(newest)
  return reply.map((token) => {
    const state = form.state()
    form.accept(token)
    return state
  })
}

/** Whether a whole reply, with its end mark, could have been sampled under the grammar. */
export function keepsToForm(reply: readonly number[]): boolean {
  const form = turnForm()
  return (
    reply.at(-1) === special.end &&
    reply.every((token) => {
      const allowed = form.allowed().includes(token)
      form.accept(token)
      return allowed
    })
  )
}

/** Follows one turn, in which the original and the observations up to `newest` can be named. */
export interface TurnForm {
  /** The number of the state, for `formTable`. */
  state(): number
  /** Tokens that are allowed next. */
  allowed(): readonly number[]
  /** Advances by one token; a token that is not allowed leaves the state unchanged. */
  accept(token: number): void
}

export function turnForm(newest: number = maxObservations): TurnForm {
  let state: State = 'start'
  let placesSoFar = 0
  const number = (): number => {
    if (state === 'place' && placesSoFar >= maxPlaces) return fullList
    return namesSource(state) ? fullList + 1 + newest : defined(numberOf.get(state), state)
  }
  return {
    state: number,
    allowed: () => itemAt(rows, number() - 1),
    accept: (token) => {
      state = next.get(state)?.get(token) ?? state
      if (state === 'place') placesSoFar++
    },
  }
}
