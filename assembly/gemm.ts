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
          ragged(from, lda << 2, 4, panel, to, ldc, rows, n - j, k, adds)
        } else if (rows > 4) {
          rowTile6(from, lda << 2, panel, to, ldc << 2, rows - 1, k, adds)
        } else {
          rowTile4(from, lda << 2, panel, to, ldc << 2, rows - 1, k, adds)
        }
      }
    }
  }
}

/** Rows of a left operand that are summed over before the next: their part of the packed operand stays in the cache. */
const DEPTH: i32 = 256

/**
 * `c += aᵀ * b`: `a` [k, m] with rows `lda` floats apart, `b` [k, n] with rows `ldb` floats apart, `c` [m, n] with rows
 * `ldc` floats apart. `scratch` takes 256 rows of `b`, packed.
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
    pack(b + ((k0 * ldb) << 2), ldb, depth, n, scratch)
    const left = a + ((k0 * lda) << 2)
    for (let i = 0; i < m; i += MR) {
      const rows = min(MR, m - i)
      const from = left + (i << 2)
      for (let j = 0; j < n; j += NR) {
        const panel = scratch + ((j * depth) << 2)
        const to = c + ((i * ldc + j) << 2)
        if (rows === MR && j + NR <= n) columnTile(from, lda << 2, panel, to, ldc << 2, depth)
        else ragged(from, 4, lda << 2, panel, to, ldc, rows, n - j, depth, true)
      }
    }
  }
}

/** A tile at an edge of what is stored, element by element; strides of the left operand in bytes. */
function ragged(
  a: usize,
  rowStride: i32,
  depthStride: i32,
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
    let from = a + i * rowStride
    for (let p = 0; p < k; p++) {
      const left = v128.load32_splat(from)
      const right = panel + ((p * NR) << 2)
      low = madd(left, v128.load(right), low)
      high = madd(left, v128.load(right, 16), high)
      from += depthStride
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

/** A tile of `c += aᵀ * b`: six columns of `a`, which lie beside each other. Strides in bytes. */
function columnTile(a: usize, lda: i32, b: usize, c: usize, ldc: i32, k: i32): void {
  const c0 = c
  const c1 = c + 1 * ldc
  const c2 = c + 2 * ldc
  const c3 = c + 3 * ldc
  const c4 = c + 4 * ldc
  const c5 = c + 5 * ldc
  let s0 = v128.load(c0)
  let t0 = v128.load(c0, 16)
  let s1 = v128.load(c1)
  let t1 = v128.load(c1, 16)
  let s2 = v128.load(c2)
  let t2 = v128.load(c2, 16)
  let s3 = v128.load(c3)
  let t3 = v128.load(c3, 16)
  let s4 = v128.load(c4)
  let t4 = v128.load(c4, 16)
  let s5 = v128.load(c5)
  let t5 = v128.load(c5, 16)
  const end = b + ((k * NR) << 2)
  while (b < end) {
    const low = v128.load(b)
    const high = v128.load(b, 16)
    let left = v128.load32_splat(a)
    s0 = madd(left, low, s0)
    t0 = madd(left, high, t0)
    left = v128.load32_splat(a, 4)
    s1 = madd(left, low, s1)
    t1 = madd(left, high, t1)
    left = v128.load32_splat(a, 8)
    s2 = madd(left, low, s2)
    t2 = madd(left, high, t2)
    left = v128.load32_splat(a, 12)
    s3 = madd(left, low, s3)
    t3 = madd(left, high, t3)
    left = v128.load32_splat(a, 16)
    s4 = madd(left, low, s4)
    t4 = madd(left, high, t4)
    left = v128.load32_splat(a, 20)
    s5 = madd(left, low, s5)
    t5 = madd(left, high, t5)
    a += lda
    b += NR << 2
  }
  v128.store(c0, s0)
  v128.store(c0, t0, 16)
  v128.store(c1, s1)
  v128.store(c1, t1, 16)
  v128.store(c2, s2)
  v128.store(c2, t2, 16)
  v128.store(c3, s3)
  v128.store(c3, t3, 16)
  v128.store(c4, s4)
  v128.store(c4, t4, 16)
  v128.store(c5, s5)
  v128.store(c5, t5, 16)
}
