/** Halves boxes of pixels, and picks pixels of them, by WebAssembly kernels (`assembly/pictures/`): several times as fast as JavaScript. */
import { readFileSync } from 'node:fs'
import { boxSize } from '../protocol/box.ts'
import type { PixelBox } from '../protocol/box.ts'
import { workerUrl } from '../shared/worker-url.ts'
import type { Pixels } from './picture.ts'

/** What `assembly/pictures/index.ts` exports. */
interface PictureKernels {
  readonly memory: WebAssembly.Memory
  heapBase(): number
  halve(from: number, to: number, width: number, rows: number): void
  pick(row: number, columns: number, to: number, count: number): void
}

const isKernels = (exports: object): exports is PictureKernels => 'memory' in exports && 'halve' in exports

let loaded: PictureKernels | undefined

/** Kernels with at least `bytes` bytes of memory from `heapBase` on. */
function kernels(bytes: number): PictureKernels {
  if (loaded === undefined) {
    const file = readFileSync(workerUrl(import.meta.url, '../kernels/pictures.wasm'))
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(file))
    if (!isKernels(exports)) throw new TypeError('not the kernels for pictures')
    loaded = exports
  }
  const missing = loaded.heapBase() + bytes - loaded.memory.buffer.byteLength
  if (missing > 0) loaded.memory.grow(Math.ceil(missing / 65_536))
  return loaded
}

/** The kernels may touch so many bytes behind a row. */
const slack = 16
/** A strip that is halved at once stays in a core's cache. */
const stripBytes = 262_144

/** The box at half its size, each pixel the mean of four. Both sides of the box have to be even. */
export function halved(source: Pixels, boxPx: PixelBox): Pixels {
  const { width, height } = boxSize(boxPx)
  const [stride, half] = [width * 3, { width: width / 2, height: height / 2 }]
  const rows = Math.max(1, Math.floor(stripBytes / (2 * stride)))
  const outBytes = half.width * 3
  const { memory, heapBase, halve } = kernels(2 * rows * stride + rows * outBytes + 2 * slack)
  const from = heapBase()
  const to = from + 2 * rows * stride + slack
  const heap = new Uint8Array(memory.buffer)
  const data = Buffer.allocUnsafeSlow(outBytes * half.height)
  for (let y = 0; y < half.height; y += rows) {
    const count = Math.min(rows, half.height - y)
    copyRows(source, boxPx, 2 * y, 2 * count, heap, from)
    halve(from, to, half.width, count)
    data.set(heap.subarray(to, to + count * outBytes), y * outBytes)
  }
  return { ...half, data }
}

/** Copies rows `y` to `y + count` of the box into `heap` at `to`, one after another. */
function copyRows(source: Pixels, boxPx: PixelBox, y: number, count: number, heap: Uint8Array, to: number): void {
  const bytes = boxSize(boxPx).width * 3
  const start = (row: number): number => ((boxPx[1] + row) * source.width + boxPx[0]) * 3
  if (bytes === source.width * 3) {
    heap.set(source.data.subarray(start(y), start(y + count)), to)
    return
  }
  for (let i = 0; i < count; i++) heap.set(source.data.subarray(start(y + i), start(y + i) + bytes), to + i * bytes)
}

/** The pixels in the given columns and rows of the box, both counted from its corner. */
export function picked(source: Pixels, boxPx: PixelBox, columns: Int32Array, rows: Int32Array): Pixels {
  const [stride, size] = [boxSize(boxPx).width * 3, { width: columns.length, height: rows.length }]
  const outBytes = size.width * 3
  const { memory, heapBase, pick } = kernels(columns.byteLength + stride + outBytes + 3 * slack)
  const offsets = Math.ceil(heapBase() / 4) * 4
  const from = offsets + columns.byteLength
  const to = from + stride + slack
  new Int32Array(memory.buffer, offsets, columns.length).set(columns.map((column) => column * 3))
  const heap = new Uint8Array(memory.buffer)
  const data = Buffer.allocUnsafeSlow(outBytes * size.height)
  for (const [y, row] of rows.entries()) {
    if (y > 0 && row === rows[y - 1]) {
      data.copyWithin(y * outBytes, (y - 1) * outBytes, y * outBytes)
      continue
    }
    copyRows(source, boxPx, row, 1, heap, from)
    pick(from, offsets, to, size.width)
    data.set(heap.subarray(to, to + outBytes), y * outBytes)
  }
  return { ...size, data }
}
