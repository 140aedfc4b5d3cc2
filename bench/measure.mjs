/** Shared by the benchmarks: contenders take turns, so that a busy machine slows all of them alike. */
import { parseArgs } from 'node:util'

/** @typedef {{ cpuMs: number, wallMs: number }} Cost Processor time (all threads of the process) and time passed. */

/**
 * Options of a benchmark from the command line, each a number, a text or a switch as its default is. `--smoke` replaces the defaults by
 * those of a run of seconds, which only shows that the benchmark still works.
 * @template {Record<string, number | string | boolean>} Options
 * @param {Options} defaults
 * @param {Partial<Options>} smoke
 * @returns {Options}
 */
export function benchOptions(defaults, smoke) {
  const kindOf = (value) => (/** @type {'boolean' | 'string'} */ (typeof value === 'boolean' ? 'boolean' : 'string'))
  const options = Object.entries(defaults).map(([name, value]) => [name, { type: kindOf(value) }])
  const { values } = parseArgs({ options: { smoke: { type: 'boolean' }, ...Object.fromEntries(options) } })
  const { smoke: small, ...given } = /** @type {Record<string, string | boolean>} */ (values)
  const typed = Object.entries(given).map(([name, value]) => [
    name,
    typeof defaults[name] === 'number' ? Number(value) : value,
  ])
  return { ...defaults, ...(small ? smoke : {}), ...Object.fromEntries(typed) }
}

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
  /** @type {Record<string, Cost[]>} */
  const costs = Object.fromEntries(names.map((name) => [name, []]))
  for (let i = 0; i < repeats; i++) {
    for (const name of names) costs[name].push(await contenders[name]())
  }
  const found = names.map((name) => [
    name,
    { cpuMs: median(costs[name].map((c) => c.cpuMs)), wallMs: median(costs[name].map((c) => c.wallMs)) },
  ])
  return /** @type {Record<Name, Cost>} */ (Object.fromEntries(found))
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Milliseconds between the frames of a page while `work` goes on.
 *
 * @param {import('playwright-core').Page} page
 * @param {() => Promise<unknown>} work
 * @returns {Promise<{ gaps: number[], rate: number }>} `rate` in frames a second
 */
export async function frameGaps(page, work) {
  await page.evaluate(() => {
    const times = (globalThis.frameTimes = [])
    const note = (now) => {
      times.push(now)
      globalThis.frameNote = requestAnimationFrame(note)
    }
    requestAnimationFrame(note)
  })
  await work()
  /** @type {number[]} */
  const times = await page.evaluate('cancelAnimationFrame(window.frameNote), window.frameTimes')
  const gaps = times.slice(1).map((now, n) => now - times[n])
  return { gaps, rate: (1000 * gaps.length) / (times.at(-1) - times[0]) }
}
