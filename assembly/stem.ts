/** Cuts pictures into the rows that the convolutions of the stem multiply: each output pixel's inputs side by side. */
import { copy, zeros } from './vector'

/** Bytes of a view [side, side, 3] to numbers from -1 to 1 in `out` [side + 2, side + 2, 3], with a border of 0. */
export function padView(view: usize, side: i32, out: usize): void {
  const row = side * 3
  const border = 3
  memory.fill(out, 0, ((side + 2) * (row + 2 * border)) << 2)
  const scale: f32 = 1 / 127.5
  for (let y = 0; y < side; y++) {
    let to = out + (((y + 1) * (row + 2 * border) + border) << 2)
    for (let x = 0; x < row; x++) {
      store<f32>(to, f32(load<u8>(view + x)) * scale - 1)
      to += 4
    }
    view += row
  }
}

/** Patches of `size` pixels a side, `stride` apart, of a padded view of `side` pixels: [patches, size * size * 3]. */
export function cutPatches(padded: usize, side: i32, size: i32, stride: i32, out: usize): void {
  const row = side * 3
  const length = size * 3
  for (let y = 0; y + size <= side; y += stride) {
    for (let x = 0; x + size <= side; x += stride) {
      for (let dy = 0; dy < size; dy++) {
        let from = padded + (((y + dy) * row + x * 3) << 2)
        let at = 0
        for (; at + 4 <= length; at += 4) {
          v128.store(out, v128.load(from))
          from += 16
          out += 16
        }
        for (; at < length; at++) {
          store<f32>(out, load<f32>(from))
          from += 4
          out += 4
        }
      }
    }
  }
}

/**
 * The inputs of a 4 x 4 convolution of stride 2 over `x` [n, n, channels] with a border of 0: [n / 2 * n / 2, 16 * channels],
 * each row ordered by row of the kernel, column, channel.
 */
export function cutBlocks(x: usize, n: i32, channels: i32, out: usize): void {
  const pixel = channels << 2
  const m = n >> 1
  for (let y = 0; y < m; y++) {
    for (let column = 0; column < m; column++) {
      for (let dy = 0; dy < 4; dy++) {
        const row = 2 * y + dy - 1
        const inside = row >= 0 && row < n
        for (let dx = 0; dx < 4; dx++) {
          const at = 2 * column + dx - 1
          if (inside && at >= 0 && at < n) copy(x + (row * n + at) * pixel, out, channels)
          else fill(out, channels)
          out += pixel
        }
      }
    }
  }
}

function fill(at: usize, count: i32): void {
  const end = at + (count << 2)
  while (at < end) {
    v128.store(at, zeros())
    at += 16
  }
}
