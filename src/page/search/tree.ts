/**
 * The search as a tree: time runs to the right, depth downwards. Every observation hangs from the picture that it was
 * cropped from, so that a return to the original or to an earlier crop shows as a branch. Pure.
 */
import { answeredBeyondLimit } from '../../protocol/trajectory.ts'
import type { End, Trajectory } from '../../protocol/trajectory.ts'
import { html } from '../html.ts'
import type { Html } from '../html.ts'
import { turnClasses } from '../palette.ts'
import { depthOf, endTitle, pictureName, sizeWords, stepsOf, stepTitle } from '../step.ts'
import type { Step } from '../step.ts'

export const side = 56
const column = 78
const row = 104
const margin = 12
const caption = 27
export const captionLine = 12

export interface Place {
  /** Left and top edge of the thumbnail. */
  readonly x: number
  readonly y: number
}

export interface TreeLayout {
  readonly width: number
  readonly height: number
  /** Where each observation stands, by its index. */
  readonly observations: readonly Place[]
  readonly nodes: readonly { readonly step: Step; readonly place: Place; readonly arrow: Arrow | undefined }[]
  /** Of the tile that says that there is no answer, where there is none. */
  readonly ending: Place | undefined
}

/** SVG paths of a line and of its head. */
export interface Arrow {
  readonly way: string
  readonly head: string
}

export function treeLayout(
  trajectory: Pick<Trajectory, 'turns' | 'observations'> & { readonly end?: End },
): TreeLayout {
  const steps = stepsOf(trajectory)
  const observations: Place[] = [at(0, 0)]
  const places = steps.map(({ number, observation }, index) => {
    const before = observations.at(-1)!
    const place = observation ? at(index + 1, depthOf(trajectory, observation)) : { x: at(number, 0).x, y: before.y }
    if (observation) observations[observation.index] = place
    return place
  })
  const answered = steps.at(-1)?.turn.action?.kind === 'answer'
  const ending =
    answered || trajectory.end === undefined ? undefined : { x: at(steps.length + 1, 0).x, y: observations.at(-1)!.y }
  return {
    width: at(steps.length + (ending ? 1 : 0), 0).x + side + margin,
    height: Math.max(...observations.map((place) => place.y)) + side + caption + margin,
    observations,
    nodes: steps.map((step, index) => {
      const place = places[index]!
      return { step, place, arrow: arrow(step, place, observations) }
    }),
    ending,
  }
}

/** `id` prefixes the links to the turns' cards; `thumbUrls` has one picture per observation, the original first. */
export function tree(trajectory: Trajectory, id: string, thumbUrls: readonly string[]): Html {
  const { width, height, observations, nodes, ending } = treeLayout(trajectory)
  return html`<div class="tree" tabindex="0" role="group" aria-label="The search as a tree">
  <svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
    ${nodes.map(({ step, arrow }) => arrow && arrowPath(step.number, arrow))}
    <a href="#${id}-t0" aria-label="The original"><g class="node" data-turn="0">
      ${thumbnail(thumbUrls[0]!, observations[0]!)}<text class="caption" ${centre(observations[0]!)}>original</text>
    </g></a>
    ${nodes.map(({ step, place }) => node(step, place, id, thumbUrls, trajectory))}
    ${ending && endNode(trajectory, ending)}
  </svg></div>`
}

function at(columnIndex: number, depth: number): Place {
  return { x: margin + columnIndex * column, y: margin + depth * row }
}

function node(step: Step, place: Place, id: string, thumbUrls: readonly string[], trajectory: Trajectory): Html {
  const { number, turn, observation } = step
  const label = `Turn ${number}: ${stepTitle(step)}`
  const body = observation
    ? html`${thumbnail(thumbUrls[observation.index]!, place)}
        <text class="caption" ${centre(place)}>${pictureName(observation.index).replace('observation', 'obs.')}</text>
        <text class="caption" ${centre(place, 1)}>${sizeWords(observation)}</text>`
    : turn.action?.kind === 'answer' && !turn.error
      ? answerTile(trajectory, place)
      : html`<rect class="refused" ${square(place)}/><text class="cross" ${middle(place)}>✕</text>
          <text class="caption" ${centre(place)}>refused</text>`
  return html`<a href="#${id}-t${number}" aria-label="${label}">
    <g class="node ${turnClasses(number)}" data-turn="${number}">${body}
      <g class="badge" transform="translate(${place.x} ${place.y})"><circle r="9"/><text dy="3.5">${number}</text></g>
    </g></a>`
}

/** An answer as far as a tile holds it. */
export function shortAnswer(answer: string): string {
  return [...answer].length > 7 ? `${[...answer].slice(0, 6).join('')}…` : answer
}

function answerTile(trajectory: Trajectory, place: Place): Html {
  const short = shortAnswer(trajectory.answer ?? '')
  return html`<rect class="answer ${trajectory.verdict?.kind ?? 'unjudged'}" rx="10" ${square(place)}/>
    <text class="answer-text ${[...short].length > 2 && 'long'}" ${middle(place)}>${short}</text>
    <text class="caption" ${centre(place)}>answer</text>`
}

function endNode(trajectory: Trajectory, place: Place): Html {
  return html`<g class="node end"><rect class="refused" ${square(place)}/><text class="cross" ${middle(place)}>?</text>
    <text class="caption" ${centre(place)}>${answeredBeyondLimit(trajectory) ? 'beyond limit' : 'no answer'}</text><title>${endTitle(trajectory)}</title></g>`
}

/** From the picture that was looked into down to the crop that came back; to an answer, from the last crop. */
function arrow({ turn, observation }: Step, to: Place, observations: readonly Place[]): Arrow | undefined {
  if (!observation) {
    const last = observations.at(-1)!
    if (turn.action?.kind !== 'answer') return undefined
    const y = last.y + side / 2
    return { way: `M${last.x + side} ${y}H${to.x - 7}`, head: `M${to.x - 7} ${y - 4}l6 4-6 4z` }
  }
  const from = observations[observation.parent ?? 0]!
  const x0 = from.x + side / 2
  const y0 = from.y + side + caption + 1
  const x1 = to.x + side / 2
  const y1 = to.y - 6
  // Long ways run flat just under their source, so that they do not cross the pictures between.
  const bend = (y1 - y0) * 0.55 + Math.max(0, y1 - y0 - row) * 0.4
  const way = `M${x0} ${y0}C${x0} ${y0 + bend} ${x1} ${Math.max(y0, y1 - bend)} ${x1} ${y1}`
  return { way, head: `M${x1 - 4} ${y1 - 1}l4 6 4-6z` }
}

function arrowPath(number: number, { way, head }: Arrow): Html {
  return html`<g class="arrow ${turnClasses(number)}" data-turn="${number}">
    <path class="way" d="${way}"/><path class="head" d="${head}"/></g>`
}

function thumbnail(url: string, place: Place): Html {
  return html`<rect class="well" ${square(place)}/>
    <image href="${url}" ${square(place)} preserveAspectRatio="xMidYMid meet"/>
    <rect class="frame" rx="3" ${square(place)}/>`
}

function square({ x, y }: Place): Html {
  return html`x="${x}" y="${y}" width="${side}" height="${side}"`
}

function centre({ x, y }: Place, line = 0): Html {
  return html`x="${x + side / 2}" y="${y + side + 13 + line * captionLine}"`
}

function middle({ x, y }: Place): Html {
  return html`x="${x + side / 2}" y="${y + side / 2}"`
}
