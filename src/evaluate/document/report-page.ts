/** Renders the parts of a report as a page and as Markdown. */
import { dataFile } from '../../page/data-file.ts'
import type { Part, ReportData } from '../../page/page-data.ts'
import { markdownCell, markdownTable } from './table.ts'

/** The HTML of a page that opens from a file. Without scripts it shows the Markdown. */
export function reportPage(title: string, parts: readonly Part[]): Promise<string> {
  const data: ReportData = { kind: 'report', title, parts }
  return dataFile(title, data, markdownReport(title, parts).split('\n'))
}

/** Leaves out figures, whose data are also in tables. */
export function markdownReport(title: string, parts: readonly Part[]): string {
  return [`# ${markdownCell(title)}`, ...parts.flatMap(markdownOf)].join('\n\n')
}

function markdownOf(part: Part): string | [] {
  if (part.kind === 'table') return markdownTable(part.table)
  if (part.kind === 'list') return bullets(part.items)
  if (part.kind === 'links') return bullets(part.paths)
  if (part.kind === 'facts') return bullets(part.facts.map((fact) => fact.join(': ')))
  if (part.kind === 'figures') return []
  return `${part.kind === 'heading' ? '## ' : ''}${markdownCell(part.text)}`
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${markdownCell(item)}`).join('\n')
}
