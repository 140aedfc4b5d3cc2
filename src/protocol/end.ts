/** How a search ended. Pure, and free of schemas: the pages use it too. */

/**
 * How a search ended. `answered`; `over-turn`, `over-image`, `over-context`: a limit was reached; `void`: the last turn
 * held no action or was cut off; `failed`: the policy broke or took too long, to be retried and never scored.
 */
export const ends = ['answered', 'over-turn', 'over-image', 'over-context', 'void', 'failed'] as const
export type End = (typeof ends)[number]

/**
 * The mask M of over-turn masking: did the search come to its own end (rightly or wrongly) within its limits? It says nothing of
 * the score: under `official` an answer counts whatever limit was met.
 */
export function completed(end: End): boolean {
  return end === 'answered' || end === 'void'
}

/** An answer that the released scorer reads in a search that met a limit. */
export function answeredBeyondLimit({ end, answer }: { readonly end: End; readonly answer: string | null }): boolean {
  return answer !== null && end.startsWith('over-')
}
