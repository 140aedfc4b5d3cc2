import { expect, test } from 'vitest'
import type { ParameterSpec } from '../../model/parameters.ts'
import { defaultAdam } from '../engine.ts'
import { createAdam } from './adam.ts'

const specs: ParameterSpec[] = [
  { name: 'matrix', shape: [2, 4], offset: 0, size: 8, scale: 1 },
  { name: 'vector', shape: [4], offset: 8, size: 4, scale: 1 },
  { name: 'untouched', shape: [2, 2], offset: 12, size: 4, scale: 1 },
  { name: 'odd', shape: [3], offset: 16, size: 3, scale: 1 },
]
const size = 19
const settings = { ...defaultAdam, learningRate: 0.1, weightDecay: 0.5, clipNorm: 2 }

/** Two replicas' gradients of a step; none for `untouched`. */
const gradientsOf = (step: number): Float32Array[] =>
  [1, 2].map((replica) =>
    Float32Array.from({ length: size }, (_, i) => (i >= 12 && i < 16 ? 0 : Math.sin(i * replica + step))),
  )

test('steps as AdamW does, with bias correction, decay of matrices and a largest norm', async () => {
  const adam = await createAdam(specs)
  const values = Float32Array.from({ length: size }, (_, i) => Math.cos(i))
  const wanted = [...values]
  const [first, second] = [wanted.map(() => 0), wanted.map(() => 0)]
  for (let step = 1; step <= 3; step++) {
    const gradients = gradientsOf(step)
    const sum = wanted.map((_, i) => gradients[0]![i]! + gradients[1]![i]!)
    const norm = Math.hypot(...sum)
    expect(norm).toBeGreaterThan(settings.clipNorm)
    for (const [i, g] of sum.entries()) {
      if (g === 0) continue
      const { beta1, beta2, learningRate, weightDecay, epsilon, clipNorm } = settings
      const clipped = (g * clipNorm) / norm
      first[i] = beta1 * first[i]! + (1 - beta1) * clipped
      second[i] = beta2 * second[i]! + (1 - beta2) * clipped ** 2
      const along = first[i]! / (1 - beta1 ** step) / (Math.sqrt(second[i]! / (1 - beta2 ** step)) + epsilon)
      wanted[i] = wanted[i]! * (i < 8 ? 1 - learningRate * weightDecay : 1) - learningRate * along
    }
    expect(adam.step(values, gradients, settings)).toBeCloseTo(norm, 5)
    for (const [i, value] of wanted.entries()) expect(values[i]).toBeCloseTo(value, 5)
    expect(gradients.every((part) => part.every((g) => g === 0))).toBe(true)
  }
})

test('goes on from a state as if nothing had been between, and refuses a gradient that is not finite', async () => {
  const [undisturbed, resumed] = [await createAdam(specs), await createAdam(specs)]
  const one = Float32Array.from({ length: size }, (_, i) => i)
  for (let step = 1; step <= 2; step++) undisturbed.step(one, gradientsOf(step), settings)
  const other = one.slice()
  resumed.step(one.slice(), gradientsOf(9), settings)
  resumed.restore(undisturbed.state())
  const broken = gradientsOf(1)
  broken[0]![3] = Infinity
  expect(() => resumed.step(other, broken, settings)).toThrow(
    expect.objectContaining({
      code: 'gradient-not-finite',
      message: expect.stringContaining('lower the learning rate'),
    }),
  )
  undisturbed.step(one, gradientsOf(3), settings)
  resumed.step(other, gradientsOf(3), settings)
  expect(other).toEqual(one)
  resumed.restore()
  expect(resumed.state()).toEqual({ first: new Float32Array(size), second: new Float32Array(size), step: 0 })
})
