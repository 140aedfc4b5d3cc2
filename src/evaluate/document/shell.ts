/**
 * The shell of a report: one self-contained HTML page, no script, no request (its content security policy forbids all),
 * every text escaped. Pure.
 */
import { createHash } from 'node:crypto'
import { html, markupOf, trustedElement } from '../../page/html.ts'
import type { Content, Html } from '../../page/html.ts'
import { style } from '../../page/style.ts'
import type { Table } from './table.ts'

export interface Shell {
  readonly title: string
  /** Stands beside the name of the program. */
  readonly subtitle: string
  readonly body: Content
  /** Rules of this page alone. */
  readonly css?: string
}

/** The whole page as text. */
export function reportShell({ title, subtitle, body, css = '' }: Shell): string {
  const rules = style() + shellStyle + css
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(rules)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${trustedElement('style', rules)}
</head>
<body>
<header class="top"><p class="brand">mini-o3 <span>${subtitle}</span></p></header>
<main>
${body}
</main>
</body>
</html>
`
  return `<!doctype html>\n${markupOf(page)}`
}

function contentPolicy(css: string): string {
  const hash = createHash('sha256').update(css).digest('base64')
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
}

export function htmlTable({ head, rows }: Table): Html {
  const cells = ([name, ...values]: readonly string[]): Html =>
    html`<tr><th scope="row">${name}</th>${values.map((value) => html`<td>${value}</td>`)}</tr>
`
  return html`<div class="table" tabindex="0"><table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(cells)}</tbody></table></div>`
}

export function figure(chart: Html, sentence: string): Html {
  return html`<figure>${chart}<figcaption>${sentence}</figcaption></figure>`
}

/** Shown when somebody opens it. */
export function folded(title: string, content: Html): Html {
  return html`<details><summary>${title}</summary>${content}</details>`
}

const shellStyle = `
body { max-width: 1320px; overflow-wrap: break-word }
h1 { margin: 0 0 8px; font-size: clamp(22px, 3vw, 32px); line-height: 1.15; letter-spacing: -.02em }
h2 { margin: 36px 0 6px; font-size: 20px; letter-spacing: -.01em }
main > p, section > p { max-width: 80ch; margin: 0 0 10px }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 16px; margin: 12px 0 }
.figures figure { max-width: 760px; padding: 10px 14px 14px; background: var(--panel); border: 1px solid var(--line); border-radius: 12px }
.figures svg { display: block; width: 100%; height: auto; fill: var(--text) }
.figures .ground { fill: none }
.figures .grid { stroke: var(--line) }
.figures figcaption { display: block; font-size: 14px; line-height: 1.45; color: var(--text) }
details { margin: 8px 0 }
summary { cursor: pointer; color: var(--soft) }
.table { overflow-x: auto; margin: 8px 0 }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums }
th, td { padding: 4px 12px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; vertical-align: top }
th:first-child { min-width: 11em; padding-left: 0; text-align: left; font-weight: 600; white-space: normal }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; white-space: normal }
section ul { margin: 0; padding-left: 20px }
`
