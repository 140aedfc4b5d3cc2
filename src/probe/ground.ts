/**
 * The textured ground: value noise in octaves, each a lattice of seeded values joined smoothly. Octaves finer than
 * the pixels being drawn fade out, which is what averaging the full picture would do to them.
 */
import type { Size } from '../protocol/box.ts'
import type { Ground } from './scene.ts'
import { doubleAt, wholeAt } from '../shared/number-at.ts'

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
  /** For each lattice column from `firstCell` on, the first pixel right of it (there is one); then the number of pixels. */
  readonly starts: Int32Array
  /** For each pixel column, how far it is from its lattice column towards the next. */
  readonly along: Float64Array
  /** The values of the lattice rows `latticeRow` and `latticeRow + 1`. */
  readonly above: Float64Array
  readonly below: Float64Array
  latticeRow: number
}

function makeLayer(cells: number, amplitude: number, seed: number, x0: number, stepX: number, width: number): Layer {
  const column = (px: number): number => (x0 + (px + 0.5) * stepX) * cells
  const firstCell = Math.floor(column(0))
  const count = Math.floor(column(width - 1)) - firstCell + 1
  const starts = new Int32Array(count + 1).fill(width)
  const along = new Float64Array(width)
  for (let px = width - 1; px >= 0; px--) {
    const u = column(px)
    const ix = Math.floor(u)
    starts[ix - firstCell] = px
    along[px] = smooth(u - ix)
  }
  const [above, below] = [new Float64Array(count + 1), new Float64Array(count + 1)]
  return { cells, amplitude, seed, firstCell, starts, along, above, below, latticeRow: NaN }
}

function addRow(row: Float32Array, layer: Layer, y: number): void {
  const { amplitude, starts, along, above, below } = layer
  const v = y * layer.cells
  const iy = Math.floor(v)
  const fy = smooth(v - iy)
  if (iy !== layer.latticeRow) readLattice(layer, iy)
  let right = blend(doubleAt(above, 0), doubleAt(below, 0), fy)
  for (let i = 0; i + 1 < starts.length; i++) {
    const left = right
    right = blend(doubleAt(above, i + 1), doubleAt(below, i + 1), fy)
    const rise = right - left
    const end = wholeAt(starts, i + 1)
    for (let px = wholeAt(starts, i); px < end; px++) row[px]! += amplitude * (left + rise * along[px]!)
  }
}

function readLattice(layer: Layer, iy: number): void {
  const { seed, firstCell, above, below } = layer
  for (let i = 0; i < above.length; i++) {
    above[i] = lattice(seed, firstCell + i, iy)
    below[i] = lattice(seed, firstCell + i, iy + 1)
  }
  layer.latticeRow = iy
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
