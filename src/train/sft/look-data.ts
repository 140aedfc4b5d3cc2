/**
 * Views with what they hold, for teaching the stem to see before the policy learns to search: views as searches show
 * them (the whole picture, a quadrant, windows around things), with which colour shows in which cell, and the colour,
 * shape and digit of a legible thing at the centre.
 */
import {
  cellAt,
  cellBox,
  cellName,
  cellsInOrder,
  closerBox,
  legiblePx,
  quadrantBox,
  quadrants,
  readablePx,
  visiblePx,
} from '../../model/language.ts'
import { defaultConfig, kindLabels, kindRanges } from '../../model/config.ts'
import { drawScene, type Region } from '../../probe/draw.ts'
import { colours, makeScene, type Scene, type SceneObject, shapes } from '../../probe/scene.ts'
import { levels } from '../../protocol/problem.ts'
import type { LookDatum } from '../../engine/engine.ts'
import { random, type Random } from '../../shared/random.ts'
import { defined, itemAt } from '../../shared/known.ts'

const { viewPx } = defaultConfig
const cellIndex = new Map(cellsInOrder.map((cell, index) => [cellName(cell), index]))

const whole: Region = [0, 0, 1, 1]

/** The `index`-th view of a seeded stream. */
export function lookDatum(seed: number, index: number): LookDatum {
  const rng = random('look', seed, index)
  const level = rng.pick(levels)
  const scene = makeScene(rng.int(2 ** 31), level)
  const region = viewRegion(scene, rng)
  const view = drawScene(scene, region, { width: viewPx, height: viewPx })
  return { view, ...lookLabels(scene, region) }
}

/** Boxes like those of a search: mostly ever closer to an object, sometimes the whole picture or a random region. */
function viewRegion(scene: Scene, rng: Random): Region {
  const kind = rng.next()
  if (kind < 0.2) return whole
  let region = kind < 0.35 ? inside(whole, quadrantBox(rng.pick(quadrants))) : whole
  if (kind < 0.25) return region
  const object = rng.pick(scene.objects)
  const depth = scene.level === 'hard' && rng.chance(0.7) ? 2 : 1
  for (let i = 0; i < depth; i++) {
    const side = region[2] - region[0]
    const aim = rng.chance(0.08) ? { x: rng.next(), y: rng.next() } : object
    const jitter = (): number => rng.between(-0.02, 0.02)
    const cell = cellAt((aim.x - region[0]) / side + jitter(), (aim.y - region[1]) / side + jitter())
    region = inside(region, cellBox(cell))
  }
  const px = (object.side / (region[2] - region[0])) * viewPx
  if (px < legiblePx || px >= readablePx || rng.chance(0.5)) return region
  const side = region[2] - region[0]
  return inside(region, closerBox(cellAt((object.x - region[0]) / side, (object.y - region[1]) / side)))
}

function inside(region: Region, box: readonly number[]): Region {
  const side = region[2] - region[0]
  return [
    region[0] + itemAt(box, 0) * side,
    region[1] + itemAt(box, 1) * side,
    region[0] + itemAt(box, 2) * side,
    region[1] + itemAt(box, 3) * side,
  ]
}

/** What the stem is to say of a region: colour presence by patch and cell, one-hot centre object. */
function lookLabels(scene: Scene, region: Region): { presence: Float32Array; kind: Float32Array } {
  const presence = new Float32Array(cellsInOrder.length * colours.length)
  const kind = new Float32Array(kindLabels)
  const side = region[2] - region[0]
  let best: SceneObject | undefined
  let nearest = 0.36
  for (const object of scene.objects) {
    const u = (object.x - region[0]) / side
    const v = (object.y - region[1]) / side
    const px = (object.side / side) * viewPx
    if (u < 0 || v < 0 || u >= 1 || v >= 1 || px < visiblePx) continue
    const cell = defined(cellIndex.get(cellName(cellAt(u, v))), 'a cell')
    // Patch by patch, in each cell by cell, in each colour by colour.
    presence[cell * colours.length + colours.indexOf(object.colour)] = 1
    const away = Math.hypot(u - 0.5, v - 0.5)
    if (px >= legiblePx && away < nearest) {
      nearest = away
      best = object
    }
  }
  if (best) {
    kind[kindRanges.colour[0] + colours.indexOf(best.colour)] = 1
    kind[kindRanges.shape[0] + shapes.indexOf(best.shape)] = 1
    if ((best.side / side) * viewPx >= readablePx) kind[kindRanges.digit[0] + best.digit] = 1
  }
  return { presence, kind }
}
