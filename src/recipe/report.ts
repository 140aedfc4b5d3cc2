/**
 * The report of a recipe as one self-contained HTML page: no script, no request (its content security policy forbids
 * all), every text escaped, each figure also as a table. Pure.
 */
import { createHash } from 'node:crypto'
import { accuracyTable } from '../evaluate/table.ts'
import type { Table } from '../evaluate/table.ts'
import { html, markupOf, trustedElement } from '../page/html.ts'
import type { Content, Html } from '../page/html.ts'
import { style } from '../page/style.ts'
import { durationText } from '../shared/progress.ts'
import {
  accuracyChart,
  accuracySentence,
  earlyEnds,
  levelsOf,
  overTurnFigure,
  policyWords,
  rewardFigure,
  shown,
  summaryTable,
  trainingChart,
  trainingSentence,
  trainingTable,
  turnsFigure,
} from './figures.ts'
import type { TrainingFigure } from './figures.ts'
import { presets, smokeNote } from './presets.ts'
import type { RecipeResults } from './results.ts'
import { commandLine } from './stages.ts'

/** The whole page as text. */
export function reportPage(results: RecipeResults): string {
  const css = style() + reportStyle
  const { settings, evals } = results
  const { smoke, rl, testTurns } = presets[settings.preset]
  const named = shown.map((name) => ({
    name: policyWords[name],
    summary: evals[name],
  }))
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(css)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mini-o3 recipe: ${settings.preset}</title>
${trustedElement('style', css)}
</head>
<body>
<header class="top"><p class="brand">mini-o3 <span>the recipe in miniature</span></p></header>
<main>
<h1>More turns at test time than in training</h1>
<p>A cold start, then reinforcement learning with searches of at most ${rl['max-turns']} turns: once with over-turn masking,
which leaves searches that run out of turns out of the update, and once without (vanilla), where they count as wrong. All
three policies are measured on the same held-out scenes with up to ${testTurns} turns.</p>
${smoke && html`<p class="smoke" role="note">${smokeNote}</p>`}
${facts(results)}
<section><h2>In figures</h2>
<p>Accuracy in per cent with 95 % intervals over scenes. There is one training seed, so the intervals do not say how much
another run of the training would differ.</p>
${tableOf(summaryTable(results))}</section>
<section><h2>Accuracy against the turn limit</h2>
<p>The paper saw: trained with six turns and the mask, accuracy keeps rising up to 32 turns; the mask is essential for that.</p>
<div class="figures">${levelsOf(results).map((level) =>
    figure(accuracyChart(results, level), accuracySentence(results, level)),
  )}</div>
${folded('These figures as a table', tableOf(accuracyTable(named)))}</section>
<section><h2>Turns over training</h2>
<p>The paper saw: without the mask the policy learns to answer earlier; with it, long searches stay alive.</p>
<div class="figures">${trainingPart(results, turnsFigure)}</div>
${earlyEnds(results).map((sentence) => html`<p>${sentence}</p>`)}</section>
<section><h2>Reward and searches out of turns over training</h2>
<p>The paper saw: at the start more than a fifth of the searches run out of turns, and vanilla training counts each as wrong.</p>
<div class="figures">${trainingPart(results, rewardFigure)}${trainingPart(results, overTurnFigure)}</div>
<p>Lines are means over the last few steps, bands reach from the lowest to the highest of these.</p>
${folded('The figures of training as a table', tableOf(trainingTable(results)))}</section>
${pagesPart(results)}
<section><h2>The stages</h2>
<p>Each stage is an ordinary command. Memory is the most that the whole process had held by then.</p>
<div class="stages">${tableOf(stagesTable(results))}</div></section>
</main>
</body>
</html>
`
  return `<!doctype html>\n${markupOf(page)}`
}

function stagesTable({ stages }: RecipeResults): Table {
  return {
    head: ['stage', 'time', 'peak memory', 'command'],
    rows: stages.map((stage) => [
      stage.name,
      durationText(stage.seconds),
      `${stage.peakMemoryMiB} MiB`,
      commandLine(stage),
    ]),
  }
}

function contentPolicy(css: string): string {
  const hash = createHash('sha256').update(css).digest('base64')
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
}

function facts({ settings, stages }: RecipeResults): Html {
  const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0)
  const memory = Math.max(...stages.map(({ peakMemoryMiB }) => peakMemoryMiB))
  const ended = stages.map(({ endedAt }) => endedAt).toSorted()
  const entries: readonly (readonly [string, Content])[] = [
    ['preset', settings.preset],
    ['finished', ended.at(-1)?.slice(0, 10)],
    ['seed', settings.seed],
    ['worker threads', settings.workers],
    ['work', durationText(seconds)],
    ['peak memory', `${memory} MiB`],
  ]
  return html`<p class="facts">${entries.map(([name, value]) => html`<span>${name} <b>${value}</b></span>`)}</p>`
}

function trainingPart(results: RecipeResults, what: TrainingFigure): Html {
  return figure(trainingChart(results, what), trainingSentence(results, what))
}

function figure(chart: Html, sentence: string): Html {
  return html`<figure>${chart}<figcaption>${sentence}</figcaption></figure>`
}

function folded(title: string, content: Html): Html {
  return html`<details><summary>${title}</summary>${content}</details>`
}

function pagesPart({ pages }: RecipeResults): Html | false {
  if (pages.length === 0) return false
  const links = pages.map((page) => html`<li><a href="${page}">${page}</a></li>`)
  return html`<section><h2>Searches to replay</h2>
<p>Of each level one search that was right and one that was not, and some of the cold start’s.</p><ul>${links}</ul></section>`
}

function tableOf({ head, rows }: Table): Html {
  const cells = ([name, ...values]: readonly string[]): Html =>
    html`<tr><th scope="row">${name}</th>${values.map((value) => html`<td>${value}</td>`)}</tr>
`
  return html`<div class="table" tabindex="0"><table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(cells)}</tbody></table></div>`
}

const reportStyle = `
body { max-width: 1180px; overflow-wrap: break-word }
h1 { margin: 0 0 8px; font-size: clamp(22px, 3vw, 32px); line-height: 1.15; letter-spacing: -.02em }
h2 { margin: 36px 0 6px; font-size: 20px; letter-spacing: -.01em }
main > p, section > p { max-width: 80ch; margin: 0 0 10px }
main > .facts { max-width: none }
.smoke { padding: 10px 14px; background: var(--bad-well); color: var(--bad); border-radius: 10px; font-weight: 600 }
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
th:first-child { padding-left: 0; text-align: left; font-weight: 600 }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom }
.stages td:last-child { min-width: 40ch; font: 12px/1.5 var(--mono); text-align: left; white-space: normal }
.stages th:last-child { text-align: left }
section ul { margin: 0; padding-left: 20px }
`
