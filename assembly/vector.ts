/** What every kernel computes with: vectors of four 32-bit floats. */

/** `a * b + c`: fused where the build has relaxed SIMD and the processor such an instruction, rounded twice elsewhere. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

export function zeros(): v128 {
  return f32x4.splat(0)
}

/** The sum of the four, in a fixed order. */
export function sumOf(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 2) + (f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 3))
}

/** The largest of the four. */
export function largestOf(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  )
}

/** Copies `count` floats, a multiple of 4. */
export function copy(from: usize, to: usize, count: i32): void {
  const end = from + (count << 2)
  while (from < end) {
    v128.store(to, v128.load(from))
    from += 16
    to += 16
  }
}

/** `e^x`, to the last bit but one; 0 below -87, so that what is masked has no share at all, and finite above 88. */
export function exp(value: v128): v128 {
  const x = f32x4.pmin(value, f32x4.splat(88))
  // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
  const magic = f32x4.splat(12582912)
  const shifted = madd(x, f32x4.splat(1.44269504), magic)
  const whole = f32x4.sub(shifted, magic)
  let r = madd(whole, f32x4.splat(-0.693359375), x)
  r = madd(whole, f32x4.splat(2.1219444e-4), r)
  let y = madd(f32x4.splat(1.98756915e-4), r, f32x4.splat(1.3981999507e-3))
  y = madd(y, r, f32x4.splat(8.3334519073e-3))
  y = madd(y, r, f32x4.splat(4.1665795894e-2))
  y = madd(y, r, f32x4.splat(1.6666665459e-1))
  y = madd(y, r, f32x4.splat(5.0000001201e-1))
  y = f32x4.add(madd(y, f32x4.mul(r, r), r), f32x4.splat(1))
  const scaled = i32x4.add(y, i32x4.shl(shifted, 23))
  return v128.and(scaled, f32x4.ge(x, f32x4.splat(-87)))
}
