/** The chart is well-formed SVG that draws, puts points where they belong, and shows any text as text. */
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { curveSvg, smoothed } from './curve-svg.ts'
import type { Curve } from './curve-svg.ts'

const words = { title: 'Accuracy', xLabel: 'turn limit', yLabel: 'right answers' }

function curve(name: string, ys: readonly number[]): Curve {
  return { name, points: ys.map((y, index) => ({ x: 2 ** index, y, low: y - 0.05, high: y + 0.05 })) }
}

test('doubling the limit moves as far right everywhere, and fractions run up from the bottom', () => {
  const svg = curveSvg([curve('a', [0, 0.5, 1])], words)
  const points = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)])
  const [[x0, y0], [x1, y1], [x2, y2]] = points as [[number, number], [number, number], [number, number]]
  expect(x1 - x0).toBeCloseTo(x2 - x1)
  expect(y0 - y1).toBeCloseTo(y1 - y2)
  expect([x0, y0, x2, y2]).toEqual([80, 360, 684, 48])
})

test('even axes: round ticks, whole steps, and nothing above the top', () => {
  const chart = (xs: readonly number[], ys: readonly number[]): string => {
    const points = xs.map((x, i) => ({ x, y: ys[i]!, low: ys[i]!, high: ys[i]! }))
    return curveSvg([{ name: 'a', points }], words, { x: 'even', y: 'count' })
  }
  const ticks = (svg: string): string[] => [...svg.matchAll(/>([\d.]+)<\/text>/g)].map(([, tick]) => tick!)
  const three = chart([1, 2, 3], [2.4, 1.1, 2.6])
  expect(ticks(three)).toEqual(['0', '0.5', '1', '1.5', '2', '2.5', '3', '1', '2', '3'])
  const [first, second, third] = [...three.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x))
  expect([first, second, third]).toEqual([80, 382, 684])
  const eighty = chart(
    Array.from({ length: 80 }, (_, i) => i + 1),
    Array.from({ length: 80 }, (_, i) => i / 10),
  )
  expect(ticks(eighty)).toEqual(['0', '2', '4', '6', '8', '20', '40', '60', '80'])
  expect(eighty).not.toContain('<circle')
  expect(ticks(chart([5], [0]))).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1', '5'])
})

test('draws: the curve and its band colour the pixels that they should', async () => {
  const svg = curveSvg([{ name: 'a', points: [0.5, 0.5].map((y, i) => ({ x: i + 1, y, low: 0.3, high: 0.7 })) }], words)
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const pixel = (x: number, y: number): number[] => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)]
  expect(pixel(200, 204)).toEqual([0x00, 0x72, 0xb2])
  const [red, , blue] = pixel(200, 230) as [number, number, number]
  expect(blue - red).toBeGreaterThan(10)
  expect(pixel(200, 330)).toEqual([255, 255, 255])
})

test('a name is text, whatever it holds; a single point is enough; no points are none', async () => {
  const svg = curveSvg([curve('</text><script>x</script>&\u0000\ud800', [0.5])], words)
  expect(svg).not.toContain('<script>')
  expect(svg).not.toContain('NaN')
  await expect(sharp(Buffer.from(svg)).metadata()).resolves.toMatchObject({ format: 'svg' })
  expect(() => curveSvg([], words)).toThrow(RangeError)
})

test('a noisy curve is smoothed over a sixteenth of its points, and keeps its last point however few are wanted', () => {
  const line = Array.from({ length: 32 }, (_, x) => ({ x, y: x % 2 }))
  expect(smoothed(line).slice(0, 2)).toEqual([
    { x: 0, y: 0, low: 0, high: 0 },
    { x: 1, y: 0.5, low: 0, high: 1 },
  ])
  expect(smoothed(line, 4).map(({ x, y }) => [x, y])).toEqual([
    [7, 0.5],
    [15, 0.5],
    [23, 0.5],
    [31, 0.5],
  ])
  expect(smoothed([])).toEqual([])
})

test('a narrow chart fits a phone: nothing is drawn beyond its edge, and each line has a legend row', () => {
  const svg = curveSvg([curve('a', [0, 0.5, 1]), curve('b', [0, 0.2, 0.4])], words, undefined, 'narrow')
  expect(svg).toContain('viewBox="0 0 380 ')
  const xs = [...svg.matchAll(/\bc?x="([\d.]+)"/g)].map(([, x]) => Number(x))
  expect(Math.max(...xs)).toBeLessThan(380)
  const legend = [...svg.matchAll(/<path d="M70 (\d+)h26"/g)].map(([, y]) => Number(y))
  expect(legend).toHaveLength(2)
  expect(legend[1]! - legend[0]!).toBeGreaterThan(14)
})

test.each([
  ['narrow', 'doubling', 12, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '12']],
  ['wide', 'doubling', 12, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']],
  ['narrow', 'even', 600_000, ['100,000', '300,000', '600,000']],
] as const)('labels of a %s, %s axis up to %i do not overlap', (size, x, last, expected) => {
  const xs = x === 'doubling' ? Array.from({ length: last }, (_, index) => index + 1) : [1, last]
  const points = xs.map((at) => ({ x: at, y: 0.5, low: 0.4, high: 0.6 }))
  const svg = curveSvg([{ name: 'a', points }], words, { x, y: 'share' }, size)
  const below = size === 'narrow' ? 302 : 382
  const labels = [...svg.matchAll(new RegExp(`<text x="([\\d.]+)" y="${below}">([^<]*)<`, 'g'))]
  expect(labels.map(([, , text]) => text)).toEqual(expected)
  for (const [index, [, at, text]] of labels.entries()) {
    const next = labels[index + 1]
    if (next) expect(Number(next[1]) - Number(at)).toBeGreaterThan(((text!.length + next[2]!.length) / 2) * 8)
  }
})
