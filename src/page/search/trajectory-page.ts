/**
 * Searches as one self-contained HTML page that opens from a file, offline: no request leaves it (its content security
 * policy forbids all), every text of a model or a file is escaped, and it reads well without scripts too. Pure.
 */
import { createHash } from 'node:crypto'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { canvas } from './canvas.ts'
import { duration, endCard, shown, startCard, turnCard } from './card.ts'
import type { ObservationImages } from './card.ts'
import { html, markupOf, trustedElement } from '../html.ts'
import type { Html } from '../html.ts'
import { turnClasses } from '../palette.ts'
import { script } from './script.ts'
import { targetBox } from '../../protocol/target-box.ts'
import { endText, stepsOf } from '../step.ts'
import { style } from '../style.ts'
import { tree } from './tree.ts'

/** One search with its pictures as `data:` URLs of PNG or JPEG. */
export interface PageSearch {
  /** Short name for its tab, such as `easy`. */
  readonly title: string
  readonly trajectory: Trajectory
  readonly originalUrl: string
  /** By observation index; the original's first view is number 0. */
  readonly observations: readonly ObservationImages[]
}

/** The whole page as text, without lone surrogates, ready to be written as UTF-8. */
export function trajectoryPage(title: string, searches: readonly PageSearch[], notes: readonly string[] = []): string {
  for (const search of searches) checkUrls(search)
  const css = style()
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(css, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${trustedElement('style', css)}
</head>
<body>
<header class="top"><p class="brand">mini-o3 <span>visual search, turn by turn</span></p>
${searches.length > 1 && html`<nav aria-label="Searches">${searches.map(tab)}</nav>`}</header>
<main>${notes.length > 0 && html`<ul class="notes">${notes.map((note) => html`<li dir="auto">${shown(note)}</li>`)}</ul>`}
${searches.map(section)}</main>
${trustedElement('script', script)}
</body>
</html>
`
  return `<!doctype html>\n${markupOf(page)}`
}

function policy(css: string, js: string): string {
  const hash = (source: string): string => `'sha256-${createHash('sha256').update(source).digest('base64')}'`
  return [
    "default-src 'none'",
    'img-src data:',
    `style-src ${hash(css)}`,
    `script-src ${hash(js)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

function tab({ title, trajectory }: PageSearch, index: number): Html {
  return html`<a href="#s${index + 1}" class="${trajectory.verdict?.kind ?? 'unjudged'}">${title}${mark(trajectory)}</a>`
}

function mark({ verdict }: Trajectory): Html | undefined {
  if (verdict?.kind === 'correct') return html` <span role="img" aria-label="correct">✓</span>`
  if (verdict?.kind === 'wrong') return html` <span role="img" aria-label="wrong">✕</span>`
  return undefined
}

function section({ title, trajectory, originalUrl, observations }: PageSearch, index: number): Html {
  const id = `s${index + 1}`
  const steps = stepsOf(trajectory)
  const thumbUrls = observations.map((images) => images.thumbUrl)
  return html`<section class="search" id="${id}" aria-label="Search: ${title}">
  ${heading(trajectory)}
  <div class="columns">
    <div class="look">
      <div class="stage">${canvas(trajectory, originalUrl)}</div>
      ${controls(trajectory, id)}
      ${tree(trajectory, id, thumbUrls)}
    </div>
    <ol class="turns">
      ${observations[0] && startCard(trajectory, id, observations[0])}
      ${steps.map((step) => turnCard(trajectory, step, id, step.observation && observations[step.observation.index]))}
      ${endCard(trajectory)}
    </ol>
  </div>
  ${facts(trajectory)}
</section>`
}

function heading(trajectory: Trajectory): Html {
  const { problem, answer, verdict, turns, end, maxTurns, ms } = trajectory
  return html`<header class="question">
    <h2 dir="auto">${problem.question}</h2>
    <dl>
      <div class="answer ${verdict?.kind ?? 'unjudged'}"><dt>Answer</dt>
        <dd dir="auto">${answer ?? '–'}${mark(trajectory)}</dd></div>
      ${problem.answer !== undefined && html`<div><dt>Truth</dt><dd dir="auto">${problem.answer}</dd></div>`}
      <div><dt>Turns</dt><dd>${turns.length}<small> of ${maxTurns}</small></dd></div>
      <div><dt>Time</dt><dd>${duration(ms)}</dd></div>
      ${end !== 'answered' && html`<div><dt>End</dt><dd class="words">${endText(trajectory)}</dd></div>`}
    </dl>
  </header>`
}

function controls(trajectory: Trajectory, id: string): Html {
  const turns = trajectory.turns.length
  return html`<div class="controls">
    <div class="scrub">
      <button type="button" class="play" aria-label="Play the search">▶</button>
      <div class="track">
        <div class="dots" aria-hidden="true"><i class="all"></i>${trajectory.turns.map(
          (_, index) => html`<i class="${turnClasses(index + 1)}" data-turn="${index + 1}">${index + 1}</i>`,
        )}</div>
        <input type="range" min="0" max="${turns}" value="0" step="1" aria-label="Turn (0 shows the whole search)">
      </div>
      <output aria-live="polite">all ${turns} turns</output>
    </div>
    <div class="options">
      <label><input type="checkbox" class="follow" id="${id}-follow"> zoom along <kbd>f</kbd></label>
      ${
        targetBox(trajectory) &&
        html`<label><input type="checkbox" class="show-target" id="${id}-target"> show the target <kbd>t</kbd></label>`
      }
      <p class="saying" dir="auto" aria-hidden="true"></p>
      <span class="keys"><kbd>←</kbd> <kbd>→</kbd> turn · <kbd>space</kbd> play · <kbd>x</kbd> fold</span>
    </div>
  </div>`
}

function facts({ policy, profile, picture, seed, problem }: Trajectory): Html {
  return html`<footer class="facts">
    <span>policy <b>${policy}</b></span><span>profile <b>${profile.name}</b> ${profile.sha256.slice(0, 12)}</span>
    <span>seed <b>${seed}</b></span><span>picture <b>${picture.width} × ${picture.height}</b>
    ${picture.sha256.slice(0, 12)}</span><span>problem <b>${problem.docId}</b> of ${problem.dataSource}</span>
  </footer>`
}

const imageUrl = /^data:image\/(png|jpeg);base64,[A-Za-z0-9+/]+=*$/

function checkUrls({ originalUrl, observations }: PageSearch): void {
  const urls = [originalUrl, ...observations.flatMap((images) => Object.values<string>({ ...images }))]
  if (!urls.every((url) => imageUrl.test(url))) throw new Error('a page takes only data: URLs of PNG or JPEG pictures')
}
