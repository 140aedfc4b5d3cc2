/** One turn in words and pictures: what was thought, what was done, and what came back, as seen and as it is. Pure. */
import { boxSize } from '../../protocol/box.ts'
import type { Action, Observation, Trajectory, Turn } from '../../protocol/trajectory.ts'
import { html } from '../html.ts'
import type { Html } from '../html.ts'
import { turnClasses } from '../palette.ts'
import { targetBox } from '../../protocol/target-box.ts'
import { contains, endTitle, endWords, pictureName, stepTitle, tokensInText } from '../step.ts'
import type { Step } from '../step.ts'

/** One observation as pictures: `view` is what the policy saw, `crop` the same region at full resolution. */
export interface ObservationImages {
  readonly viewUrl: string
  readonly cropUrl: string
  readonly thumbUrl: string
}

/** A reply can be megabytes long; more than this many characters of one text help no reader. */
const maxShown = 6000

export function startCard(trajectory: Trajectory, id: string, images: ObservationImages): Html {
  const original = trajectory.observations[0]
  return html`<li class="card start" id="${id}-t0" data-turn="0">
    <details open aria-label="Overview"><summary><h3>The question comes with an overview</h3></summary>
    ${original && pictures(original, images, 'picture')}
    </details>
  </li>`
}

export function turnCard(trajectory: Trajectory, step: Step, id: string, images: ObservationImages | undefined): Html {
  const { number, turn, observation } = step
  return html`<li class="card ${turnClasses(number)} ${turn.error && 'mistaken'}" id="${id}-t${number}"
    data-turn="${number}">
    <details open aria-label="Turn ${number}">
    <summary>
      <span class="number" aria-hidden="true">${number}</span>
      <h3><span class="hidden">Turn ${number}: </span>${stepTitle(step)}</h3>
      ${observation && html`<span class="result">→ ${pictureName(observation.index)}</span>`}
    </summary>
    ${turn.thought && html`<p class="thought" dir="auto">${shown(turn.thought)}</p>`}
    ${action(turn)}
    ${turn.error && html`<p class="mistake" dir="auto"><b>${turn.error.code}</b> ${shown(turn.error.error)}</p>`}
    ${observation && images && pictures(observation, images, 'region')}
    ${turn.action?.kind === 'answer' && answer(trajectory)}
    <footer>
      ${turn.usage.replyTokens > 0 && tokens(trajectory.policy, turn.usage)}<span>${duration(turn.ms)}</span>
      ${observation && holdsTarget(trajectory, observation)}
      <details><summary>as it came</summary><pre dir="auto">${shown(turn.text)}</pre></details>
    </footer>
    </details>
  </li>`
}

function tokens(policy: string, usage: Turn['usage']): Html {
  return html`<span>${tokensInText(policy, usage)}</span><span>${usage.replyTokens} out</span>`
}

/** How the search ended, when its last turn does not say so. */
export function endCard(trajectory: Trajectory): Html | undefined {
  if (trajectory.turns.at(-1)?.action?.kind === 'answer') return undefined
  return html`<li class="card ending"><header><h3>${endTitle(trajectory)}</h3></header>
    ${trajectory.failure && html`<p class="mistake" dir="auto">${shown(trajectory.failure.message)}</p>`}</li>`
}

function action({ action, error }: Turn): Html {
  if (!action) return html``
  return html`<p class="action"><code>${shown(actionText(action))}</code>
    <span class="chip ${error ? 'bad' : 'good'}">${error ? 'refused' : 'valid'}</span></p>`
}

/** As JSON, for people: numbers are rounded. */
export function actionText(action: Action): string {
  return action.kind === 'grounding'
    ? `{"bbox_2d": [${action.boxRel.map(rounded).join(', ')}], "source": ${JSON.stringify(action.source)}}`
    : JSON.stringify({ answer: action.text })
}

/** What became of the region on its way to the view, such as `reduced 16 ×`. */
export function viewChange({ view, boxInOriginalPx }: Observation): string {
  const region = boxSize(boxInOriginalPx)
  const scale = Math.sqrt((region.width * region.height) / (view.width * view.height))
  return scale > 1.05 ? `reduced ${factor(scale)}` : scale < 0.95 ? `enlarged ${factor(1 / scale)}` : 'same size'
}

/** Such as `observation 2, x 0 to 512, y 512 to 1024 of the original`. */
export function placeName({ index, boxInOriginalPx: box }: Observation): string {
  return `${pictureName(index)}, x ${box[0]} to ${box[2]}, y ${box[1]} to ${box[3]} of the original`
}

function pictures(observation: Observation, images: ObservationImages, what: string): Html {
  const { view } = observation
  const region = boxSize(observation.boxInOriginalPx)
  const change = viewChange(observation)
  const name = placeName(observation)
  return html`<div class="pair">
    <figure><img class="${view.width < 200 && 'coarse'}" src="${images.viewUrl}" alt="As the policy saw it: ${name}">
      <figcaption><b>What the policy saw</b><span>${view.width} × ${view.height} view, ${change}</span></figcaption></figure>
    <figure><img src="${images.cropUrl}" alt="At full resolution: ${name}">
      <figcaption><b>What is there</b><span>${region.width} × ${region.height} ${what}</span></figcaption></figure>
  </div>`
}

function answer({ answer, problem, verdict, end }: Trajectory): Html {
  return html`<div class="verdict ${verdict?.kind ?? 'unjudged'}">
    <div><span>Answer</span><b dir="auto">${answer === null ? endWords[end] : shown(answer)}</b></div>
    ${problem.answer !== undefined && html`<div><span>Truth</span><b dir="auto">${shown(problem.answer)}</b></div>`}
    ${verdict && html`<p>${verdict.kind}<small dir="auto">${verdict.reason && shown(verdict.reason)}</small></p>`}
  </div>`
}

function holdsTarget(trajectory: Trajectory, observation: Observation): Html | undefined {
  const target = targetBox(trajectory)
  if (!target || !contains(observation.boxInOriginalPx, target)) return undefined
  return html`<span class="holds-target">holds the target</span>`
}

export function shown(text: string): string {
  if (text.length <= maxShown) return text
  return `${text.slice(0, maxShown)} … and ${text.length - maxShown} more characters`
}

function rounded(value: number): string {
  return String(Math.round(value * 10_000) / 10_000)
}

function factor(scale: number): string {
  return `${scale < 9.95 ? Math.round(scale * 10) / 10 : Math.round(scale)}\u00a0×`
}

export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
