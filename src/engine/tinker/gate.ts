/**
 * Bounds how many bytes are under way at once, first come, first served. Unlike `shared/limiter.ts`, which counts tasks, it counts what each
 * of them takes, and room can be held beyond the call that asked for it.
 */

export interface Gate {
  /** Resolves once there is room for `amount`, with what gives it up again. */
  enter(amount: number): Promise<() => void>
  /** Does the work once there is room for `amount`. An amount above the limit runs alone. */
  run<T>(amount: number, work: () => Promise<T>): Promise<T>
}

export function createGate(limit: number): Gate {
  let inside = 0
  const waiting: { readonly amount: number; readonly enter: () => void }[] = []
  const fits = (amount: number): boolean => inside === 0 || inside + amount <= limit

  function admit(): void {
    for (let [next] = waiting; next !== undefined && fits(next.amount); [next] = waiting) {
      waiting.shift()
      inside += next.amount
      next.enter()
    }
  }

  async function enter(amount: number): Promise<() => void> {
    await new Promise<void>((resolve) => {
      waiting.push({ amount, enter: resolve })
      admit()
    })
    return () => {
      inside -= amount
      admit()
    }
  }

  return {
    enter,
    async run(amount, work) {
      const leave = await enter(amount)
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
