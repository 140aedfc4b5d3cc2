/** The charts of a run, each with what it shows in words and as a table. */
import type { ChartRow } from '../src/server/api/types.ts'

interface Props {
  readonly run: string
  readonly charts: readonly ChartRow[]
  /** Changes when they are to be drawn anew. */
  readonly version: string
}

export function RunCharts({ run, charts, version }: Props) {
  return (
    <div class="charts">
      {charts.map(({ id, title, summary, table: [heads = [], ...rows] }) => (
        <figure key={id}>
          <img
            src={`api/runs/${encodeURIComponent(run)}/charts/${encodeURIComponent(id)}?v=${encodeURIComponent(version)}`}
            width={720}
            height={446}
            loading="lazy"
            alt={summary}
          />
          <details>
            <summary>
              figures<span class="unseen"> of {title}</span>
            </summary>
            <div class="table">
              <table>
                <caption class="unseen">{title}</caption>
                <thead>
                  <tr>
                    {heads.map((head) => (
                      <th key={head} scope="col">
                        {head}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map(([first, ...others]) => (
                    <tr key={first}>
                      <th scope="row">{first}</th>
                      {others.map((cell, index) => (
                        <td key={index} class="number">
                          {cell}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        </figure>
      ))}
    </div>
  )
}
