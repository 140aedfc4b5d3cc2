/**
 * Draws one figure of reinforcement learning over its steps, for runs of several seeds:
 * node scripts/compare-training.mjs <out.svg> <title> <field> "<name>=<metrics.jsonl>,<metrics.jsonl>..."...
 * A field is a path such as `turns` or `ends.over-turn`. Points are means over five steps and all seeds, bands span the seeds.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { curveSvg } from '../dist/evaluate/document/curve-svg.js'

const [out, title, field, ...words] = process.argv.slice(2)
const named = words.map((word) => /^([^=]+)=(.+)$/.exec(word))
if (named.length === 0 || named.includes(null)) {
  console.error('usage: node scripts/compare-training.mjs <out.svg> <title> <field> "<name>=<metrics.jsonl>,..."...')
  process.exit(2)
}
const window = 5

async function valuesOf(file) {
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  const byStep = new Map()
  for (const line of lines.map((text) => JSON.parse(text))) {
    if (line.stage !== 'rl') continue
    byStep.set(
      line.step,
      field.split('.').reduce((value, key) => value?.[key], line),
    )
  }
  return byStep
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length
const curves = []
for (const [, name, files] of named) {
  const runs = await Promise.all(files.split(',').map(valuesOf))
  const last = Math.min(...runs.map((run) => Math.max(...run.keys())))
  const points = []
  for (let from = 1; from + window - 1 <= last; from += window) {
    const steps = Array.from({ length: window }, (_, i) => from + i)
    const means = runs.map((run) => mean(steps.map((step) => run.get(step))))
    points.push({ x: from + window - 1, y: mean(means), low: Math.min(...means), high: Math.max(...means) })
  }
  curves.push({ name, points })
}
const share = field.startsWith('ends.') || /Share$|^reward$|^accuracy/.test(field)
const chart = curveSvg(curves, { title, xLabel: 'step', yLabel: field }, { x: 'even', y: share ? 'share' : 'count' })
await writeFile(out, chart)
