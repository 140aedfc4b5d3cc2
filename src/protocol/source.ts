/** Names of the pictures that a call can zoom into. */

/** The name of a single original. */
export const originalSource = 'original_image'

/** The name of an observation, for example `original_image_2` or `observation_1`; the first `originals` observations are originals. */
export function sourceAt(index: number, originals = 1): string {
  if (index >= originals) return `observation_${index - originals + 1}`
  return originals === 1 ? originalSource : `${originalSource}_${index + 1}`
}
