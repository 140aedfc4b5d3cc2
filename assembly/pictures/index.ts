/**
 * Picture kernels over rows of 8-bit RGB: halving, and nearest-neighbour rows. Pointers are byte offsets into the module's memory; rows may
 * be read and written up to 16 bytes past their end.
 */

/** From here on the memory belongs to the caller. */
export function heapBase(): usize {
  return __heap_base
}

/** Of the four pixels at `row`, the sums of the first two and of the last two, channel by channel: six 16-bit lanes. */
function pairs(row: usize): v128 {
  const four = v128.load(row)
  return i16x8.extadd_pairwise_i8x16_u(i8x16.shuffle(four, four, 0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, 0, 0, 0, 0))
}

/** The mean of each 2 x 2 pixels, rounded to nearest: `rows` output rows of `width` pixels from twice as many rows of twice the width. */
export function halve(from: usize, to: usize, width: usize, rows: i32): void {
  const stride = width * 6
  const two = i16x8.splat(2)
  for (let y = 0; y < rows; y++) {
    let at = from
    let out = to
    for (let x: usize = 0; x < width; x += 4) {
      const left = i16x8.add(i16x8.add(pairs(at), pairs(at + stride)), two)
      const right = i16x8.add(i16x8.add(pairs(at + 12), pairs(at + 12 + stride)), two)
      const means = i8x16.narrow_i16x8_u(i16x8.shr_u(left, 2), i16x8.shr_u(right, 2))
      v128.store64_lane(out, means, 0)
      v128.store64_lane(out + 6, means, 1)
      at += 24
      out += 12
    }
    from += 2 * stride
    to += width * 3
  }
}

/** `count` pixels at the byte offsets `columns` (32-bit) of a row. */
export function pick(row: usize, columns: usize, to: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    store<u32>(to, load<u32>(row + load<u32>(columns)))
    columns += 4
    to += 3
  }
}
