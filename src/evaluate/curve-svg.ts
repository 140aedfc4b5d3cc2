/**
 * A line chart of accuracy against turn limits as an SVG text that stands by itself: light ground, one colour a line,
 * a band for each interval, a legend below. The x axis is logarithmic, since turn limits double. Pure.
 */
import { html, markupOf } from '../page/html.ts'
import type { Html } from '../page/html.ts'
import { levels } from '../protocol/problem.ts'
import type { EvalSummary, Slice } from './summary.ts'

export interface Curve {
  readonly name: string
  /** From left to right. */
  readonly points: readonly CurvePoint[]
}

/** `y`, `low` and `high` are fractions in 0..1. */
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

/** Accuracy at every turn limit: a curve for each level of an evaluation, and one for all. */
export function limitCurves(summary: EvalSummary): Curve[] {
  const curves = levels.flatMap((level) => {
    const slice = summary.byLevel[level]
    return slice ? [limitCurve(level, slice)] : []
  })
  return [...curves, limitCurve('all', summary)]
}

/** The accuracy of one slice of an evaluation at every turn limit. */
function limitCurve(name: string, { byTurnLimit }: Slice): Curve {
  return { name, points: byTurnLimit.map(({ limit, avgAtK, low, high }) => ({ x: limit, y: avgAtK, low, high })) }
}

const width = 720
const plot = { left: 80, right: 700, top: 48, bottom: 360 } as const
const legendRow = 22

/** Okabe and Ito's colours, which stay apart for colour-blind readers; beyond seven lines they repeat, dashed. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000'] as const

export function curveSvg(curves: readonly Curve[], words: ChartWords): string {
  const xs = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted((a, b) => a - b)
  if (xs.length === 0 || xs[0]! <= 0) throw new RangeError('a chart needs points, and a logarithmic axis positive ones')
  const first = Math.log2(xs[0]!)
  const span = Math.log2(xs.at(-1)!) - first || 1
  const across = (x: number): string => tenths(plot.left + ((Math.log2(x) - first) / span) * (plot.right - plot.left))
  const down = (y: number): string => tenths(plot.bottom - y * (plot.bottom - plot.top))

  const legendTop = plot.bottom + 64
  const height = legendTop + Math.ceil(curves.length / 2) * legendRow + 8
  const middle = (plot.left + plot.right) / 2
  const heights = [0, 0.2, 0.4, 0.6, 0.8, 1]
  const grid = heights.map((y) => html`<path d="M${plot.left} ${down(y)}H${plot.right}"/>`)
  const yTicks = heights.map(
    (y) => html`<text x="${plot.left - 8}" y="${down(y - 0.016)}">${Math.round(y * 100)} %</text>`,
  )
  const xTicks = xs.map((x) => html`<text x="${across(x)}" y="${plot.bottom + 22}">${x}</text>`)
  const lines = curves.map(({ points }, index) => {
    const line = points.map(({ x, y }) => `${across(x)} ${down(y)}`)
    const upper = points.map(({ x, high }) => `${across(x)} ${down(high)}`)
    const lower = points.map(({ x, low }) => `${across(x)} ${down(low)}`).toReversed()
    return html`<g ${paintOf(index)}>
<path d="M${[...upper, ...lower].join('L')}Z" stroke="none" fill-opacity="0.14"/>
<path d="M${line.join('L')}" fill="none"/>
${points.map(({ x, y }) => html`<circle cx="${across(x)}" cy="${down(y)}" r="3" stroke-dasharray="none"/>`)}
</g>
`
  })
  const legend = curves.map(({ name }, index) => {
    const left = index % 2 === 0 ? plot.left : middle
    const y = legendTop + Math.floor(index / 2) * legendRow
    return html`<g ${paintOf(index)}><path d="M${left} ${y}h26"/></g><text x="${left + 34}" y="${y + 5}">${name}</text>
`
  })
  return markupOf(html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"
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
`)
}

/** The attributes that give a curve its colour and dashes. */
function paintOf(index: number): Html {
  const colour = colours[index % colours.length]!
  const dash = index >= colours.length ? '7 4' : 'none'
  return html`fill="${colour}" stroke="${colour}" stroke-width="2.2" stroke-linejoin="round" stroke-dasharray="${dash}"`
}

/** Tenths of a pixel, so that files stay small and the same on every machine. */
function tenths(value: number): string {
  return String(Math.round(value * 10) / 10)
}
