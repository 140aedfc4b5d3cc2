/**
 * Kernels of the backward pass. Pointers are byte offsets of 32-bit floats, sizes and strides count floats; widths of rows are
 * multiples of 4. What is called `d...` is a gradient. A kernel adds to its result where its comment says so.
 */
import { gemm, gemmTransposed, pack, packTransposed } from './gemm'
import { exp, largestOf, madd, sumOf } from './vector'

/** Of `n = x · r`, r the inverse of x's root mean square, the gradient of `x`: dx += r (dn - n mean(dn n)). */
export function normaliseBack(rows: i32, width: i32, n: usize, r: usize, dn: usize, dx: usize): void {
  const bytes = width << 2
  for (let row = 0; row < rows; row++) {
    let dot = f32x4.splat(0)
    for (let at = 0; at < bytes; at += 16) dot = madd(v128.load(dn + at), v128.load(n + at), dot)
    const mean = f32x4.splat(-sumOf(dot) / f32(width))
    const scale = v128.load32_splat(r)
    for (let at = 0; at < bytes; at += 16) {
      const part = madd(v128.load(n + at), mean, v128.load(dn + at))
      v128.store(dx + at, madd(part, scale, v128.load(dx + at)))
    }
    n += bytes
    dn += bytes
    dx += bytes
    r += 4
  }
}

/** Of `u²`, u = relu(x), the gradient of `x`: da becomes 2 u da. */
export function squareBack(count: i32, u: usize, da: usize): void {
  const end = da + (count << 2)
  for (; da < end; da += 16, u += 16) {
    const value = v128.load(u)
    v128.store(da, f32x4.mul(f32x4.add(value, value), v128.load(da)))
  }
}

/** Of `y = relu(x)`: dy becomes 0 where y is. */
export function rectifyBack(count: i32, y: usize, dy: usize): void {
  const end = dy + (count << 2)
  for (; dy < end; dy += 16, y += 16) {
    v128.store(dy, v128.and(f32x4.gt(v128.load(y), f32x4.splat(0)), v128.load(dy)))
  }
}

/** to += from */
export function add(count: i32, from: usize, to: usize): void {
  const end = to + (count << 2)
  for (; to < end; to += 16, from += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)))
}

/** sums += the sum of the rows */
export function addColumns(rows: i32, width: i32, x: usize, sums: usize): void {
  const bytes = width << 2
  for (let row = 0; row < rows; row++, x += bytes) {
    for (let at = 0; at < bytes; at += 16) {
      v128.store(sums + at, f32x4.add(v128.load(sums + at), v128.load(x + at)))
    }
  }
}

/**
 * Attention of one sequence, all heads. `p` holds the probabilities [heads, queries, keys rounded up to 8], zero past the last key. q,
 * k, v and their gradients have rows `stride` apart, dOut `heads · head`. Writes dq, and adds to dk and dv; q and k are the rotated
 * ones. `scratch`: room for queries + keys + 256 + head such rows.
 */
export function attentionBack(
  queries: i32,
  keys: i32,
  heads: i32,
  head: i32,
  p: usize,
  q: usize,
  dq: usize,
  k: usize,
  v: usize,
  dk: usize,
  dv: usize,
  stride: i32,
  dOut: usize,
  scratch: usize,
): void {
  const width = heads * head
  const ldp = (keys + 7) & ~7
  const scale: f32 = 1 / sqrt<f32>(f32(head))
  const bytes = head << 2
  const square = (queries * ldp) << 2
  const panels = scratch + square
  for (let h = 0; h < heads; h++) {
    packTransposed(v, stride, head, keys, panels)
    gemm(dOut, width, panels, scratch, ldp, queries, ldp, head, false)
    gemmTransposed(p, ldp, dOut, width, dv, stride, keys, head, queries, panels)
    softmaxBack(queries, ldp, scale, p, scratch)
    pack(k, stride, keys, head, panels)
    gemm(scratch, ldp, panels, dq, stride, queries, head, keys, false)
    gemmTransposed(scratch, ldp, q, stride, dk, stride, keys, head, queries, panels)
    p += square
    q += bytes
    dq += bytes
    k += bytes
    v += bytes
    dk += bytes
    dv += bytes
    dOut += bytes
  }
}

