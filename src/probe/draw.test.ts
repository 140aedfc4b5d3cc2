import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { random } from '../shared/random.ts'
import { drawScene } from './draw.ts'
import { makeScene } from './scene.ts'

describe('drawScene', () => {
  // Policies are trained on these very pixels: a change here asks for training them anew.
  it.each([
    ['easy', '3df10d3765584068af5e3b984cc2f0c6223e950ad842b3e9e15fe72924b16c84'],
    ['medium', '3424c8a3ee4a6ac4ab4b7e63ba95fc5cd009f08ef78e19c7d91f0e63dff30e76'],
    ['hard', '7a05f27bfe1fc550f975781627ec1b84653b9803408277d6926e2d3211612206'],
  ] as const)('draws %s scenes to the recorded bytes', (level, expected) => {
    const hash = createHash('sha256')
    for (let seed = 0; seed < 100; seed++) {
      const rng = random('drawn', level, seed)
      const scene = makeScene(seed, level)
      const side = 2 ** -rng.int(6)
      const { x, y } = rng.pick(scene.objects)
      const x0 = Math.min(1 - side, Math.max(0, x - side * rng.next()))
      const y0 = Math.min(1 - side, Math.max(0, y - side * rng.next()))
      const size = seed % 4 === 0 ? { width: 40 + rng.int(200), height: 40 + rng.int(200) } : { width: 64, height: 64 }
      hash.update(drawScene(scene, [x0, y0, x0 + side, y0 + side], size).data)
    }
    expect(hash.digest('hex')).toBe(expected)
  })
})
