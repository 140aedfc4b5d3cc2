import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { random } from '../shared/random.ts'
import { drawScene } from './draw.ts'
import { makeScene } from './scene.ts'

describe('drawScene', () => {
  // Policies are trained on these very pixels: a change here asks for training them anew.
  it.each([
    ['easy', '9fe554d8a6775ee556fee3d5379f27641f9627bf8a491442c71bcf9de6e90529'],
    ['medium', '954c5afbd09b116db48ce6171d5f86b5c58cb1f7f0099c716ed1a11b0b978974'],
    ['hard', '2faa7e316d2e25293219c06ac35d1f9f3da12ebf7f8fa90411c08901cfa9a768'],
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
