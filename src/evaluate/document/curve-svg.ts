/**
 * A line chart as a self-contained SVG: light background, one colour per line, a band for each interval, a legend below. Designed for
 * accuracy by turn limit on a logarithmic axis; linear axes are supported too. Pure.
 */
import { html, markupOf } from '../../page/html.ts'
import type { Html } from '../../page/html.ts'
import { levels } from '../../protocol/problem.ts'
import type { EvalSummary, Slice } from '../figures/summary.ts'
import { itemAt, lastOf } from '../../shared/known.ts'
import { mean } from '../../shared/numbers.ts'

export interface Curve {
  readonly name: string
  /** From left to right. */
  readonly points: readonly CurvePoint[]
}

/** `low` and `high`: the band around `y`. */
export interface CurvePoint {
  readonly x: number
  readonly y: number
  readonly low: number
  readonly high: number
}

export interface ChartWords {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
}

export interface Axes {
  /** `doubling`: logarithmic with a tick at every point, or at doublings and halfway between for many points. `even`: linear with ticks at round numbers. */
  readonly x: 'doubling' | 'even'
  /** `share`: fractions in 0..1, shown as percentages. `count`: from 0 to a round number above the maximum. */
  readonly y: 'share' | 'count'
}

/** Accuracy at every turn limit: one curve per level if there are several, and one for all. */
export function limitCurves(summary: EvalSummary): Curve[] {
  const curves = levels.flatMap((level) => {
    const slice = summary.byLevel[level]
    return slice ? [limitCurve(level, slice)] : []
  })
  return [...(curves.length > 1 ? curves : []), limitCurve('all', summary)]
}

/** The accuracy of one slice of an evaluation at every turn limit. */
export function limitCurve(name: string, { everyTurnLimit }: Slice): Curve {
  return { name, points: everyTurnLimit.map(({ limit, avgAtK, low, high }) => ({ x: limit, y: avgAtK, low, high })) }
}

/**
 * Smooths a noisy curve: each point is the mean over the preceding sixteenth of the curve, with a band from its lowest to its highest
 * value. Returns at most `most` points, evenly spread, including the last one.
 */
export function smoothed(values: readonly { readonly x: number; readonly y: number }[], most = Infinity): CurvePoint[] {
  const window = Math.max(1, Math.round(values.length / 16))
  return evenly([...values.keys()], most).map((index) => {
    const last = values.slice(Math.max(0, index + 1 - window), index + 1).map(({ y }) => y)
    return { x: itemAt(values, index).x, y: mean(last), low: Math.min(...last), high: Math.max(...last) }
  })
}

/** At most `most` values, evenly spread, including the last one. */
export function evenly<T>(values: readonly T[], most: number): T[] {
  const stride = Math.max(1, Math.ceil(values.length / most))
  return values.filter((_, index) => (values.length - 1 - index) % stride === 0)
}

/** `narrow`: for the width of a phone, where a wide one would be shown at half its size. */
export type ChartSize = 'wide' | 'narrow'
export const chartWidths: Readonly<Record<ChartSize, number>> = { wide: 720, narrow: 380 }

const plots = {
  wide: { left: 80, right: 684, top: 48, bottom: 360 },
  narrow: { left: 70, right: 366, top: 48, bottom: 280 },
} as const
const legendRow = 22

/** Okabe and Ito's colours, which colour-blind readers can distinguish; after seven lines they repeat, dashed. */
export const lineColours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000'] as const

/** With more points than this, dots would hide the line. */
const mostDots = 12