/** Of `p = softmax(scale · x)`: dp becomes the gradient of x. Rows of `stride` floats. */
function softmaxBack(rows: i32, stride: i32, scale: f32, p: usize, dp: usize): void {
  const bytes = stride << 2
  const scales = f32x4.splat(scale)
  for (let row = 0; row < rows; row++, p += bytes, dp += bytes) {
    let dot = f32x4.splat(0)
    for (let at = 0; at < bytes; at += 16) dot = madd(v128.load(dp + at), v128.load(p + at), dot)
    const mean = f32x4.splat(sumOf(dot))
    for (let at = 0; at < bytes; at += 16) {
      const part = f32x4.mul(v128.load(p + at), scales)
      v128.store(dp + at, f32x4.mul(part, f32x4.sub(v128.load(dp + at), mean)))
    }
  }
}

/** Turns rows back by the rotary tables, which begin at the first row's position: [rows, head / 2]. In place. */
export function rotateBack(rows: i32, heads: i32, head: i32, x: usize, ldx: i32, cos: usize, sin: usize): void {
  const half = head << 1
  for (let row = 0; row < rows; row++) {
    for (let h = 0; h < heads; h++) {
      const at = x + ((row * ldx + h * head) << 2)
      for (let i = 0; i < half; i += 16) {
        const a = v128.load(at + i)
        const b = v128.load(at + half + i)
        const c = v128.load(cos + i)
        const s = v128.load(sin + i)
        v128.store(at + i, madd(b, s, f32x4.mul(a, c)))
        v128.store(at + half + i, f32x4.sub(f32x4.mul(b, c), f32x4.mul(a, s)))
      }
    }
    cos += half
    sin += half
  }
}

/** Of rows looked up in a table: table[index[i]] += rows[i], in the order of the rows. `index`: 32-bit integers. */
export function scatterAdd(rows: i32, width: i32, index: usize, x: usize, table: usize): void {
  const bytes = width << 2
  for (let row = 0; row < rows; row++, index += 4, x += bytes) {
    const to = table + load<i32>(index) * bytes
    for (let at = 0; at < bytes; at += 16) {
      v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(x + at)))
    }
  }
}

/**
 * Rows of logits become the probabilities of the tokens that may come. `form[row]` is the row of `forms` [.., stride] that says which:
 * 1 or 0. Writes the log-probability of each row's target, and whether none is likelier (1 or 0).
 */
export function probabilities(
  rows: i32,
  stride: i32,
  logits: usize,
  forms: usize,
  form: usize,
  target: usize,
  logprob: usize,
  best: usize,
): void {
  const bytes = stride << 2
  const least = f32x4.splat(-Infinity)
  for (let row = 0; row < rows; row++, logits += bytes, form += 4, target += 4, logprob += 4, best += 4) {
    const may = forms + load<i32>(form) * bytes
    let top = least
    for (let at = 0; at < bytes; at += 16) {
      const open = f32x4.gt(v128.load(may + at), f32x4.splat(0))
      top = f32x4.max(top, v128.bitselect(v128.load(logits + at), least, open))
    }
    const largest = largestOf(top)
    const own = load<f32>(logits + (load<i32>(target) << 2))
    let sum = f32x4.splat(0)
    for (let at = 0; at < bytes; at += 16) {
      const e = f32x4.mul(exp(f32x4.sub(v128.load(logits + at), f32x4.splat(largest))), v128.load(may + at))
      v128.store(logits + at, e)
      sum = f32x4.add(sum, e)
    }
    const total = sumOf(sum)
    const scale = f32x4.splat(1 / total)
    for (let at = 0; at < bytes; at += 16) v128.store(logits + at, f32x4.mul(v128.load(logits + at), scale))
    store<f32>(logprob, own - largest - Mathf.log(total))
    store<f32>(best, own >= largest ? 1 : 0)
  }
}

/** Of log p of the target, in rows of probabilities p: p becomes g (one-hot - p), the gradient of the logits; g [rows]. */
export function logprobBack(rows: i32, stride: i32, target: usize, g: usize, p: usize): void {
  const bytes = stride << 2
  for (let row = 0; row < rows; row++, p += bytes, target += 4, g += 4) {
    const scale = load<f32>(g)
    const scales = f32x4.splat(-scale)
    for (let at = 0; at < bytes; at += 16) v128.store(p + at, f32x4.mul(v128.load(p + at), scales))
    const own = p + (load<i32>(target) << 2)
    store<f32>(own, load<f32>(own) + scale)
  }
}

