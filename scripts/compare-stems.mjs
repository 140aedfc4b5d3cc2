/**
 * How well stems of different convolutions learn to see: node scripts/compare-stems.mjs <steps> <channels>...
 * such as 1500 32,64,128 8,16,32,64,128. Each is trained alone, then judged on views that training never shows. Prints a Markdown table.
 */
import { createEmbeddedEngine } from '../dist/engine/embedded/embedded-engine.js'
import { defaultAdam } from '../dist/engine/engine.js'
import { defaultConfig, kindLabels } from '../dist/model/config.js'
import { cellAt, cellName, cellsInOrder, quadrantBox, quadrants } from '../dist/model/language.js'
import { drawScene } from '../dist/probe/draw.js'
import { colours, makeScene } from '../dist/probe/scene.js'
import { lookDatum } from '../dist/train/sft/look-data.js'
import { lookMetrics } from '../dist/train/sft/perception.js'

const batch = 64
const rate = 2e-3
const { viewPx } = defaultConfig
/** Upper bounds of the sizes, in pixels of the view, that recall is told for. */
const sizes = [1.2, 2, 3.5, Infinity]

const [stepsText, ...stems] = process.argv.slice(2)
const steps = Number(stepsText)
if (!Number.isInteger(steps) || stems.length === 0) {
  console.error('usage: node scripts/compare-stems.mjs <steps> <channels>...')
  process.exit(2)
}

/** @param {number} step */
const batchAt = (step) => Array.from({ length: batch }, (_, i) => lookDatum(1, step * batch + i))
/** @param {number} share */
const percent = (share) => (100 * share).toFixed(1)

/** Whole pictures and quadrants, of two hard scenes and a medium one in turn. */
function* otherViews() {
  for (let i = 0; i < 1280; i++) {
    const scene = makeScene(900_000 + i, i % 3 === 2 ? 'medium' : 'hard')
    const region = i % 2 ? quadrantBox(quadrants[(i >> 1) % 4]) : /** @type {const} */ ([0, 0, 1, 1])
    yield { scene, region, view: drawScene(scene, region, { width: viewPx, height: viewPx }) }
  }
}

console.log(
  '| channels | found, below 1.2 px | to 2 | to 3.5 | more | of what it says, right | shape | digit | processor time |',
)
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const stem of stems) {
  const config = { ...defaultConfig, stemChannels: stem.split(',').map(Number) }
  const engine = createEmbeddedEngine({ config, seed: 1 })
  const cpu = process.cpuUsage()
  for (let step = 1; step <= steps; step++) {
    await engine.lookForwardBackward(batchAt(step), 1 / batch)
    const falling = step > steps / 2 ? 0.02 + (0.98 * (steps - step)) / (steps / 2) : 1
    const learningRate = rate * Math.min(1, step / 50) * falling
    await engine.optimStep({ ...defaultAdam, learningRate, clipNorm: Infinity })
  }
  const seconds = (process.cpuUsage(cpu).user / 1e6).toFixed(0)
  const found = sizes.map(() => ({ all: 0, seen: 0 }))
  let [said, right] = [0, 0]
  for (const { scene, region, view } of otherViews()) {
    const presence = new Float32Array(cellsInOrder.length * colours.length)
    const kind = new Float32Array(kindLabels)
    const heads = (await engine.lookForwardBackward([{ view, presence, kind }], 0)).presence[0]
    const side = region[2] - region[0]
    for (const object of scene.objects) {
      const [u, v] = [(object.x - region[0]) / side, (object.y - region[1]) / side]
      if (u < 0 || v < 0 || u >= 1 || v >= 1) continue
      const name = cellName(cellAt(u, v))
      const at =
        cellsInOrder.findIndex((cell) => cellName(cell) === name) * colours.length + colours.indexOf(object.colour)
      const group = found[sizes.findIndex((size) => (object.side / side) * viewPx < size)]
      group.all++
      if (heads[at] > 0) group.seen++
      presence[at] = 1
    }
    for (const [at, value] of heads.entries()) {
      if (value > 0) said++
      if (value > 0 && presence[at] > 0) right++
    }
  }
  const views = Array.from({ length: 2560 }, (_, i) => lookDatum(77, i))
  const { shape, digit } = lookMetrics(views, await engine.lookForwardBackward(views, 0))
  await engine.close()
  const recalls = found.map(({ all, seen }) => percent(seen / all))
  console.log(
    `| ${[stem, ...recalls, percent(right / said), percent(shape), percent(digit)].join(' | ')} | ${seconds} s |`,
  )
}
