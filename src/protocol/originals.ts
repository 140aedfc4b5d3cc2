/**
 * The original pictures of a question: usually one, `original_image`; several are numbered, `original_image_1` and so on. They are the
 * first observations of a search, before its crops. Pure.
 */
import { itemAt } from '../shared/known.ts'
import type { Observation, Turn } from './trajectory.ts'

/** Largest number of original pictures of a question. */
export const mostPictures = 16

/** Something for each picture of a question: the picture, its view, or its entry in a trajectory. */
export interface Pictured<T> {
  readonly picture: T
  /** All but the first, if there are several. */
  readonly furtherPictures?: readonly T[]
}

/** All pictures of a question, in order. */
export function picturesOf<T>({ picture, furtherPictures = [] }: Pictured<T>): T[] {
  return [picture, ...furtherPictures]
}

/** Builds the fields from a list; for one picture there is no `furtherPictures`. */
export function pictured<T>(pictures: readonly T[]): Pictured<T> {
  return { picture: itemAt(pictures, 0), ...(pictures.length > 1 && { furtherPictures: pictures.slice(1) }) }
}

type Place = Pick<Observation, 'index' | 'parent'>

/** Number of observations that are originals. */
export function originalCount(observations: readonly Place[]): number {
  const crops = observations.findIndex(({ parent }) => parent !== null)
  return crops < 0 ? observations.length : crops
}

/** Index of the original that an observation is a part of. */
export function originalOf(observation: Place, observations: readonly Place[]): number {
  let at = observation
  while (at.parent !== null) at = itemAt(observations, at.parent)
  return at.index
}

/** The observations that are parts of one original, starting with the original itself. */
export function observationsOf<P extends Place>(original: number, observations: readonly P[]): P[] {
  return observations.filter((observation) => originalOf(observation, observations) === original)
}

interface Searched {
  readonly turns: readonly Pick<Turn, 'observation'>[]
  readonly observations: readonly Place[]
}

/** How many pictures were shown before a turn, the originals included. */
export function shownBefore({ turns, observations }: Searched, turn: number): number {
  return (
    originalCount(observations) + turns.slice(0, turn - 1).filter(({ observation }) => observation !== undefined).length
  )
}

/** The index of the picture that a turn looks into; for one that does not look, the first original. */
export function sourceOf({ turns, observations }: Searched, turn: number): number {
  const seen = turns[turn - 1]?.observation
  return (seen === undefined ? undefined : observations[seen]?.parent) ?? 0
}
