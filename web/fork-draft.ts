/** What is typed and drawn to fork a search at one of its turns, before it is sent. Pure. */
import { tidyBox } from '../src/protocol/box.ts'
import type { PixelBox, RelativeBox } from '../src/protocol/box.ts'
import { isChanged } from '../src/protocol/orientation.ts'
import { originalOf, shownBefore, sourceOf } from '../src/protocol/originals.ts'
import type { ForkRequest, PolicyRow } from '../src/server/api/types.ts'
import { itemAt } from '../src/shared/known.ts'
import type { ShownSearch } from './shown-search.ts'

export type BoxEdges = readonly [number, number, number, number]

export interface ForkDraft {
  readonly turn: number
  /** Index of the observation that is looked into. */
  readonly source: number
  /** As fractions of the source; undefined until one is drawn. */
  readonly box: BoxEdges | undefined
  readonly thought: string
  /** Default: the first on offer. */
  readonly policy?: string | undefined
  readonly seed?: number | undefined
  readonly maxTurns: number
}

/** The turn as it is, ready to be changed. */
export function draftAt(search: ShownSearch, turn: number): ForkDraft {
  const { observations, maxTurns } = search
  const { observation, thought = '' } = itemAt(search.turns, turn - 1)
  const source = sourceOf(search, turn)
  const seen = observation === undefined ? undefined : observations[observation]
  const canDraw = sourcesAt(search, turn).includes(source)
  const box = seen && !seen.made && canDraw ? withinBox(seen.boxInOriginalPx, regionOf(search, source)) : undefined
  return { turn, source, box, thought, maxTurns }
}

/** The pictures that were shown before a turn, as they lie on their originals. */
export function sourcesAt({ turns, observations }: ShownSearch, turn: number): number[] {
  return observations
    .slice(0, shownBefore({ turns, observations }, turn))
    .filter((one) => !isChanged(one, observations))
    .map(({ index }) => index)
}

/** The region of an observation, in pixels of its original. */
export function regionOf({ observations }: ShownSearch, source: number): PixelBox {
  return itemAt(observations, source).boxInOriginalPx
}

export function originalOfSource({ observations }: ShownSearch, source: number): number {
  return originalOf(itemAt(observations, source), observations)
}

/** A box in pixels of the original as fractions of a region of it. */
export function withinBox([x0, y0, x1, y1]: BoxEdges, [left, top, right, bottom]: PixelBox): RelativeBox {
  const [width, height] = [right - left, bottom - top]
  return tidyBox([(x0 - left) / width, (y0 - top) / height, (x1 - left) / width, (y1 - top) / height])
}

/** The inverse, on the multiples of `step` that the policy reads. */
export function onOriginalPx(box: BoxEdges, [left, top, right, bottom]: PixelBox, step?: number): BoxEdges {
  const [x0, y0, x1, y1] = tidyBox(box, step)
  const [width, height] = [right - left, bottom - top]
  return [left + x0 * width, top + y0 * height, left + x1 * width, top + y1 * height]
}

export interface ForkPlan {
  readonly look: ForkRequest['look']
  readonly thought: string | undefined
  /** What will happen, in a sentence. */
  readonly words: string
}

/** What of the draft differs from the search. */
export function planOf(
  search: ShownSearch,
  draft: ForkDraft,
  policy: Pick<PolicyRow, 'name' | 'boxStep'> | undefined,
): ForkPlan {
  const before = draftAt(search, draft.turn)
  const moved = draft.box !== undefined && (draft.source !== before.source || !sameBox(draft.box, before.box))
  const look = moved && draft.box ? { box: tidyBox(draft.box, policy?.boxStep), source: draft.source } : undefined
  const thought = draft.thought.trim() === before.thought.trim() ? undefined : draft.thought.trim()
  const { turn } = draft
  const who = policy?.name ?? 'the policy'
  const what = [look && 'box', thought !== undefined && 'thought'].filter(Boolean).join(' and ')
  const kept = turn === 1 ? 'Nothing is kept' : turn === 2 ? 'Turn 1 is kept' : `Turns 1 to ${turn - 1} are kept`
  const words =
    what === ''
      ? `${kept}; ${who} takes turn ${turn} anew.`
      : `${turn === 1 ? '' : `${kept}; `}${turn === 1 ? 'T' : 't'}urn ${turn} gets your ${what}, and ${who} goes on with turn ${turn + 1}.`
  return { look, thought, words }
}

function sameBox(a: BoxEdges, b: BoxEdges | undefined): boolean {
  return b !== undefined && a.every((edge, at) => Math.abs(edge - itemAt(b, at)) < 1e-9)
}
