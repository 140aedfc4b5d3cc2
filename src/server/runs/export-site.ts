/** A run as a static site: an index with its scores, curves and searches, and a self-contained page for each problem. */
import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { figure, reportShell } from '../../evaluate/document/shell.ts'
import { percent } from '../../evaluate/document/table.ts'
import { html } from '../../page/html.ts'
import type { Html } from '../../page/html.ts'
import { endText } from '../../page/step.ts'
import { writePage } from '../../page/search/write-page.ts'
import type { SearchToShow } from '../../page/search/write-page.ts'
import { canonicalJson, sha256 } from '../../shared/canonical.ts'
import { throwIfAborted } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { removeStrays } from '../../shared/strays.ts'
import { profileOf } from '../api/region.ts'
import { openRuns } from './runs.ts'
import type { ItemRow, RunRow } from '../api/types.ts'
import type { Figures } from './charts.ts'
import { groupOf } from './run-index.ts'

export interface ExportedSite {
  /** The index. */
  readonly page: string
  readonly problems: number
  readonly searches: number
}

/** Searches of one problem that its page shows. */
const mostTogether = 8

/**
 * The first `limit` problems of the run get pages; one whose picture is gone is listed without. A page's name holds the hash
 * of its searches, so one that is there need not be written again.
 */
export async function exportSite(run: string, to: string, limit: number, signal: AbortSignal): Promise<ExportedSite> {
  await removeStrays(to)
  const runs = openRuns(run)
  const details = await runs.details('.')
  const problems = byProblem(details.items)
  const pages = new Map<readonly ItemRow[], string>()
  let searches = 0
  for (const items of problems.slice(0, limit)) {
    throwIfAborted(signal)
    const shown = items.slice(0, mostTogether)
    const trajectories = await Promise.all(shown.map(({ index }) => runs.search('.', index)))
    const name = `problem-${sha256(canonicalJson(trajectories)).slice(0, 16)}.html`
    if (!(await isFile(join(to, name)))) {
      // All searches of a problem look at the same picture.
      const picture = await runs.picture('.', items[0]!.index).catch(() => undefined)
      if (picture === undefined) continue
      const toShow = trajectories.map((trajectory): SearchToShow => {
        const title = `search ${trajectory.sampleIndex + 1}`
        return { title, trajectory, picture, profile: profileOf(trajectory.profile) }
      })
      await writePage(join(to, name), items[0]!.question, toShow)
    }
    pages.set(items, name)
    searches += trajectories.length
  }
  const page = join(to, 'index.html')
  const rows = problems.flatMap((items) =>
    items.map((item, at) => row(item, at < mostTogether && pages.has(items) && `${pages.get(items)}#s${at + 1}`)),
  )
  await replaceFile(page, index(basename(resolve(run)), details.run, await runs.figures('.'), rows))
  return { page, problems: pages.size, searches }
}

/** The searches of each problem in the order of their samples; of one that was done again the last. */
function byProblem(items: readonly ItemRow[]): ItemRow[][] {
  const problems = new Map<string, Map<number, ItemRow>>()
  for (const item of items) {
    const own = problems.get(groupOf(item)) ?? new Map<number, ItemRow>()
    problems.set(groupOf(item), own.set(item.sampleIndex, item))
  }
  return [...problems.values()].map((own) => [...own.values()].toSorted((a, b) => a.sampleIndex - b.sampleIndex))
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}

function index(name: string, { command, policy }: RunRow, { scores, charts }: Figures, rows: readonly Html[]): string {
  const body = html`<h1>${name}</h1>
<p>${command} ${policy}</p>
${scores && html`<p>Avg@${scores.samples} ${percent(scores.avgAtK)} % (95 % ${percent(scores.low)} to ${percent(scores.high)}), ${scores.problems} problems, ${scores.meanTurns.toFixed(1)} turns in the mean.</p>`}
${charts.length > 0 && html`<div class="figures">${charts.map(({ svg, summary }) => figure(svg, summary))}</div>`}
<h2>Searches</h2>
<div class="table" tabindex="0"><table><thead><tr>${['Problem', 'Question', 'Answer', 'Truth', 'Verdict', 'Turns', 'End'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`
  return reportShell({ title: `Searches of ${name}`, subtitle: 'visual search, turn by turn', body, css })
}

/** Words stand to the left, turns to the right. */
const css = `
.table :is(th, td) { text-align: left }
.table :is(th, td):nth-child(6) { text-align: right }
`

/** `page`: the address of the search, if it has one. */
function row(item: ItemRow, page: string | false): Html {
  const { problem, question, answer, truth, verdict, turns, sampleIndex } = item
  const name = problem.slice(problem.lastIndexOf('/') + 1) + (sampleIndex > 0 ? ` #${sampleIndex + 1}` : '')
  return html`<tr><th scope="row">${page === false ? name : html`<a href="${page}">${name}</a>`}</th><td>${question}</td><td>${answer ?? '–'}</td>
<td>${truth}</td><td>${verdict}</td><td>${turns}</td><td>${endText(item)}</td></tr>
`
}
