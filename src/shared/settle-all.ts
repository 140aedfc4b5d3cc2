/** Work of which each part is done whatever becomes of the others, such as closing several things. */

/** Waits for all; then throws the one error there was, or all of them as an `AggregateError`. */
export async function settleAll(work: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  const settled = await Promise.allSettled(work.map(async (one) => one))
  const errors = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '))
}
