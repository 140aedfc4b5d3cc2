/** The names of the pictures that a call can zoom into, as policies write them. */

export const originalSource = 'original_image'

/** Of the view with this index: 0 is the original. */
export function sourceAt(index: number): string {
  return index === 0 ? originalSource : `observation_${index}`
}
