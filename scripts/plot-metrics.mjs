/**
 * Draws figures of a run's metrics.jsonl as SVG: node scripts/plot-metrics.mjs <metrics.jsonl> <out.svg> <title> <name>...
 * A name is a path such as `accuracy.place`; each point is the mean of a window of steps, with the middle 80 % as band.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { curveSvg } from '../dist/evaluate/document/curve-svg.js'

const [file, out, title, ...names] = process.argv.slice(2)
if (names.length === 0) {
  console.error('usage: node scripts/plot-metrics.mjs <metrics.jsonl> <out.svg> <title> <name>...')
  process.exit(2)
}
const lines = (await readFile(file, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const windows = 40

const curves = names.map((name) => {
  const points = lines
    .map((line) => ({ x: line.step, y: name.split('.').reduce((value, key) => value?.[key], line) }))
    .filter(({ y }) => typeof y === 'number')
  const size = Math.max(1, Math.ceil(points.length / windows))
  const merged = []
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size)
    const sorted = part.map(({ y }) => y).toSorted((a, b) => a - b)
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
    merged.push({
      x: part.at(-1).x,
      y: sorted.reduce((a, b) => a + b, 0) / sorted.length,
      low: at(0.1),
      high: at(0.9),
    })
  }
  return { name, points: merged }
})
await writeFile(out, curveSvg(curves, { title, xLabel: 'step', yLabel: 'share' }))