/** `axes`: default for accuracy by turn limit. */
export function curveSvg(
  curves: readonly Curve[],
  words: ChartWords,
  axes: Axes = { x: 'doubling', y: 'share' },
  size: ChartSize = 'wide',
): string {
  const width = chartWidths[size]
  const plot = plots[size]
  const all = curves.flatMap(({ points }) => points)
  const xs = [...new Set(all.map(({ x }) => x))].toSorted((a, b) => a - b)
  if (xs.length === 0) throw new RangeError('a chart needs points')
  if (axes.x === 'doubling' && itemAt(xs, 0) <= 0) throw new RangeError('a logarithmic axis needs positive points')
  const place = (x: number): number => (axes.x === 'doubling' ? Math.log2(x) : x)
  const first = place(itemAt(xs, 0))
  const span = place(lastOf(xs)) - first || 1
  const heights = roundTicks(0, axes.y === 'share' ? 1 : Math.max(1, ...all.map(({ high }) => high)))
  const top = lastOf(heights)
  const across = (x: number): string => tenths(plot.left + ((place(x) - first) / span) * (plot.right - plot.left))
  const downPx = (y: number): number => plot.bottom - (y / top) * (plot.bottom - plot.top)
  const down = (y: number): string => tenths(downPx(y))

  const legendTop = plot.bottom + 64
  const columns = size === 'wide' ? 2 : 1
  const height = legendTop + Math.ceil(curves.length / columns) * legendRow + 8
  const middle = (plot.left + plot.right) / 2
  const grid = heights.map((y) => html`<path d="M${plot.left} ${down(y)}H${plot.right}"/>`)
  const yTicks = heights.map(
    (y) =>
      html`<text x="${plot.left - 8}" y="${tenths(downPx(y) + 5)}">${axes.y === 'share' ? `${Math.round(y * 100)} %` : y}</text>`,
  )
  const ticks =
    axes.x === 'doubling'
      ? doublings(xs)
      : roundTicks(itemAt(xs, 0), lastOf(xs), 1).filter((x) => x >= itemAt(xs, 0) && x <= lastOf(xs))
  const labels = ticks.map((x) => ({
    at: Number(across(x)),
    text: x.toLocaleString('en', { useGrouping: 'min2' }),
  }))
  const xTicks = withRoom(labels).map(({ at, text }) => html`<text x="${at}" y="${plot.bottom + 22}">${text}</text>`)
  const lines = curves.map(({ points }, index) => {
    const line = points.map(({ x, y }) => `${across(x)} ${down(y)}`)
    const upper = points.map(({ x, high }) => `${across(x)} ${down(high)}`)
    const lower = points.map(({ x, low }) => `${across(x)} ${down(low)}`).toReversed()
    const dots = points.length > mostDots ? [] : points
    return html`<g ${paintOf(index)}>
<path d="M${[...upper, ...lower].join('L')}Z" stroke="none" fill-opacity="0.14"/>
<path d="M${line.join('L')}" fill="none"/>
${dots.map(({ x, y }) => html`<circle cx="${across(x)}" cy="${down(y)}" r="3" stroke-dasharray="none"/>`)}
</g>
`
  })
  const legend = curves.map(({ name }, index) => {
    const left = index % columns === 0 ? plot.left : middle
    const y = legendTop + Math.floor(index / columns) * legendRow
    return html`<g ${paintOf(index)}><path d="M${left} ${y}h26"/></g><text x="${left + 34}" y="${y + 5}">${name}</text>
`
  })
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}"
  width="${width}" height="${height}" fill="#222" font-size="14"
  font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif">
<title>${words.title}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${plot.left}" y="28" font-size="17" font-weight="600">${words.title}</text>
<g stroke="#ddd">${grid}</g>
<g text-anchor="end">${yTicks}</g>
<g text-anchor="middle">${xTicks}
<text x="${middle}" y="${plot.bottom + 46}">${words.xLabel}</text>
<text transform="translate(18 ${(plot.top + plot.bottom) / 2}) rotate(-90)">${words.yLabel}</text>
</g>
${lines}${legend}</svg>
`
  return markupOf(svg)
}

/** Room for a digit of the widest of the fonts, and between two labels. */
const digitPx = 9
const gapPx = 3

interface Label {
  readonly at: number
  readonly text: string
}

/** The labels that do not overlap: the last one, and from the left each that has room before it. */
function withRoom(labels: readonly Label[]): Label[] {
  const last = lastOf(labels)
  const fit = (left: Label, right: Label): boolean =>
    right.at - left.at >= ((left.text.length + right.text.length) / 2) * digitPx + gapPx
  const kept: Label[] = []
  for (const label of labels) {
    const before = kept.at(-1)
    if (label === last || ((before === undefined || fit(before, label)) && fit(label, last))) kept.push(label)
  }
  return kept
}

/** Ticks for many points: 2, 4, 8 and so on, one and a half times these, and the last point. */
function doublings(xs: readonly number[]): readonly number[] {
  if (xs.length <= mostDots) return xs
  const last = lastOf(xs)
  const isRound = (x: number): boolean => Number.isInteger(Math.log2(x)) || Number.isInteger(Math.log2(x / 1.5))
  return xs.filter((x) => x === last || (isRound(x) && x * 1.2 < last))
}

/**
 * At most seven round numbers, from at or below `low` to at or above `high`, with a constant step of at least `leastStep`.
 */
function roundTicks(low: number, high: number, leastStep = 0): number[] {
  const least = Math.max((high - low) / 6, leastStep)
  const power = 10 ** Math.floor(Math.log10(least))
  const step = [1, 2, 5].map((factor) => factor * power).find((size) => size >= least * 0.999) ?? 10 * power
  const from = Math.floor(low / step)
  return Array.from({ length: Math.ceil(high / step - 1e-9) - from + 1 }, (_, i) =>
    Number(((from + i) * step).toPrecision(12)),
  )
}

/** Stroke attributes of a curve. */
function paintOf(index: number): Html {
  const colour = itemAt(lineColours, index % lineColours.length)
  const dash = index >= lineColours.length ? '7 4' : 'none'
  return html`fill="${colour}" stroke="${colour}" stroke-width="2.2" stroke-linejoin="round" stroke-dasharray="${dash}"`
}

/** Rounds to tenths of a pixel, so that files are small and identical on every machine. */
export function tenths(value: number): string {
  return String(Math.round(value * 10) / 10)
}