/**
 * Of one view's picture tokens `f · gate + Σ strength · name`, from their gradient `d` [patches, width]: df, dGate and the
 * gradient of the presence logits [patches, 4 · colours] are written, the names' [4 · patches, width] added to. `colour` is the
 * goal's, or negative; strength = `loud` · sigmoid + 1/4.
 */
export function picturesBack(
  patches: i32,
  width: i32,
  colour: i32,
  colours: i32,
  loud: f32,
  d: usize,
  f: usize,
  gate: usize,
  strength: usize,
  names: usize,
  df: usize,
  dGate: usize,
  dNames: usize,
  dLogits: usize,
): void {
  const bytes = width << 2
  memory.fill(dGate, 0, bytes)
  memory.fill(dLogits, 0, (patches * 4 * colours) << 2)
  for (let patch = 0; patch < patches; patch++) {
    for (let at = 0; at < bytes; at += 16) {
      const own = v128.load(d + at)
      v128.store(df + at, f32x4.mul(own, v128.load(gate + at)))
      v128.store(dGate + at, madd(own, v128.load(f + at), v128.load(dGate + at)))
    }
    for (let cell = 0; cell < 4; cell++) {
      const strong = load<f32>(strength)
      const scale = f32x4.splat(strong)
      let dot = f32x4.splat(0)
      for (let at = 0; at < bytes; at += 16) {
        const own = v128.load(d + at)
        dot = madd(own, v128.load(names + at), dot)
        v128.store(dNames + at, madd(own, scale, v128.load(dNames + at)))
      }
      const above = strong - f32(0.25)
      if (colour >= 0) store<f32>(dLogits + ((cell * colours + colour) << 2), sumOf(dot) * above * (1 - above / loud))
      strength += 4
      names += bytes
      dNames += bytes
    }
    d += bytes
    f += bytes
    df += bytes
    dLogits += (4 * colours) << 2
  }
}

/**
 * Of columns [batch · (n/2)², 16 · channels] unfolded from x [batch, n, n, channels] by a 4 x 4 kernel of stride 2 with a border of
 * zeros: dx becomes the sum of their gradients.
 */
export function foldColumns(batch: i32, n: i32, channels: i32, columns: usize, dx: usize): void {
  const m = n >> 1
  const pixel = channels << 2
  memory.fill(dx, 0, batch * n * n * pixel)
  for (let b = 0; b < batch; b++, dx += n * n * pixel) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < m; j++) {
        for (let ky = 0; ky < 4; ky++, columns += 4 * pixel) {
          const row = 2 * i + ky - 1
          if (row < 0 || row >= n) continue
          const first = j === 0 ? 1 : 0
          const end = j === m - 1 ? 3 : 4
          add((end - first) * channels, columns + first * pixel, dx + (row * n + 2 * j - 1 + first) * pixel)
        }
      }
    }
  }
}

/** y = x² */
export function square(count: i32, x: usize, y: usize): void {
  const end = y + (count << 2)
  for (; y < end; y += 16, x += 16) v128.store(y, f32x4.mul(v128.load(x), v128.load(x)))
}

/**
 * A 4 x 4 kernel [ky, kx, channels, outputs] is stored as a product with 2 x 2 blocks whose four outputs are shifted: [row and column
 * in a block, channels][row and column of the block, outputs]. This takes it from there.
 */
export function takeKernel(channels: i32, outputs: i32, from: usize, to: usize): void {
  const bytes = outputs << 2
  for (let tap = 0; tap < 16; tap++) {
    for (let c = 0; c < channels; c++, to += bytes) memory.copy(to, from + blockOf(tap, c, channels) * bytes, bytes)
  }
}

/** The gradient of the stored form: to += from. */
export function addKernel(channels: i32, outputs: i32, from: usize, to: usize): void {
  const bytes = outputs << 2
  for (let tap = 0; tap < 16; tap++) {
    for (let c = 0; c < channels; c++, from += bytes) add(outputs, from, to + blockOf(tap, c, channels) * bytes)
  }
}

/** Where the outputs of one weight begin in the stored form, counted in `outputs`. */
function blockOf(tap: i32, channel: i32, channels: i32): i32 {
  const ky = tap >> 2
  const kx = tap & 3
  return (((ky & 1) * 2 + (kx & 1)) * channels + channel) * 4 + (ky >> 1) * 2 + (kx >> 1)
}
