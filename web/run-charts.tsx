/** The charts of a run, each with a description and its data as a table. */
import type { ChartRow } from '../src/server/api/types.ts'
import { FigureTable } from './facts.tsx'

interface Props {
  readonly run: string
  readonly charts: readonly ChartRow[]
  /** Changes when the charts must be redrawn. */
  readonly version: string
}

export function RunCharts({ run, charts, version }: Props) {
  const base = `api/runs/${encodeURIComponent(run)}/charts`
  return (
    <div class="charts">
      {charts.map(({ id, title, summary, svg, table: [head = [], ...rows] }) => (
        <figure key={id}>
          <img
            src={svg === undefined ? `${base}/${encodeURIComponent(id)}?v=${encodeURIComponent(version)}` : svgUrl(svg)}
            width={720}
            height={446}
            loading="lazy"
            alt={summary}
          />
          <details>
            <summary>
              figures<span class="hidden"> of {title}</span>
            </summary>
            <FigureTable head={head} rows={rows} title={title} />
          </details>
        </figure>
      ))}
    </div>
  )
}

/** Shown as an image, so no script in it can run. */
export function svgUrl(svg: string): string {
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
