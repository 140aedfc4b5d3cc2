/** A report: figures, tables and text. */
import type { Part, ReportData } from '../src/page/page-data.ts'
import { FigureTable } from './facts.tsx'
import { svgUrl } from './run-charts.tsx'

export function ReportPage({ title, parts }: ReportData) {
  return (
    <article class="report">
      <h1>{title}</h1>
      {parts.map((part, index) => (
        <ReportPart key={index} part={part} />
      ))}
    </article>
  )
}

function ReportPart({ part }: { readonly part: Part }) {
  switch (part.kind) {
    case 'heading':
      return <h2>{part.text}</h2>
    case 'text':
      return <p>{part.text}</p>
    case 'warning':
      return (
        <p class="problem" role="note">
          {part.text}
        </p>
      )
    case 'list':
      return (
        <ul>
          {part.items.map((item) => (
            <li key={item}>{item}</li>
          ))}
        </ul>
      )
    case 'links':
      return (
        <ul>
          {part.paths.map((path) => (
            <li key={path}>
              <a href={path}>{path}</a>
            </li>
          ))}
        </ul>
      )
    case 'facts':
      return (
        <p class="facts">
          {part.facts.map(([name, value]) => (
            <span key={name}>
              {name} <b>{value}</b>
            </span>
          ))}
        </p>
      )
    case 'figures':
      return (
        <div class="charts">
          {part.figures.map(({ svg, caption }) => (
            <figure key={svg}>
              <img src={svgUrl(svg)} width={720} height={446} alt={caption} />
              <figcaption>{caption}</figcaption>
            </figure>
          ))}
        </div>
      )
    case 'table':
      if (part.fold === undefined) return <FigureTable {...part.table} />
      return (
        <details>
          <summary>{part.fold}</summary>
          <FigureTable {...part.table} />
        </details>
      )
  }
}
