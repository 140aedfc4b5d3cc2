/**
 * Detects search patterns in the turns of a trajectory: the cold-start data should teach depth-first search, trial and error, goal
 * maintenance and self-reflection (project page of Mini-o3, training recipe). Places are compared as boxes, thoughts by their words. Pure.
 */
import type { PixelBox } from '../protocol/box.ts'
import { isCrop, shownSize } from '../protocol/orientation.ts'
import { originalCount, originalOf } from '../protocol/originals.ts'
import { patternNames } from '../protocol/pattern.ts'
import type { PatternName } from '../protocol/pattern.ts'
import type { Observation, Trajectory } from '../protocol/trajectory.ts'
import { itemAt } from '../shared/known.ts'

export interface Patterns {
  /** Length of the longest chain of nested crops; 1 is a crop of the original. */
  readonly depth: number
  /** Looks that are not inside the latest observation. */
  readonly backTracks: number
  /** Backtracks to the original picture. */
  readonly returnsToOriginal: number
  /** Thoughts that restate the target. */
  readonly goalRestatements: number
  /** Thoughts that reject an earlier attempt. */
  readonly selfCorrections: number
  /** Largest number of quadrants of one picture that were looked at. */
  readonly quadrantsScanned: number
  /** Largest number of consecutive looks at the same picture that do not contain each other. */
  readonly breadth: number
  /** Number of disjoint looks. */
  readonly placesChecked: number
  /** Thoughts that mention all, each or every. */
  readonly claimsOfAll: number
}

export const traitNames = [
  'depth',
  'backTracks',
  'returnsToOriginal',
  'goalRestatements',
  'selfCorrections',
  'quadrantsScanned',
  'breadth',
  'placesChecked',
  'claimsOfAll',
] as const satisfies readonly (keyof Patterns)[]
export type TraitName = (typeof traitNames)[number]

export function patternsOf({ problem, turns, observations }: Trajectory): Patterns {
  const thoughts = turns.flatMap(({ thought }) => (thought === undefined ? [] : [thought]))
  const originals = originalCount(observations)
  // The first look is always at an original, so it is not a backtrack.
  const backTracks = observations.filter(({ index, parent }) => index > originals && parent !== index - 1)
  const keyWords = keyWordsOf(problem.question)
  return {
    depth: depthOf(observations),
    backTracks: backTracks.length,
    returnsToOriginal: backTracks.filter(({ parent }) => parent !== null && parent < originals).length,
    goalRestatements: thoughts.filter((thought) => namesGoal(thought, keyWords)).length,
    selfCorrections: thoughts.filter((thought) => correction.test(thought)).length,
    quadrantsScanned: quadrantsScanned(observations),
    breadth: breadthOf(observations),
    placesChecked: placesChecked(observations),
    claimsOfAll: thoughts.filter((thought) => ofAll.test(thought)).length,
  }
}

export function labelsOf(patterns: Patterns): PatternName[] {
  const shown: Readonly<Record<PatternName, boolean>> = {
    'depth-first': patterns.depth >= 2,
    'trial-and-error': patterns.backTracks >= 1,
    'return-to-original': patterns.returnsToOriginal >= 1,
    // Any first thought states the goal; maintenance shows from the second time on.
    'goal-maintenance': patterns.goalRestatements >= 2,
    'self-reflection': patterns.selfCorrections >= 1,
    scanning: patterns.quadrantsScanned >= 2,
    'breadth-first': patterns.breadth >= 3,
    'exhaustive-check': patterns.placesChecked >= 4 && patterns.claimsOfAll >= 1,
  }
  return patternNames.filter((name) => shown[name])
}

function depthOf(observations: readonly Observation[]): number {
  const depths: number[] = []
  for (const { index, parent, made } of observations) {
    depths[index] = parent === null ? 0 : itemAt(depths, parent) + (made === undefined ? 1 : 0)
  }
  return depths.reduce((most, depth) => Math.max(most, depth), 0)
}

const functionWords = new Set(
  (
    'a an and any are at be by can did do does for from has have how in is it its many much of on or please ' +
    'that the there this to was were what when where which who whose with you'
  ).split(' '),
)

/** Lower-case words with plural endings removed. */
function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return new Set(words.map((word) => (word.length > 3 ? word.replace(/(?<!s)s$/, '') : word)))
}

function keyWordsOf(question: string): string[] {
  return [...wordsOf(question)].filter((word) => !functionWords.has(word))
}

const purpose =
  /\b(?:goal|target|question|asked|(?:look|search|hunt)(?:ing)? for|(?:need|have|want|trying) to (?:find|know|read|see)|find(?:ing)?)\b/i

/**
 * Whether the thought contains more than half of the question's key words; two are enough if it states a purpose, since thoughts are
 * briefer than questions.
 */
function namesGoal(thought: string, keyWords: readonly string[]): boolean {
  const words = wordsOf(thought)
  const named = keyWords.filter((word) => words.has(word)).length
  return named > keyWords.length / 2 || (named >= 2 && purpose.test(thought))
}

const ofAll = /\b(?:all|each|every)\b/i

const correction =
  /\b(?:not it|nothing here|nothing left|not here|not (?:the|what|visible|found)|isn't|wait|actually|mistaken?|wrong|misread|misjudged|second thoughts?|(?:look|check) again)\b/i

function breadthOf(observations: readonly Observation[]): number {
  let most = 0
  let row: Observation[] = []
  for (const observation of observations) {
    if (!isCrop(observation)) continue
    const last = row.at(-1)
    const apart = row.every(({ boxPx }) => !inside(boxPx, observation.boxPx) && !inside(observation.boxPx, boxPx))
    row = last !== undefined && last.parent === observation.parent && apart ? [...row, observation] : [observation]
    most = Math.max(most, row.length)
  }
  return most
}

function placesChecked(observations: readonly Observation[]): number {
  const places: { readonly original: number; readonly box: PixelBox }[] = []
  for (const observation of observations) {
    const { boxInOriginalPx: box } = observation
    const original = originalOf(observation, observations)
    const apart = places.every((place) => place.original !== original || !overlap(place.box, box))
    if (isCrop(observation) && apart) places.push({ original, box })
  }
  return places.length
}

function overlap(a: PixelBox, b: PixelBox): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

function inside(inner: PixelBox, outer: PixelBox): boolean {
  return inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
}

/** A quadrant touches a corner of its source and has about half its width and height. */
function quadrantsScanned(observations: readonly Observation[]): number {
  const bySource = new Map<number, Set<string>>()
  for (const { parent, boxPx, made } of observations) {
    if (parent === null || made !== undefined) continue
    const source = shownSize(itemAt(observations, parent))
    const column = sideOf(boxPx[0] / source.width, boxPx[2] / source.width)
    const row = sideOf(boxPx[1] / source.height, boxPx[3] / source.height)
    if (column === undefined || row === undefined) continue
    const seen = bySource.get(parent) ?? new Set()
    bySource.set(parent, seen.add(`${row} ${column}`))
  }
  return Math.max(0, ...[...bySource.values()].map((seen) => seen.size))
}

function sideOf(low: number, high: number): 'low' | 'high' | undefined {
  const share = high - low
  if (share < 0.4 || share > 0.65) return undefined
  if (low < 0.02) return 'low'
  return high > 0.98 ? 'high' : undefined
}
