/** The charts of a run, each with a description and its data as a table. */
import type { ChartRow } from '../src/server/api/types.ts'
import { FigureTable } from './facts.tsx'

interface Props {
  /** The drawings are at this path followed by their id, unless they are in `charts`. */
  readonly base: string
  /** Of the paths. */
  readonly query?: string
  readonly charts: readonly ChartRow[]
  /** Changes when the charts must be redrawn. */
  readonly version: string
}

export function RunCharts({ base, query = '', charts, version }: Props) {
  const address = (id: string, svg: string | undefined): string =>
    svg === undefined ? `${base}/${encodeURIComponent(id)}?${query}&v=${encodeURIComponent(version)}` : svgUrl(svg)
  return (
    <div class="charts">
      {charts.map(({ id, title, summary, svg, table: [head = [], ...rows] }) => (
        <figure key={id}>
          <picture>
            {svg === undefined && <source media="(max-width: 480px)" srcset={`${address(id, svg)}&size=narrow`} />}
            <img src={address(id, svg)} width={720} height={446} loading="lazy" alt={summary} />
          </picture>
          <a class="save" download={`${id}.svg`} href={address(id, svg)}>
            Save as SVG<span class="hidden">: {title}</span>
          </a>
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
