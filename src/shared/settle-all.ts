/** Waits for several independent tasks, such as closing resources, even if some fail. */

/** Waits for all; then throws the error if there was one, or an `AggregateError` of several. */
export async function settleAll(work: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  const settled = await Promise.allSettled(work.map(async (one) => one))
  const errors = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '))
}
