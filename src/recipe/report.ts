/**
 * The report of a recipe as one self-contained HTML page: no script, no request (its content security policy forbids
 * all), every text escaped, each figure also as a table. Pure.
 */
import { figure, folded, htmlTable, reportShell } from '../evaluate/document/shell.ts'
import { accuracyTable } from '../evaluate/document/table.ts'
import type { Table } from '../evaluate/document/table.ts'
import { html } from '../page/html.ts'
import type { Content, Html } from '../page/html.ts'
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
  const { settings, evals } = results
  const { smoke, rl, testTurns } = presets[settings.preset]
  const named = shown.map((name) => ({
    name: policyWords[name],
    summary: evals[name],
  }))
  const body = html`<h1>More turns at test time than in training</h1>
<p>A cold start, then reinforcement learning with searches of at most ${rl['max-turns']} turns: once with over-turn masking,
which leaves searches that run out of turns out of the update, and once without (vanilla), where they count as wrong. All
three policies are measured on the same held-out scenes with up to ${testTurns} turns.</p>
${smoke && html`<p class="smoke" role="note">${smokeNote}</p>`}
${facts(results)}
<section><h2>In figures</h2>
<p>Accuracy in per cent with 95 % intervals over scenes. There is one training seed, so the intervals do not say how much
another run of the training would differ.</p>
${htmlTable(summaryTable(results))}</section>
<section><h2>Accuracy against the turn limit</h2>
<p>The paper saw: trained with six turns and the mask, accuracy keeps rising up to 32 turns; the mask is essential for that.</p>
<div class="figures">${levelsOf(results).map((level) =>
    figure(accuracyChart(results, level), accuracySentence(results, level)),
  )}</div>
${folded('These figures as a table', htmlTable(accuracyTable(named)))}</section>
<section><h2>Turns over training</h2>
<p>The paper saw: without the mask the policy learns to answer earlier; with it, long searches stay alive.</p>
<div class="figures">${trainingPart(results, turnsFigure)}</div>
${earlyEnds(results).map((sentence) => html`<p>${sentence}</p>`)}</section>
<section><h2>Reward and searches out of turns over training</h2>
<p>The paper saw: at the start more than a fifth of the searches run out of turns, and vanilla training counts each as wrong.</p>
<div class="figures">${trainingPart(results, rewardFigure)}${trainingPart(results, overTurnFigure)}</div>
<p>Lines are means over the last few steps, bands reach from the lowest to the highest of these.</p>
${folded('The figures of training as a table', htmlTable(trainingTable(results)))}</section>
${pagesPart(results)}
<section><h2>The stages</h2>
<p>Each stage is an ordinary command. Memory is the most that the whole process had held by then.</p>
<div class="stages">${htmlTable(stagesTable(results))}</div></section>`
  const title = `Mini-o3 recipe: ${settings.preset}`
  return reportShell({ title, subtitle: 'the recipe in miniature', body, css: reportStyle })
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

function pagesPart({ pages }: RecipeResults): Html | false {
  if (pages.length === 0) return false
  const links = pages.map((page) => html`<li><a href="${page}">${page}</a></li>`)
  return html`<section><h2>Searches to replay</h2>
<p>Of each level one search that was right and one that was not, and some of the cold start’s.</p><ul>${links}</ul></section>`
}

const reportStyle = `
main > .facts { max-width: none }
.smoke { padding: 10px 14px; background: var(--bad-well); color: var(--bad); border-radius: 10px; font-weight: 600 }
.stages td:last-child { min-width: 40ch; font: 12px/1.5 var(--mono); text-align: left; white-space: normal }
.stages th:last-child { text-align: left }
`
