/** Shared by the benchmarks: contenders take turns, so that a busy machine slows all of them alike. */

/** @typedef {{ cpuMs: number, wallMs: number }} Cost Processor time (all threads of the process) and time passed. */

/**
 * What one run of `work` in this process costs.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Cost>}
 */
export async function cost(work) {
  const wall = performance.now()
  const cpu = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - wall }
}

/**
 * Runs every contender once to warm up, then `repeats` times in turn.
 * @template {string} Name
 * @param {Record<Name, () => Promise<Cost>>} contenders
 * @param {number} repeats
 * @returns {Promise<Record<Name, Cost>>} The medians.
 */
export async function medians(contenders, repeats) {
  const names = Object.keys(contenders)
  for (const name of names) await contenders[name]()
  const costs = Object.fromEntries(names.map((name) => [name, []]))
  for (let i = 0; i < repeats; i++) {
    for (const name of names) costs[name].push(await contenders[name]())
  }
  return Object.fromEntries(
    names.map((name) => [
      name,
      { cpuMs: median(costs[name].map((c) => c.cpuMs)), wallMs: median(costs[name].map((c) => c.wallMs)) },
    ]),
  )
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
