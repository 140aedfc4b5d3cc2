/**
 * Products of row-major matrices of 32-bit floats. The right operand is packed first, into panels of eight columns:
 * panel `j` holds columns `8 j` to `8 j + 7`, row by row, and the last one is padded with zeros. Every element of a product
 * is summed in the order of `k`, whatever tile it falls into: a row's result does not depend on the rows beside it.
 */
import { rowTile1, rowTile4, rowTile6 } from './tiles'
import { madd, zeros } from './vector'

/** Columns of a panel, and rows of a tile. */
const NR: i32 = 8
const MR: i32 = 6
/** Floats of the left operand that are worked at together, so that they stay in the first cache. */
const LEFT_BLOCK: i32 = 6144

/** Packs `b` [k, n], whose rows are `ldb` floats apart. `panels` takes `k` times `n`, rounded up to a multiple of 8. */
export function pack(b: usize, ldb: i32, k: i32, n: i32, panels: usize): void {
  for (let j = 0; j < n; j += NR) {
    let from = b + (j << 2)
    if (j + NR <= n) {
      for (let p = 0; p < k; p++) {
        v128.store(panels, v128.load(from))
        v128.store(panels, v128.load(from, 16), 16)
        panels += NR << 2
        from += ldb << 2
      }
    } else {
      for (let p = 0; p < k; p++) {
        for (let i = 0; i < NR; i++) {
          store<f32>(panels, j + i < n ? load<f32>(from + (i << 2)) : 0)
          panels += 4
        }
        from += ldb << 2
      }
    }
  }
}

/** Packs the transpose of `b` [n, k], whose rows are `ldb` floats apart: for products with columns that lie in rows. */
export function packTransposed(b: usize, ldb: i32, k: i32, n: i32, panels: usize): void {
  for (let j = 0; j < n; j += NR) {
    for (let i = 0; i < NR; i++) {
      const from = b + (((j + i) * ldb) << 2)
      let to = panels + (i << 2)
      for (let p = 0; p < k; p++) {
        store<f32>(to, j + i < n ? load<f32>(from + (p << 2)) : 0)
        to += NR << 2
      }
    }
    panels += (NR * k) << 2
  }
}

/**
 * `c = a * b`, or `c += a * b`: `a` [m, k] with rows `lda` floats apart, `b` [k, n] packed, `c` [m, n] with rows `ldc`
 * floats apart.
 */
export function gemm(a: usize, lda: i32, panels: usize, c: usize, ldc: i32, m: i32, n: i32, k: i32, adds: bool): void {
  gemmPanels(a, lda, panels, k * NR, c, ldc, m, n, k, adds)
}

/** `gemm` with panels that start `stride` floats apart, and may be longer than the `k` rows that are read of them. */
export function gemmPanels(
  a: usize,
  lda: i32,
  panels: usize,
  stride: i32,
  c: usize,
  ldc: i32,
  m: i32,
  n: i32,
  k: i32,
  adds: bool,
): void {
  if (m === 1 && (n & 7) === 0) {
    for (let j = 0; j < n; j += 4 * NR) {
      const left = (n - j) / NR - 1
      rowTile1(a, panels + (((j / NR) * stride) << 2), stride << 2, c + (j << 2), left, k, adds)
    }
    return
  }
  const block = max(MR, (LEFT_BLOCK / k / MR) * MR)
  for (let i0 = 0; i0 < m; i0 += block) {
    const end = min(m, i0 + block)
    for (let j = 0; j < n; j += NR) {
      const panel = panels + (((j / NR) * stride) << 2)
      for (let i = i0; i < end; i += MR) {
        const rows = min(MR, end - i)
        const from = a + ((i * lda) << 2)
        const to = c + ((i * ldc + j) << 2)
        if (j + NR > n) {
          ragged(from, lda << 2, panel, to, ldc, rows, n - j, k, adds)
        } else if (rows > 4) {
          rowTile6(from, lda << 2, panel, to, ldc << 2, rows - 1, k, adds)
        } else {
          rowTile4(from, lda << 2, panel, to, ldc << 2, rows - 1, k, adds)
        }
      }
    }
  }
}

