/**
 * Attention of one sequence. Its keys and values lie packed as the right operands that they are: for each head the keys as
 * panels of eight positions, [capacity / 8, head, 8], then the values as panels of eight columns, [head / 8, capacity, 8].
 * What one position adds to them is written in place. `capacity` is a multiple of 8.
 */
import { gemmPanels } from './gemm'
import { exp, largestOf, sumOf, zeros } from './vector'

/** Writes the keys and values of rows at positions `first` and on: all keys of a row lie at `kv`, then all its values. */
export function keepKeys(
  kv: usize,
  ld: i32,
  rows: i32,
  first: i32,
  heads: i32,
  head: i32,
  capacity: i32,
  keys: usize,
  values: usize,
): void {
  const width = heads * head
  for (let i = 0; i < rows; i++) {
    const position = first + i
    let from = kv + ((i * ld) << 2)
    let to = keys + (((position >> 3) * 8 * head + (position & 7)) << 2)
    for (let h = 0; h < heads; h++) {
      for (let d = 0; d < head; d++) {
        store<f32>(to + (d << 5), load<f32>(from + (d << 2)))
      }
      from += head << 2
      to += (capacity * head) << 2
    }
    to = values + (position << 5)
    for (let d = 0; d < width; d += 8) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
      from += 32
      to += capacity << 5
    }
  }
}

/**
 * What `rows` queries at positions `first` and on see: those up to `prefix`, and those up to their own. `probabilities`
 * takes [heads, rows, seen], `seen` being the most that any of them sees, rounded up to a multiple of 8; they are 0 where
 * a query does not look.
 */
export function attend(
  q: usize,
  ldq: i32,
  rows: i32,
  first: i32,
  prefix: i32,
  heads: i32,
  head: i32,
  capacity: i32,
  keys: usize,
  values: usize,
  probabilities: usize,
  out: usize,
  ldo: i32,
): void {
  const seen = max(prefix, first + rows)
  const width = (seen + 7) & ~7
  const scale = f32x4.splat(1 / sqrt<f32>(f32(head)))
  for (let h = 0; h < heads; h++) {
    gemmPanels(q, ldq, keys, head * 8, probabilities, width, rows, width, head, false)
    let row = probabilities
    for (let i = 0; i < rows; i++) {
      softmax(row, max(prefix, first + i + 1), width, scale)
      row += width << 2
    }
    gemmPanels(probabilities, width, values, capacity * 8, out, ldo, rows, head, seen, false)
    probabilities = row
    q += head << 2
    out += head << 2
    keys += (capacity * head) << 2
    values += (capacity * head) << 2
  }
}

/** Softmax of the first `visible` of `width` scores, times `scale`; the others become 0. */
function softmax(row: usize, visible: i32, width: i32, scale: v128): void {
  for (let i = visible; i < width; i++) store<f32>(row + (i << 2), -1e30)
  const end = row + (width << 2)
  let largest = f32x4.splat(-1e30)
  for (let at = row; at < end; at += 16) largest = f32x4.pmax(largest, v128.load(at))
  const top = f32x4.splat(largestOf(largest))
  let sum = zeros()
  for (let at = row; at < end; at += 16) {
    const value = exp(f32x4.mul(f32x4.sub(v128.load(at), top), scale))
    v128.store(at, value)
    sum = f32x4.add(sum, value)
  }
  const share = f32x4.splat(1 / sumOf(sum))
  for (let at = row; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), share))
}
