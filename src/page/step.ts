/** A trajectory as steps for display: each turn with its source, its observation and their names; and texts for turns and ends. Pure. */
import { policyNamed } from '../policy/registry/kinds.ts'
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { PixelBox } from '../protocol/box.ts'
import { answeredBeyondLimit } from '../protocol/end.ts'
import type { End } from '../protocol/end.ts'
import { boxOnOriginal, shownSize } from '../protocol/orientation.ts'
import { originalCount } from '../protocol/originals.ts'
import { sourceAt } from '../protocol/source.ts'
import type { Observation, Trajectory, Turn } from '../protocol/trajectory.ts'
import { useWords } from '../protocol/view-tools.ts'
import { itemAt } from '../shared/known.ts'

export interface Step {
  /** Number of the turn, from 1. */
  readonly number: number
  readonly turn: Turn
  /** The observation of the turn. */
  readonly observation?: Observation | undefined
  /** Names of the observation and of its source. */
  readonly name: string
  readonly source: string
}

export function stepsOf({ turns, observations }: Pick<Trajectory, 'turns' | 'observations'>): Step[] {
  const originals = originalCount(observations)
  return turns.map((turn, index) => {
    const observation = turn.observation === undefined ? undefined : observations[turn.observation]
    const name = pictureName(observation?.index ?? 0, originals)
    return { number: index + 1, turn, observation, name, source: pictureName(observation?.parent ?? 0, originals) }
  })
}

/** Nesting depth of an observation; 0 for the original. */
export function depthOf(trajectory: Pick<Trajectory, 'observations'>, observation: Observation): number {
  let depth = 0
  for (let at = observation; at.parent !== null && depth < trajectory.observations.length; depth++) {
    at = itemAt(trajectory.observations, at.parent)
  }
  return depth
}

/** `the original` (`original 2` if there are several), or `observation 3`. */
export function pictureName(index: number, originals: number): string {
  if (index >= originals) return `observation ${index - originals + 1}`
  return originals === 1 ? 'the original' : `original ${index + 1}`
}

/** Whether `outer` contains `inner`. */
export function contains(outer: PixelBox, inner: PixelBox): boolean {
  return outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
}

/** Short text for every end. */
export const endWords: Readonly<Record<End, string>> = {
  answered: 'answered',
  'over-turn': 'ran out of turns',
  'over-image': 'ran out of pictures',
  'over-context': 'ran out of context',
  void: 'stopped without an answer',
  failed: 'the policy failed',
}

/** How a search ended, as a short text that mentions an answer beyond the limit. */
export function endText(search: Pick<Trajectory, 'end' | 'answer'>): string {
  const words = endWords[search.end]
  return answeredBeyondLimit(search) ? `answered beyond the limit (${words})` : words
}

/** The heading of an end without an answering turn. */
export function endTitle(search: Pick<Trajectory, 'end' | 'answer'>): string {
  if (!answeredBeyondLimit(search)) return `No answer: ${endWords[search.end]}`
  return `Answered beyond the limit: ${endWords[search.end]}`
}

/** For example `1,200 tokens in (800 of pictures)`. */
export function tokensInText(policy: string, { promptTokens, imageTokens }: Turn['usage']): string {
  if (imageTokens === 0) return `${promptTokens} tokens in`
  const pictures = policyNamed(policy)?.kind.imageTokensEstimated
    ? `an estimated ${imageTokens} of pictures`
    : `${imageTokens} of pictures`
  return `${promptTokens} tokens in (${pictures})`
}

/** Whether its turns are requests to a model, which can be kept. */
export function sendsRequests(policy: string): boolean {
  return policyNamed(policy)?.kind.namesModel === true
}

const toolErrors: ReadonlySet<string> = new Set(['unknown-tool', 'bad-argument', 'no-effect'])

/** One-line description of a turn. */
export function stepTitle({ turn, observation, source }: Step): string {
  if (observation?.made) return `Shows ${source} ${useWords(observation.made)}`
  // In logs of other programs, a call may bring back a picture that is no part of another.
  if (observation?.parent === null) return 'Gets a picture'
  if (observation) return `Looks into ${source}`
  if (turn.error?.code === 'no-action') return 'Neither zooms nor answers'
  if (turn.error && toolErrors.has(turn.error.code)) return 'Tool refused'
  if (turn.error) return turn.action ? 'Box refused' : 'Box not understood'
  if (turn.action?.kind !== 'answer') return turn.returned === undefined ? 'Goes on' : 'Calls a tool'
  return turn.action.plain ? 'Answers in plain prose' : 'Answers'
}

/** Whether over-turn masking leaves a search with this end out of training, since it reached a limit. */
export function isMaskedEnd(end: End): boolean {
  return end.startsWith('over-')
}

/** The visible part of a refused box on its original; undefined if unknown. */
export function refusedBox(search: Pick<Trajectory, 'observations'>, step: Step): PixelBox | undefined {
  const { action, error } = step.turn
  const source = error && refusedSource(search, step)
  if (!source || action?.kind !== 'grounding') return undefined
  const { width, height } = shownSize(source)
  const edge = (share: number, size: number): number => Math.round(Math.max(0, Math.min(1, share)) * size)
  const [x0, y0, x1, y1] = action.boxRel
  const [left, right] = [edge(Math.min(x0, x1), width), edge(Math.max(x0, x1), width)]
  const [top, bottom] = [edge(Math.min(y0, y1), height), edge(Math.max(y0, y1), height)]
  if (right <= left || bottom <= top) return undefined
  return boxOnOriginal(pixelBox(left, top, right, bottom), source, search.observations)
}

/** The source of a refused box. */
export function refusedSource(
  { observations }: Pick<Trajectory, 'observations'>,
  { turn: { action, error } }: Step,
): Observation | undefined {
  if (!error || action?.kind !== 'grounding') return undefined
  const originals = originalCount(observations)
  return observations.find(({ index }) => sourceAt(index, originals) === action.source)
}

/** The longer sides of the region and of its view. */
export function sizeWords({ boxInOriginalPx, view }: Observation): string {
  const { width, height } = boxSize(boxInOriginalPx)
  return `${Math.max(width, height)} → ${Math.max(view.width, view.height)}`
}

export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** Characters shown of one text; a reply can be megabytes long. */
const maxShown = 6000

export function shown(text: string): string {
  if (text.length <= maxShown) return text
  return `${text.slice(0, maxShown)} … and ${text.length - maxShown} more characters`
}
