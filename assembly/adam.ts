/**
 * The optimiser's loops. `count` is rounded up to a multiple of 4: behind the last number there have to be zeros. Nothing is fused,
 * so that both builds take the same steps.
 */

/** The sum of squares, in doubles and in a fixed order. */
export function squareSum(count: i32, x: usize): f64 {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  const end = x + (count << 2)
  for (; x < end; x += 16) {
    const values = v128.load(x)
    const a = f64x2.promote_low_f32x4(values)
    const b = f64x2.promote_low_f32x4(v128.shuffle<i32>(values, values, 2, 3, 0, 1))
    low = f64x2.add(low, f64x2.mul(a, a))
    high = f64x2.add(high, f64x2.mul(b, b))
  }
  const sums = f64x2.add(low, high)
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)
}

/**
 * A step of AdamW: the gradient counts `scale`; `values` are multiplied by `keep`, then moved by
 * `rate · first / (√(second · correction) + epsilon)`.
 */
export function adam(
  count: i32,
  gradient: usize,
  first: usize,
  second: usize,
  values: usize,
  scale: f32,
  beta1: f32,
  beta2: f32,
  correction: f32,
  rate: f32,
  epsilon: f32,
  keep: f32,
): void {
  const scales = f32x4.splat(scale)
  const firstKept = f32x4.splat(beta1)
  const firstNew = f32x4.splat(1 - beta1)
  const secondKept = f32x4.splat(beta2)
  const secondNew = f32x4.splat(1 - beta2)
  const corrections = f32x4.splat(correction)
  const rates = f32x4.splat(rate)
  const epsilons = f32x4.splat(epsilon)
  const keeps = f32x4.splat(keep)
  const bytes = count << 2
  for (let at = 0; at < bytes; at += 16) {
    const g = f32x4.mul(v128.load(gradient + at), scales)
    const m = f32x4.add(f32x4.mul(v128.load(first + at), firstKept), f32x4.mul(g, firstNew))
    const v = f32x4.add(f32x4.mul(v128.load(second + at), secondKept), f32x4.mul(f32x4.mul(g, g), secondNew))
    const length = f32x4.add(f32x4.sqrt(f32x4.mul(v, corrections)), epsilons)
    const kept = f32x4.mul(v128.load(values + at), keeps)
    v128.store(first + at, m)
    v128.store(second + at, v)
    v128.store(values + at, f32x4.sub(kept, f32x4.div(f32x4.mul(m, rates), length)))
  }
}
