/**
 * The textured ground: value noise in octaves, each a lattice of seeded values joined smoothly. Octaves finer than
 * the pixels being drawn fade out, which is what averaging the full picture would do to them.
 */
import type { Size } from '../protocol/box.ts'
import type { Ground } from './scene.ts'

/** The coarsest octave has 3 lattice cells a side, the finest 3 * 2^8 = 768. */
const octaves = 9
const coarsest = 3
/** Each octave's strength relative to the one before. */
const decay = 0.72

/** Fills `data` (packed RGB of `size`) with the ground of `region`, given in fractions of the picture. */
export function paintGround(
  ground: Ground,
  region: readonly [number, number, number, number],
  size: Size,
  data: Uint8Array,
): void {
  const stepX = (region[2] - region[0]) / size.width
  const stepY = (region[3] - region[1]) / size.height
  const layers = []
  for (let octave = 0; octave < octaves; octave++) {
    const cells = coarsest * 2 ** octave
    // Cells narrower than two pixels cannot be drawn; from four pixels on they are drawn in full.
    const pixelsPerCell = 1 / (cells * Math.max(stepX, stepY))
    const visible = Math.max(0, Math.min(1, (pixelsPerCell - 1.5) / 2))
    if (visible === 0) break
    const amplitude = ground.amplitude * decay ** octave * visible
    const seed = Math.imul(ground.seed ^ (octave + 1), 0x9e3779b1)
    layers.push(makeLayer(cells, amplitude, seed, region[0], stepX, size.width))
  }
  const row = new Float32Array(size.width)
  const [r, g, b] = ground.rgb
  for (let py = 0; py < size.height; py++) {
    row.fill(0)
    const y = region[1] + (py + 0.5) * stepY
    for (const layer of layers) addRow(row, layer, y)
    let at = py * size.width * 3
    for (let px = 0; px < size.width; px++) {
      const light = row[px]!
      data[at++] = toByte(r + light)
      data[at++] = toByte(g + light)
      data[at++] = toByte(b + light * 0.9)
    }
  }
}

function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0
}

/** One octave over the drawn columns. */
interface Layer {
  readonly cells: number
  readonly amplitude: number
  readonly seed: number
  /** The lattice column left of the first pixel. */
  readonly firstCell: number
  /** For each pixel column: its lattice column, counted from `firstCell`, and how far it is towards the next. */
  readonly column: Uint16Array
  readonly along: Float64Array
  /** Scratch: the values of the lattice columns at the row being drawn. */
  readonly values: Float64Array
}

function makeLayer(cells: number, amplitude: number, seed: number, x0: number, stepX: number, width: number): Layer {
  const firstCell = Math.floor((x0 + 0.5 * stepX) * cells)
  const column = new Uint16Array(width)
  const along = new Float64Array(width)
  for (let px = 0; px < width; px++) {
    const u = (x0 + (px + 0.5) * stepX) * cells
    const ix = Math.floor(u)
    column[px] = ix - firstCell
    along[px] = smooth(u - ix)
  }
  return { cells, amplitude, seed, firstCell, column, along, values: new Float64Array(column[width - 1]! + 2) }
}

function addRow(row: Float32Array, layer: Layer, y: number): void {
  const { cells, amplitude, seed, firstCell, column, along, values } = layer
  const v = y * cells
  const iy = Math.floor(v)
  const fy = smooth(v - iy)
  for (let i = 0; i < values.length; i++) {
    values[i] = blend(lattice(seed, firstCell + i, iy), lattice(seed, firstCell + i, iy + 1), fy)
  }
  for (let px = 0; px < row.length; px++) {
    const left = column[px]!
    row[px]! += amplitude * blend(values[left]!, values[left + 1]!, along[px]!)
  }
}

function blend(a: number, b: number, t: number): number {
  return a + (b - a) * t
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t)
}

/** A seeded value in -1..1 for a lattice point. */
function lattice(seed: number, x: number, y: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ seed
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2147483648 - 1
}
