/**
 * The original pictures of a question: mostly one, `original_image`; of several each has its number, `original_image_1` and so on. A
 * search notes them as its first observations, and its crops behind them. Pure.
 */
import { itemAt } from '../shared/known.ts'
import type { Observation } from './trajectory.ts'

/** Original pictures of one question, at most. */
export const mostPictures = 16

/** Whatever belongs to each picture of a question: the picture itself, its view, what a trajectory says of it. */
export interface Pictured<T> {
  readonly picture: T
  /** Only where there are several: all but the first. */
  readonly furtherPictures?: readonly T[]
}

/** All pictures of a question, in their order. */
export function picturesOf<T>({ picture, furtherPictures = [] }: Pictured<T>): T[] {
  return [picture, ...furtherPictures]
}

/** The fields of those who have pictures: for one picture the same as ever. */
export function pictured<T>(pictures: readonly T[]): Pictured<T> {
  return { picture: itemAt(pictures, 0), ...(pictures.length > 1 && { furtherPictures: pictures.slice(1) }) }
}

type Place = Pick<Observation, 'index' | 'parent'>

/** How many of the observations are originals. */
export function originalCount(observations: readonly Place[]): number {
  const crops = observations.findIndex(({ parent }) => parent !== null)
  return crops < 0 ? observations.length : crops
}

/** Which original an observation is a part of: the index of the picture. */
export function originalOf(observation: Place, observations: readonly Place[]): number {
  let at = observation
  while (at.parent !== null) at = itemAt(observations, at.parent)
  return at.index
}

/** The observations that are parts of one original, itself the first. */
export function observationsOf<P extends Place>(original: number, observations: readonly P[]): P[] {
  return observations.filter((observation) => originalOf(observation, observations) === original)
}
