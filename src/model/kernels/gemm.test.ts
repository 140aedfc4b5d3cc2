import { describe, expect, test } from 'vitest'
import { random } from '../../shared/random.ts'
import { createKernels, type Kernels, panelFloats, transposedScratch, type Address } from './kernels.ts'
import { readKernels } from './node-kernels.ts'

const bytes = readKernels()
const rng = random('gemm')

function matrix(kernels: Kernels, count: number, valueOf: () => number = () => rng.between(-1, 1)): Address {
  const at = kernels.take(count)
  kernels.floats(at, count).forEach((_, i, values) => (values[i] = valueOf()))
  return at
}

/** `Σ a(p) b(p)`, in doubles. */
const dot = (k: number, a: (p: number) => number, b: (p: number) => number): number =>
  Array.from({ length: k }, (_, p) => a(p) * b(p)).reduce((sum, value) => sum + value, 0)

describe.each([
  ['with fused multiply-add where the engine has it', bytes],
  ['without', { ...bytes, relaxed: new Uint8Array() }],
])('products %s', (_, build) => {
  test.each([
    [1, 1, 1],
    [6, 8, 8],
    [5, 8, 96],
    [7, 9, 13],
    [20, 24, 300],
    [64, 22, 5],
  ])('%i x %i over %i', async (m, n, k) => {
    const kernels = await createKernels(build)
    const { call } = kernels
    const [lda, ldb, ldc] = [k + 3, n + 2, n + 1]
    const a = matrix(kernels, m * lda)
    const b = matrix(kernels, k * ldb)
    const transposed = matrix(kernels, n * lda)
    const c = matrix(kernels, m * ldc, () => 7)
    const panels = kernels.take(panelFloats(k, n))
    const [A, B, T] = [kernels.floats(a, m * lda), kernels.floats(b, k * ldb), kernels.floats(transposed, n * lda)]
    const C = kernels.floats(c, m * ldc)
    const expectEach = (valueOf: (i: number, j: number) => number): void => {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) expect(C[i * ldc + j]).toBeCloseTo(valueOf(i, j), 4)
        // What lies beside the product stays as it is.
        expect(C[i * ldc + n]).toBe(7)
      }
    }
    const product = (i: number, j: number): number =>
      dot(
        k,
        (p) => A[i * lda + p]!,
        (p) => B[p * ldb + j]!,
      )
    call.pack(b, ldb, k, n, panels)
    call.gemm(a, lda, panels, c, ldc, m, n, k, false)
    expectEach(product)
    call.gemm(a, lda, panels, c, ldc, m, n, k, true)
    expectEach((i, j) => 2 * product(i, j))

    call.packTransposed(transposed, lda, k, n, panels)
    call.gemm(a, lda, panels, c, ldc, m, n, k, false)
    expectEach((i, j) =>
      dot(
        k,
        (p) => A[i * lda + p]!,
        (p) => T[j * lda + p]!,
      ),
    )
  })

  test.each([
    [6, 8, 1],
    [7, 22, 300],
    [96, 24, 513],
  ])('%i columns by %i columns over %i rows', async (m, n, k) => {
    const kernels = await createKernels(build)
    const a = matrix(kernels, k * m)
    const b = matrix(kernels, k * n)
    const c = matrix(kernels, m * n, () => 1)
    const scratch = kernels.take(transposedScratch(m, n))
    kernels.call.gemmTransposed(a, m, b, n, c, n, m, n, k, scratch)
    const [A, B, C] = [kernels.floats(a, k * m), kernels.floats(b, k * n), kernels.floats(c, m * n)]
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const sum = dot(
          k,
          (p) => A[p * m + i]!,
          (p) => B[p * n + j]!,
        )
        expect(C[i * n + j]).toBeCloseTo(1 + sum, 3)
      }
    }
  })

  test('a row is the same whatever stands beside it', async () => {
    const kernels = await createKernels(build)
    const [m, n, k] = [40, 24, 96]
    const a = matrix(kernels, m * k)
    const b = matrix(kernels, k * n)
    const panels = kernels.take(panelFloats(k, n))
    const [all, alone] = [kernels.take(m * n), kernels.take(n)]
    kernels.call.pack(b, n, k, n, panels)
    kernels.call.gemm(a, k, panels, all, n, m, n, k, false)
    for (let i = 0; i < m; i++) {
      kernels.call.gemm(a + i * k * 4, k, panels, alone, n, 1, n, k, false)
      expect(kernels.floats(alone, n)).toEqual(kernels.floats(all + i * n * 4, n))
    }
  })
})
