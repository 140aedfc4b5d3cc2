/** The names of the pictures that a call can zoom into, as policies write them. */

/** Where there is one. */
export const originalSource = 'original_image'

/** Of the observation with this index in a search with so many originals, which come first: `original_image_2`, `observation_1`. */
export function sourceAt(index: number, originals = 1): string {
  if (index >= originals) return `observation_${index - originals + 1}`
  return originals === 1 ? originalSource : `${originalSource}_${index + 1}`
}
