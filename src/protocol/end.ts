/** How a search ended. Pure and without zod, since the pages use it too. */

/**
 * How a search ended. `answered`; `over-turn`, `over-image`, `over-context`: a limit was reached; `void`: the last turn had no action
 * or was truncated; `failed`: the policy broke or took too long: retried, never scored.
 */
export const ends = ['answered', 'over-turn', 'over-image', 'over-context', 'void', 'failed'] as const
export type End = (typeof ends)[number]

/**
 * The completion mask M of over-turn masking: true if the search ended by itself within its limits, right or wrong. Independent
 * of the score: under `official` an answer counts whatever limit was reached.
 */
export function completed(end: End): boolean {
  return end === 'answered' || end === 'void'
}

/** Whether the released scorer finds an answer in a search that reached a limit. */
export function answeredBeyondLimit({ end, answer }: { readonly end: End; readonly answer: string | null }): boolean {
  return answer !== null && end.startsWith('over-')
}