/** Rows that are summed over before the next: both operands of so many stay in the cache. */
const DEPTH: i32 = 256

/**
 * `c += aᵀ * b`: `a` [k, m] with rows `lda` floats apart, `b` [k, n] with rows `ldb` floats apart, `c` [m, n] with rows
 * `ldc` floats apart. `scratch` takes 256 rows of both, packed: 256 times m + n, rounded up to a multiple of 8.
 */
export function gemmTransposed(
  a: usize,
  lda: i32,
  b: usize,
  ldb: i32,
  c: usize,
  ldc: i32,
  m: i32,
  n: i32,
  k: i32,
  scratch: usize,
): void {
  for (let k0 = 0; k0 < k; k0 += DEPTH) {
    const depth = min(DEPTH, k - k0)
    const left = scratch + ((depth * ((n + 7) & ~7)) << 2)
    pack(b + ((k0 * ldb) << 2), ldb, depth, n, scratch)
    transpose(a + ((k0 * lda) << 2), lda, depth, m, left)
    gemm(left, depth, scratch, c, ldc, m, n, depth, true)
  }
}

/** `y` [columns, rows] becomes the transpose of `x` [rows, columns], whose rows are `ldx` floats apart. */
function transpose(x: usize, ldx: i32, rows: i32, columns: i32, y: usize): void {
  const step = ldx << 2
  const down = rows << 2
  let row = 0
  for (; row + 4 <= rows; row += 4) {
    let from = x + row * step
    let to = y + (row << 2)
    let column = 0
    for (; column + 4 <= columns; column += 4) {
      const a = v128.load(from)
      const b = v128.load(from + step)
      const c = v128.load(from + 2 * step)
      const d = v128.load(from + 3 * step)
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
      const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
      const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
      const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
      v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5))
      v128.store(to + down, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
      v128.store(to + 2 * down, v128.shuffle<f32>(ab2, cd2, 0, 1, 4, 5))
      v128.store(to + 3 * down, v128.shuffle<f32>(ab2, cd2, 2, 3, 6, 7))
      from += 16
      to += 4 * down
    }
    for (; column < columns; column++) {
      for (let i = 0; i < 4; i++) store<f32>(to + (i << 2), load<f32>(from + i * step))
      from += 4
      to += down
    }
  }
  for (; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      store<f32>(y + column * down + (row << 2), load<f32>(x + row * step + (column << 2)))
    }
  }
}

/** A tile at an edge of what is stored, element by element; the left operand's stride in bytes. */
function ragged(
  a: usize,
  lda: i32,
  panel: usize,
  c: usize,
  ldc: i32,
  rows: i32,
  columns: i32,
  k: i32,
  adds: bool,
): void {
  for (let i = 0; i < rows; i++) {
    let low = zeros()
    let high = zeros()
    const to = c + ((i * ldc) << 2)
    if (adds) {
      low = part(to, columns)
      high = part(to + 16, columns - 4)
    }
    let from = a + i * lda
    for (let p = 0; p < k; p++) {
      const left = v128.load32_splat(from)
      const right = panel + ((p * NR) << 2)
      low = madd(left, v128.load(right), low)
      high = madd(left, v128.load(right, 16), high)
      from += 4
    }
    storePart(to, low, columns)
    storePart(to + 16, high, columns - 4)
  }
}

/** The first `count` floats from `at` on, then zeros. */
function part(at: usize, count: i32): v128 {
  let values = zeros()
  if (count > 0) values = f32x4.replace_lane(values, 0, load<f32>(at))
  if (count > 1) values = f32x4.replace_lane(values, 1, load<f32>(at, 4))
  if (count > 2) values = f32x4.replace_lane(values, 2, load<f32>(at, 8))
  if (count > 3) values = f32x4.replace_lane(values, 3, load<f32>(at, 12))
  return values
}

function storePart(at: usize, values: v128, count: i32): void {
  if (count > 0) store<f32>(at, f32x4.extract_lane(values, 0))
  if (count > 1) store<f32>(at, f32x4.extract_lane(values, 1), 4)
  if (count > 2) store<f32>(at, f32x4.extract_lane(values, 2), 8)
  if (count > 3) store<f32>(at, f32x4.extract_lane(values, 3), 12)
}
