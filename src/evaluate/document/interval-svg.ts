/** A chart of shares with their intervals, one row each, as a self-contained SVG in the style of `curve-svg.ts`. Pure. */
import { html, markupOf } from '../../page/html.ts'
import { percent } from '../../shared/numbers.ts'
import type { Estimate } from '../figures/bootstrap.ts'

export interface IntervalRow {
  readonly name: string
  readonly estimate: Estimate
  /** Drawn in another colour: what the other rows are compared with. */
  readonly isReference?: boolean
}

const width = 720
const plot = { left: 210, right: 640, top: 56 } as const
const rowHeight = 34
const barHeight = 18
const [blue, orange] = ['#0072b2', '#d55e00'] as const

/** Shares from 0 to 1 as bars, with whiskers for their intervals. */
export function intervalSvg(rows: readonly IntervalRow[], title: string, xLabel: string): string {
  if (rows.length === 0) throw new RangeError('a chart needs rows')
  const bottom = plot.top + rows.length * rowHeight
  const height = bottom + 56
  const across = (share: number): number => Math.round((plot.left + share * (plot.right - plot.left)) * 10) / 10
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
  const grid = ticks.map((tick) => html`<path d="M${across(tick)} ${plot.top}V${bottom}"/>`)
  const labels = ticks.map(
    (tick) => html`<text x="${across(tick)}" y="${bottom + 20}">${Math.round(tick * 100)} %</text>`,
  )
  const bars = rows.map(({ name, estimate: { mean, low, high }, isReference = false }, index) => {
    const middle = plot.top + index * rowHeight + rowHeight / 2
    const colour = isReference ? orange : blue
    const [from, to] = [across(low), across(high)]
    return html`<text x="${plot.left - 10}" y="${middle + 5}" text-anchor="end">${name}</text>
<path d="M${plot.left} ${middle - barHeight / 2}H${across(mean)}v${barHeight}H${plot.left}z" fill="${colour}" fill-opacity="0.75"/>
<path d="M${from} ${middle}H${to}M${from} ${middle - 5}v10M${to} ${middle - 5}v10" stroke="#222" stroke-width="1.6"/>
<text x="${to + 8}" y="${middle + 5}">${percent(mean)}</text>
`
  })
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}"
  width="${width}" height="${height}" fill="#222" font-size="14"
  font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif">
<title>${title}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="20" y="28" font-size="17" font-weight="600">${title}</text>
<g stroke="#ddd">${grid}</g>
<g text-anchor="middle">${labels}
<text x="${(plot.left + plot.right) / 2}" y="${bottom + 44}">${xLabel}</text></g>
${bars}</svg>
`
  return markupOf(svg)
}
