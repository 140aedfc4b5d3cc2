/** Tiles of products with packed right operands: sums in registers, as many as vector units can keep busy and there is room for. */
import { madd, zeros } from './vector'

/** A tile of six rows; those past `last` repeat it, and store the same once more. Strides in bytes. */
export function rowTile6(a: usize, lda: i32, b: usize, c: usize, ldc: i32, last: i32, k: i32, adds: bool): void {
  let a0 = a
  let a1 = a + min(1, last) * lda
  let a2 = a + min(2, last) * lda
  let a3 = a + min(3, last) * lda
  let a4 = a + min(4, last) * lda
  let a5 = a + min(5, last) * lda
  const c0 = c
  const c1 = c + min(1, last) * ldc
  const c2 = c + min(2, last) * ldc
  const c3 = c + min(3, last) * ldc
  const c4 = c + min(4, last) * ldc
  const c5 = c + min(5, last) * ldc
  let s0 = zeros()
  let t0 = zeros()
  let s1 = zeros()
  let t1 = zeros()
  let s2 = zeros()
  let t2 = zeros()
  let s3 = zeros()
  let t3 = zeros()
  let s4 = zeros()
  let t4 = zeros()
  let s5 = zeros()
  let t5 = zeros()
  if (adds) {
    s0 = v128.load(c0)
    t0 = v128.load(c0, 16)
    s1 = v128.load(c1)
    t1 = v128.load(c1, 16)
    s2 = v128.load(c2)
    t2 = v128.load(c2, 16)
    s3 = v128.load(c3)
    t3 = v128.load(c3, 16)
    s4 = v128.load(c4)
    t4 = v128.load(c4, 16)
    s5 = v128.load(c5)
    t5 = v128.load(c5, 16)
  }
  const end = b + (k << 5)
  while (b < end) {
    const low = v128.load(b)
    const high = v128.load(b, 16)
    let left = v128.load32_splat(a0)
    s0 = madd(left, low, s0)
    t0 = madd(left, high, t0)
    left = v128.load32_splat(a1)
    s1 = madd(left, low, s1)
    t1 = madd(left, high, t1)
    left = v128.load32_splat(a2)
    s2 = madd(left, low, s2)
    t2 = madd(left, high, t2)
    left = v128.load32_splat(a3)
    s3 = madd(left, low, s3)
    t3 = madd(left, high, t3)
    left = v128.load32_splat(a4)
    s4 = madd(left, low, s4)
    t4 = madd(left, high, t4)
    left = v128.load32_splat(a5)
    s5 = madd(left, low, s5)
    t5 = madd(left, high, t5)
    a0 += 4
    a1 += 4
    a2 += 4
    a3 += 4
    a4 += 4
    a5 += 4
    b += 32
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

/** A tile of four rows; those past `last` repeat it, and store the same once more. Strides in bytes. */
export function rowTile4(a: usize, lda: i32, b: usize, c: usize, ldc: i32, last: i32, k: i32, adds: bool): void {
  let a0 = a
  let a1 = a + min(1, last) * lda
  let a2 = a + min(2, last) * lda
  let a3 = a + min(3, last) * lda
  const c0 = c
  const c1 = c + min(1, last) * ldc
  const c2 = c + min(2, last) * ldc
  const c3 = c + min(3, last) * ldc
  let s0 = zeros()
  let t0 = zeros()
  let s1 = zeros()
  let t1 = zeros()
  let s2 = zeros()
  let t2 = zeros()
  let s3 = zeros()
  let t3 = zeros()
  if (adds) {
    s0 = v128.load(c0)
    t0 = v128.load(c0, 16)
    s1 = v128.load(c1)
    t1 = v128.load(c1, 16)
    s2 = v128.load(c2)
    t2 = v128.load(c2, 16)
    s3 = v128.load(c3)
    t3 = v128.load(c3, 16)
  }
  const end = b + (k << 5)
  while (b < end) {
    const low = v128.load(b)
    const high = v128.load(b, 16)
    let left = v128.load32_splat(a0)
    s0 = madd(left, low, s0)
    t0 = madd(left, high, t0)
    left = v128.load32_splat(a1)
    s1 = madd(left, low, s1)
    t1 = madd(left, high, t1)
    left = v128.load32_splat(a2)
    s2 = madd(left, low, s2)
    t2 = madd(left, high, t2)
    left = v128.load32_splat(a3)
    s3 = madd(left, low, s3)
    t3 = madd(left, high, t3)
    a0 += 4
    a1 += 4
    a2 += 4
    a3 += 4
    b += 32
  }
  v128.store(c0, s0)
  v128.store(c0, t0, 16)
  v128.store(c1, s1)
  v128.store(c1, t1, 16)
  v128.store(c2, s2)
  v128.store(c2, t2, 16)
  v128.store(c3, s3)
  v128.store(c3, t3, 16)
}

/** One row times four panels; those past `last` repeat it, and store the same once more. Strides in bytes. */
export function rowTile1(a: usize, panels: usize, stride: i32, c: usize, last: i32, k: i32, adds: bool): void {
  let b0 = panels
  const c0 = c
  let s0 = zeros()
  let t0 = zeros()
  let b1 = panels + min(1, last) * stride
  const c1 = c + min(1, last) * 32
  let s1 = zeros()
  let t1 = zeros()
  let b2 = panels + min(2, last) * stride
  const c2 = c + min(2, last) * 32
  let s2 = zeros()
  let t2 = zeros()
  let b3 = panels + min(3, last) * stride
  const c3 = c + min(3, last) * 32
  let s3 = zeros()
  let t3 = zeros()
  if (adds) {
    s0 = v128.load(c0)
    t0 = v128.load(c0, 16)
    s1 = v128.load(c1)
    t1 = v128.load(c1, 16)
    s2 = v128.load(c2)
    t2 = v128.load(c2, 16)
    s3 = v128.load(c3)
    t3 = v128.load(c3, 16)
  }
  const end = a + (k << 2)
  while (a < end) {
    const left = v128.load32_splat(a)
    s0 = madd(left, v128.load(b0), s0)
    t0 = madd(left, v128.load(b0, 16), t0)
    b0 += 32
    s1 = madd(left, v128.load(b1), s1)
    t1 = madd(left, v128.load(b1, 16), t1)
    b1 += 32
    s2 = madd(left, v128.load(b2), s2)
    t2 = madd(left, v128.load(b2, 16), t2)
    b2 += 32
    s3 = madd(left, v128.load(b3), s3)
    t3 = madd(left, v128.load(b3, 16), t3)
    b3 += 32
    a += 4
  }
  v128.store(c0, s0)
  v128.store(c0, t0, 16)
  v128.store(c1, s1)
  v128.store(c1, t1, 16)
  v128.store(c2, s2)
  v128.store(c2, t2, 16)
  v128.store(c3, s3)
  v128.store(c3, t3, 16)
}
