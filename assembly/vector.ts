/** What every kernel computes with: vectors of four 32-bit floats. */

/** `a * b + c`: fused where the build has relaxed SIMD and the processor such an instruction, rounded twice elsewhere. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}
