/**
 * The WebAssembly kernels of the network (`assembly/`) and the memory that they work in, which holds nothing else. Runs in
 * Node and in browsers: whoever calls brings the bytes of both builds.
 */

/** Both builds of `assembly/`: with fused multiply-add, and for engines that lack it. Their results differ in rounding. */
export interface KernelBytes {
  readonly relaxed: Uint8Array<ArrayBuffer>
  readonly plain: Uint8Array<ArrayBuffer>
}

/** A byte offset into the memory of the kernels; always a multiple of 16. */
export type Address = number

/** What `assembly/index.ts` exports; told there. Counts and leading dimensions are in floats. */
interface KernelExports {
  readonly memory: WebAssembly.Memory
  heapBase(): Address
  pack(b: Address, ldb: number, k: number, n: number, panels: Address): void
  packTransposed(b: Address, ldb: number, k: number, n: number, panels: Address): void
  gemm(
    a: Address,
    lda: number,
    panels: Address,
    c: Address,
    ldc: number,
    m: number,
    n: number,
    k: number,
    adds: boolean,
  ): void
  gemmTransposed(
    a: Address,
    lda: number,
    b: Address,
    ldb: number,
    c: Address,
    ldc: number,
    m: number,
    n: number,
    k: number,
    scratch: Address,
  ): void
  squareSum(count: number, x: Address): number
  adam(
    count: number,
    gradient: Address,
    first: Address,
    second: Address,
    values: Address,
    scale: number,
    beta1: number,
    beta2: number,
    correction: number,
    rate: number,
    epsilon: number,
    keep: number,
  ): void
  add(count: number, from: Address, to: Address): void
  addColumns(rows: number, width: number, x: Address, sums: Address): void
  addKernel(channels: number, outputs: number, from: Address, to: Address): void
  takeKernel(channels: number, outputs: number, from: Address, to: Address): void
  attentionBack(
    queries: number,
    keys: number,
    heads: number,
    head: number,
    p: Address,
    q: Address,
    dq: Address,
    k: Address,
    v: Address,
    dk: Address,
    dv: Address,
    stride: number,
    dOut: Address,
    scratch: Address,
  ): void
  foldColumns(batch: number, n: number, channels: number, columns: Address, dx: Address): void
  logprobBack(rows: number, stride: number, target: Address, slope: Address, p: Address): void
  normaliseBack(rows: number, width: number, n: Address, scale: Address, dn: Address, dx: Address): void
  picturesBack(
    patches: number,
    width: number,
    colour: number,
    colours: number,
    loud: number,
    d: Address,
    f: Address,
    gate: Address,
    strength: Address,
    names: Address,
    df: Address,
    dGate: Address,
    dNames: Address,
    dLogits: Address,
  ): void
  probabilities(
    rows: number,
    stride: number,
    logits: Address,
    forms: Address,
    form: Address,
    target: Address,
    logprob: Address,
    best: Address,
  ): void
  rectifyBack(count: number, y: Address, dy: Address): void
  rotateBack(rows: number, heads: number, head: number, x: Address, stride: number, cos: Address, sin: Address): void
  scatterAdd(rows: number, width: number, index: Address, x: Address, table: Address): void
  square(count: number, x: Address, y: Address): void
  squareBack(count: number, u: Address, da: Address): void
  gatherRows(table: Address, indices: Address, count: number, width: number, out: Address): void
  normalise(x: Address, rows: number, width: number, out: Address, inverse: Address): void
  addBias(x: Address, rows: number, width: number, bias: Address, rectifies: boolean): void
  squareRectify(x: Address, count: number, out: Address): void
  rotate(
    x: Address,
    ld: number,
    rows: number,
    heads: number,
    head: number,
    positions: Address,
    cos: Address,
    sin: Address,
  ): void
  pictureRows(
    features: Address,
    gate: Address,
    strengths: Address,
    names: Address,
    patches: number,
    cells: number,
    width: number,
    out: Address,
  ): void
  likelihoods(x: Address, count: number, temperature: number, out: Address): number
  keepKeys(
    kv: Address,
    ld: number,
    rows: number,
    first: number,
    heads: number,
    head: number,
    capacity: number,
    keys: Address,
    values: Address,
  ): void
  attend(
    q: Address,
    ldq: number,
    rows: number,
    first: number,
    prefix: number,
    heads: number,
    head: number,
    capacity: number,
    keys: Address,
    values: Address,
    probabilities: Address,
    out: Address,
    ldo: number,
  ): void
  padView(view: Address, side: number, out: Address): void
  cutPatches(padded: Address, side: number, size: number, stride: number, out: Address): void
  cutBlocks(x: Address, n: number, channels: number, out: Address): void
}

export interface Kernels {
  readonly call: KernelExports
  /** Memory for so many 32-bit numbers, which are whatever was there before. */
  take(count: number): Address
  /** How much is taken; `release` gives back all that was taken since. */
  mark(): Address
  release(mark: Address): void
  /** The numbers there, until the next `take`. */
  floats(at: Address, count: number): Float32Array
  whole(at: Address, count: number): Int32Array
  bytes(at: Address, count: number): Uint8Array
}

const pageBytes = 65_536

const isKernels = (exports: object): exports is KernelExports => 'memory' in exports && 'gemm' in exports

export async function createKernels({ relaxed, plain }: KernelBytes): Promise<Kernels> {
  const { instance } = await WebAssembly.instantiate(WebAssembly.validate(relaxed) ? relaxed : plain, {})
  const { exports } = instance
  if (!isKernels(exports)) throw new TypeError('not the kernels of the network')
  const { memory } = exports
  let used = Math.ceil(exports.heapBase() / 64) * 64
  return {
    call: exports,
    take(count) {
      const at = used
      used += Math.ceil(count / 16) * 64
      const missing = used - memory.buffer.byteLength
      // Growing copies: by a quarter at least, so that it is rare.
      if (missing > 0) memory.grow(Math.ceil(Math.max(missing, memory.buffer.byteLength / 4) / pageBytes))
      return at
    },
    mark: () => used,
    release(mark) {
      used = mark
    },
    floats: (at, count) => new Float32Array(memory.buffer, at, count),
    whole: (at, count) => new Int32Array(memory.buffer, at, count),
    bytes: (at, count) => new Uint8Array(memory.buffer, at, count),
  }
}

/** Floats that a packed right operand of `k` rows and `n` columns takes. */
export function panelFloats(k: number, n: number): number {
  return k * Math.ceil(n / 8) * 8
}

/** Floats that `gemmTransposed` needs beside a product of `m` rows and `n` columns. */
export function transposedScratch(m: number, n: number): number {
  return 256 * (m + Math.ceil(n / 8) * 8)
}
