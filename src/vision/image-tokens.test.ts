import { describe, expect, it } from 'vitest'
import { profiles } from '../protocol/profile.ts'
import { fitSize } from './fit.ts'
import { imageTokens, tokenGrids } from './image-tokens.ts'
import type { TokenGrid } from './image-tokens.ts'

const qwen25 = tokenGrids['qwen2.5-vl']
const qwen3 = tokenGrids['qwen3-vl']
const miniO3 = { minPixels: 40_000, maxPixels: 2_000_000 }

function count(grid: TokenGrid, width: number, height: number) {
  const { size, tokens } = imageTokens({ width, height }, grid)
  return [size.width, size.height, tokens]
}

describe('imageTokens', () => {
  // Reference: tinker-protocol 2.2.
  it.each([
    [224, 224, [224, 224, 64]],
    [150, 224, [140, 224, 40]],
    [400, 300, [392, 308, 154]],
    [1024, 768, [1036, 756, 999]],
    [1920, 1080, [1932, 1092, 2691]],
    [3840, 2160, [3836, 2156, 10_549]],
  ])('Qwen2.5-VL, its own bounds: %dx%d', (width, height, expected) => {
    expect(count(qwen25, width, height)).toEqual(expected)
  })

  it.each([
    [224, 224, [224, 224, 64]],
    [150, 224, [168, 252, 54]],
    [400, 300, [392, 308, 154]],
    [1024, 768, [1036, 756, 999]],
    [1920, 1080, [1876, 1036, 2479]],
    [3840, 2160, [1876, 1036, 2479]],
  ])('Qwen2.5-VL, 40,000 to 2 million pixels: %dx%d', (width, height, expected) => {
    expect(count({ ...qwen25, ...miniO3 }, width, height)).toEqual(expected)
  })

  it.each([
    [224, 224, [256, 256, 64]],
    [150, 224, [224, 320, 70]],
    [224, 150, [320, 224, 70]],
    [400, 300, [384, 288, 108]],
    [1024, 768, [1024, 768, 768]],
    [1920, 1080, [1920, 1088, 2040]],
    [3840, 2160, [3840, 2176, 8160]],
  ])('Qwen3-VL, its own bounds: %dx%d', (width, height, expected) => {
    expect(count(qwen3, width, height)).toEqual(expected)
  })

  it.each([
    [224, 224, [224, 224, 49]],
    [150, 224, [192, 256, 48]],
    [400, 300, [384, 288, 108]],
    [1024, 768, [1024, 768, 768]],
    [1920, 1080, [1856, 1056, 1914]],
    [3840, 2160, [1856, 1056, 1914]],
  ])('Qwen3-VL, 40,000 to 2 million pixels: %dx%d', (width, height, expected) => {
    expect(count({ ...qwen3, ...miniO3 }, width, height)).toEqual(expected)
  })

  // Reference 5.3: region -> view -> what the server makes of the view.
  it.each([
    [4000, 3000, [1624, 1232, 2552]],
    [2250, 1500, [1736, 1148, 2542]],
    [7680, 4320, [1876, 1064, 2546]],
    [1000, 700, [1008, 700, 900]],
    [120, 80, [252, 168, 54]],
    [1, 1, [196, 196, 49]],
    [3000, 20, [4200, 28, 150]],
    [14, 2786, [28, 5656, 202]],
  ])('counts the view of a region of %dx%d', (width, height, expected) => {
    const fitted = fitSize({ width, height }, profiles.official.observationView)
    expect(count(qwen25, fitted.width, fitted.height)).toEqual(expected)
  })

  it('rounds halves to even, as Python does', () => {
    expect(count(qwen25, 350, 350)).toEqual([336, 336, 144]) // 12.5 cells
    expect(count(qwen25, 378, 378)).toEqual([392, 392, 196]) // 13.5 cells
  })

  it('refuses what the processor refuses', () => {
    expect(() => imageTokens({ width: 6001, height: 30 }, qwen25)).toThrow(/Cut it first/)
    expect(count(qwen25, 6000, 30)).toEqual([5992, 28, 214])
  })
})
