/** Runs the `n` completions of a request in parallel and merges their streams. */
import type { ServedModel, Completed, Delta } from './chat-model.ts'
import type { ChatRequest } from './chat-request.ts'
import { AbortedError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'

export type Told = { readonly choice: number } & ({ readonly delta: Delta } | { readonly completed: Completed })

/** Choice `i` uses the seed of the request plus `i`. If one fails, or the caller stops reading, all end. */
export async function* runChoices(
  model: ServedModel,
  request: ChatRequest,
  gone: AbortSignal,
): AsyncGenerator<Told, void> {
  const rest = new AbortController()
  const signal = AbortSignal.any([gone, rest.signal])
  const { seed } = request
  const runs = Array.from({ length: request.n ?? 1 }, (_, choice) =>
    model.complete(typeof seed === 'number' ? { ...request, seed: (seed + choice) >>> 0 } : request, signal),
  )
  const step = (choice: number) =>
    itemAt(runs, choice)
      .next()
      .then((result) => ({ choice, result }))
  const coming = new Map(runs.map((_, choice) => [choice, step(choice)]))
  try {
    while (coming.size > 0) {
      const { choice, result } = await Promise.race(coming.values())
      coming.delete(choice)
      yield result.done ? { choice, completed: result.value } : { choice, delta: result.value }
      if (!result.done) coming.set(choice, step(choice))
    }
  } finally {
    rest.abort()
    await Promise.allSettled([...coming.values(), ...runs.map((run) => run.throw(new AbortedError()))])
  }
}

/** Waits for the first event, so that a request that cannot be served is refused before the response starts. */
export async function begun(told: AsyncGenerator<Told, void>): Promise<AsyncGenerator<Told, void>> {
  const first = await told.next()
  async function* all(): AsyncGenerator<Told, void> {
    try {
      if (!first.done) yield first.value
      yield* told
    } finally {
      await told.return()
    }
  }
  return all()
}
