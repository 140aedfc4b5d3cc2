/**
 * A chart of shares as a self-contained SVG in the style of `curve-svg.ts`: a bar for each row, stacked from its parts, with their counts. Parts
 * are told apart by pattern as well as by colour, and stand in the order of the legend. Pure.
 */
import { html, markupOf } from '../../page/html.ts'
import type { Html } from '../../page/html.ts'
import { itemAt } from '../../shared/known.ts'
import { counted, sum } from '../../shared/numbers.ts'
import { chartWidths, lineColours, tenths } from './curve-svg.ts'
import type { ChartSize } from './curve-svg.ts'

export interface SharesRow {
  readonly name: string
  /** One for each part. */
  readonly counts: readonly number[]
}

export interface SharesPart {
  readonly name: string
  /** Which pattern it has, so that it looks the same in every chart. */
  readonly pattern: number
}

const side = 20
const rowHeight = 58
const barHeight = 24
const legendRow = 24
/** Width of a digit, roughly. */
const digit = 9

/** What is drawn in white on the colour, in a tile of 8 by 8. */
const strokes = [
  '',
  'M-2 10L10 -2M-2 2L2 -2M6 10L10 6',
  'M2 2h2v2h-2z',
  'M0 4H8',
  'M4 0V8',
  'M0 0L8 8M0 8L8 0',
  'M4 0V8M0 4H8',
  'M-2 -2L10 10M6 -2L10 2M-2 6L2 10',
  'M2 2h2v2h-2zM6 6h2v2h-2z',
] as const

export function sharesSvg(
  rows: readonly SharesRow[],
  parts: readonly SharesPart[],
  title: string,
  size: ChartSize = 'wide',
): string {
  if (rows.length === 0) throw new RangeError('a chart needs rows')
  const width = chartWidths[size]
  const across = width - 2 * side
  const top = 52
  const legendTop = top + rows.length * rowHeight + 12
  const columns = size === 'wide' ? 3 : 1
  const height = legendTop + Math.ceil(parts.length / columns) * legendRow + 8
  const patterns = parts.map(({ pattern }) => {
    const colour = itemAt(lineColours, pattern % lineColours.length)
    const stroke = itemAt(strokes, pattern % strokes.length)
    return html`<pattern id="part-${pattern}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${colour}"/><path d="${stroke}" stroke="#fff" stroke-width="1.6" fill="none"/></pattern>
`
  })
  const bars = rows.map(({ name, counts }, row) => {
    const y = top + row * rowHeight
    const all = sum(counts)
    let before = 0
    const drawn = counts.map((count, at) => {
      const x = side + (before / Math.max(1, all)) * across
      const wide = (count / Math.max(1, all)) * across
      before += count
      return count === 0 ? undefined : part(x, y + 20, wide, itemAt(parts, at), count)
    })
    return html`<text x="${side}" y="${y + 14}">${name}</text>
<text x="${width - side}" y="${y + 14}" text-anchor="end" fill="#555">${counted(all, 'search', 'searches')}</text>
${drawn}`
  })
  const legend = parts.map(({ name, pattern }, at) => {
    const x = side + ((at % columns) * across) / columns
    const y = legendTop + Math.floor(at / columns) * legendRow
    return html`<rect x="${tenths(x)}" y="${y}" width="26" height="16" fill="url(#part-${pattern})" stroke="#222"/><text x="${tenths(x + 34)}" y="${y + 13}">${name}</text>
`
  })
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}"
  width="${width}" height="${height}" fill="#222" font-size="14"
  font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif">
<title>${title}</title>
<defs>
${patterns}</defs>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${side}" y="28" font-size="17" font-weight="600">${title}</text>
${bars}${legend}</svg>
`
  return markupOf(svg)
}

/** Its count stands in it, if there is room. */
function part(x: number, y: number, wide: number, { pattern }: SharesPart, count: number): Html {
  const text = String(count)
  const label = text.length * digit + 8
  const middle = x + wide / 2
  return html`<rect x="${tenths(x)}" y="${y}" width="${tenths(wide)}" height="${barHeight}" fill="url(#part-${pattern})" stroke="#222"/>
${
  wide >= label + 4 &&
  html`<rect x="${tenths(middle - label / 2)}" y="${y + 3}" width="${label}" height="${barHeight - 6}" rx="4" fill="#fff"/><text x="${tenths(middle)}" y="${y + 17}" text-anchor="middle">${text}</text>
`
}`
}
