/**
 * Cold-start trajectories as single turns to learn from: what the small policy would have been shown, and what it
 * should have written. Views are not drawn here; a turn names its picture and region.
 */
import { coordinate, phrases, placeBox, quadrants } from '../../model/language.ts'
import { encodeText, maxObservations, special, tokenOf } from '../../model/tokenizer.ts'
import { questionTokens, turnPrompt } from '../../policy/embedded/turn-prompt.ts'
import type { PixelBox } from '../../protocol/box.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { replay, unseen } from '../../search/replay.ts'
import type { Random } from '../../shared/random.ts'
import { defined } from '../../shared/known.ts'

export interface ColdStartTurn {
  readonly docId: string
  /** The region in view, in pixels of the original. */
  readonly boxPx: PixelBox
  readonly prompt: readonly number[]
  /** With its end mark. */
  readonly reply: readonly number[]
}

/** The turns of a trajectory, up to `maxTurns`, but for those that were written by hand: these are only read. */
export function coldStartTurns(trajectory: Trajectory, maxTurns = Infinity): ColdStartTurn[] {
  const turns: ColdStartTurn[] = []
  let question: readonly number[] = []
  let boxPx: PixelBox | undefined
  let last: readonly number[] = []
  // Pixels are drawn when a turn is used.
  for (const { message, turn } of replay(trajectory, profiles.embedded, unseen).slice(0, maxTurns)) {
    if (message.kind === 'question') question = questionTokens(message)
    // After a mistake the last view stays.
    if (message.kind !== 'error') boxPx = message.view?.boxPx
    const prompt = turnPrompt(question, last, message)
    last = encodeText(turn.text)
    if (turn.byHand !== undefined) continue
    turns.push({
      docId: trajectory.problem.docId,
      boxPx: defined(boxPx, 'a view'),
      prompt,
      reply: [...last, special.end],
    })
  }
  return turns
}

const firstName = tokenOf('observation_1')

/**
 * The same turn with all observation numbers shifted by one seeded amount. Turns are learned one by one and numbers
 * only name things, so high numbers, which few trajectories reach, are met as often as low ones.
 */
export function shiftNumbers(turn: ColdStartTurn, rng: Random): ColdStartTurn {
  const isName = (token: number): boolean => token >= firstName && token < firstName + maxObservations
  const highest = Math.max(0, ...[...turn.prompt, ...turn.reply].filter(isName).map((token) => token - firstName + 1))
  if (highest === 0) return turn
  const shift = rng.int(maxObservations - highest + 1)
  const move = (token: number): number => (isName(token) ? token + shift : token)
  return { ...turn, prompt: turn.prompt.map(move), reply: turn.reply.map(move) }
}

const stopToken = tokenOf('.')
const toCheckToken = tokenOf(phrases.toCheck)
const droppingTokens = new Set([phrases.notIt, phrases.nothingHere, phrases.nothingStandsOut].map(tokenOf))
const scanTokens = scanTurn()

/**
 * The same turn as if the place that it drops had been the last on the list: the teacher then scans the quadrants. Lists
 * run out in few correct trajectories, and a policy that has hardly seen it looks at its last place again and again.
 * undefined for a turn that drops no place.
 */
export function withEmptyList({ docId, boxPx, prompt, reply }: ColdStartTurn): ColdStartTurn | undefined {
  const listed = prompt.indexOf(toCheckToken)
  const dropped = reply.findIndex((token) => droppingTokens.has(token))
  if (listed < 0 || dropped < 0 || reply[dropped + 1] !== toCheckToken) return undefined
  const listEnd = prompt.indexOf(stopToken, listed)
  // A source and its first place stay.
  const shortened = [...prompt.slice(0, listed + 3), ...prompt.slice(listEnd)]
  return { docId, boxPx, prompt: shortened, reply: [...reply.slice(0, dropped + 1), ...scanTokens] }
}

/** What the teacher writes after its verdict when nothing is left to check. */
function scanTurn(): number[] {
  const box = defined(placeBox(quadrants[0]), quadrants[0]).map(coordinate).join(', ')
  const list = `${phrases.toCheck}original_image ${quadrants.join(' ')}.`
  const action = `${phrases.zoom}${box}${phrases.source}original_image${phrases.endZoom}`
  return [...encodeText(`${phrases.scanning}${list}${action}`), special.end]
}
