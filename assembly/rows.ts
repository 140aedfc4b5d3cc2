/** What happens to rows of activations between the products. Widths are multiples of 4. */
import { copy, exp, madd, largestOf, sumOf, zeros } from './vector'

/** Row `i` of `out` becomes row `indices[i]` of `table`. */
export function gatherRows(table: usize, indices: usize, count: i32, width: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    copy(table + ((load<i32>(indices + (i << 2)) * width) << 2), out, width)
    out += width << 2
  }
}

/** Divides each row by its root mean square; `inverse` takes what it was multiplied by. */
export function normalise(x: usize, rows: i32, width: i32, out: usize, inverse: usize): void {
  const bytes = width << 2
  for (let i = 0; i < rows; i++) {
    let squares = zeros()
    for (let at = 0; at < bytes; at += 16) {
      const values = v128.load(x + at)
      squares = madd(values, values, squares)
    }
    const scale: f32 = 1 / sqrt<f32>(sumOf(squares) / f32(width) + f32(1e-5))
    store<f32>(inverse, scale)
    const factor = f32x4.splat(scale)
    for (let at = 0; at < bytes; at += 16) v128.store(out + at, f32x4.mul(v128.load(x + at), factor))
    x += bytes
    out += bytes
    inverse += 4
  }
}

/** Adds `bias` to each row, and cuts off what is below zero where it `rectifies`. */
export function addBias(x: usize, rows: i32, width: i32, bias: usize, rectifies: bool): void {
  const bytes = width << 2
  const least = f32x4.splat(rectifies ? 0 : -Infinity)
  for (let i = 0; i < rows; i++) {
    for (let at = 0; at < bytes; at += 16) {
      v128.store(x + at, f32x4.pmax(least, f32x4.add(v128.load(x + at), v128.load(bias + at))))
    }
    x += bytes
  }
}

/** Cuts off what is below zero in `count` floats; `out`, which may be the same, takes the squares of what is left. */
export function squareRectify(x: usize, count: i32, out: usize): void {
  const end = x + (count << 2)
  while (x < end) {
    const positive = f32x4.pmax(zeros(), v128.load(x))
    v128.store(x, positive)
    v128.store(out, f32x4.mul(positive, positive))
    x += 16
    out += 16
  }
}

/**
 * Rotary positions: turns each of the `heads` of each row by the angles of the row's position. `cos` and `sin` are
 * [positions, head / 2]; rows are `ld` floats apart.
 */
export function rotate(
  x: usize,
  ld: i32,
  rows: i32,
  heads: i32,
  head: i32,
  positions: usize,
  cos: usize,
  sin: usize,
): void {
  const half = head << 1
  for (let i = 0; i < rows; i++) {
    const angles = load<i32>(positions + (i << 2)) * half
    let a = x + ((i * ld) << 2)
    for (let h = 0; h < heads; h++) {
      for (let at = 0; at < half; at += 16) {
        const c = v128.load(cos + angles + at)
        const s = v128.load(sin + angles + at)
        const first = v128.load(a + at)
        const second = v128.load(a + half + at)
        v128.store(a + at, f32x4.sub(f32x4.mul(first, c), f32x4.mul(second, s)))
        v128.store(a + half + at, madd(first, s, f32x4.mul(second, c)))
      }
      a += head << 2
    }
  }
}

/**
 * Picture rows of one view: its features weighed by `gate` [width], plus the names of its cells, each as strongly as
 * `strengths` [patches, cells] says. `names` are [patches * cells, width].
 */
export function pictureRows(
  features: usize,
  gate: usize,
  strengths: usize,
  names: usize,
  patches: i32,
  cells: i32,
  width: i32,
  out: usize,
): void {
  const bytes = width << 2
  for (let i = 0; i < patches; i++) {
    for (let at = 0; at < bytes; at += 16) {
      let sum = zeros()
      for (let cell = 0; cell < cells; cell++) {
        sum = madd(v128.load32_splat(strengths + (cell << 2)), v128.load(names + cell * bytes + at), sum)
      }
      v128.store(out + at, madd(v128.load(features + at), v128.load(gate + at), sum))
    }
    features += bytes
    out += bytes
    strengths += cells << 2
    names += cells * bytes
  }
}

/** Below the logarithm of the smallest float: so unlikely, a token has no part in the entropy. */
const impossible: f32 = -1000

/**
 * `e^y`, where `y` is `(x - largest) / temperature`, of `count` floats; gives their sum. The sum of `y * e^y`, from which the entropy
 * follows, is written behind them.
 */
export function likelihoods(x: usize, count: i32, temperature: f32, out: usize): f32 {
  let largest = f32x4.splat(-Infinity)
  const bytes = count << 2
  for (let at = 0; at < bytes; at += 16) largest = f32x4.pmax(largest, v128.load(x + at))
  const top = f32x4.splat(largestOf(largest))
  const scale = f32x4.splat(1 / temperature)
  let sum = zeros()
  let moment = zeros()
  for (let at = 0; at < bytes; at += 16) {
    const y = f32x4.mul(f32x4.sub(v128.load(x + at), top), scale)
    const value = exp(y)
    v128.store(out + at, value)
    sum = f32x4.add(sum, value)
    // Infinity times 0 would be no number.
    moment = madd(value, f32x4.max(y, f32x4.splat(impossible)), moment)
  }
  store<f32>(out + bytes, sumOf(moment))
  return sumOf(sum)
}
