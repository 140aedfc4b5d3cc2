/** What is typed and drawn to fork a search at one of its turns, before it is sent. Pure. */
import { typedBox } from '../src/page/edit-box.ts'
import type { BoxEdges, EdgeName, TypedEdges } from '../src/page/edit-box.ts'
import { tidyBox } from '../src/protocol/box.ts'
import type { PixelBox, RelativeBox } from '../src/protocol/box.ts'
import { isChanged } from '../src/protocol/orientation.ts'
import { originalOf, shownBefore, sourceOf } from '../src/protocol/originals.ts'
import type { ForkRequest } from '../src/server/api/fork-types.ts'
import type { PolicyRow } from '../src/server/api/types.ts'
import { itemAt } from '../src/shared/known.ts'
import type { ShownSearch } from './shown-search.ts'

export interface ForkDraft {
  readonly turn: number
  /** Index of the observation that is looked into. */
  readonly source: number
  /** As fractions of the source; undefined until one is drawn. */
  readonly box: BoxEdges | undefined
  /** Edges that are being typed, which replace those of the box. */
  readonly typed: TypedEdges
  readonly thought: string
  /** Default: the first on offer. */
  readonly policy?: string | undefined
  /** As typed; empty for the default. */
  readonly seed: string
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
  return { turn, source, box, typed: {}, thought, seed: '', maxTurns }
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

/** A field of the form, and what is wrong with it. */
export interface FieldProblem {
  readonly field: EdgeName | 'source' | 'thought' | 'policy' | 'maxTurns' | 'seed'
  readonly message: string
}

/** The box with the edges that were typed, as fractions of the source; or what is wrong with them. */
export function boxTyped(search: ShownSearch, draft: ForkDraft, step?: number): Pick<ForkDraft, 'box'> | FieldProblem {
  const { box, typed } = draft
  // A turn that looks nowhere has no edges, and may stay so.
  const given = box ? typed : Object.fromEntries(Object.entries(typed).filter(([, text]) => text.trim() !== ''))
  if (Object.keys(given).length === 0) return { box }
  const within = regionOf(search, draft.source)
  const edges = typedBox(shownEdges(search, draft, step) ?? within, given, within)
  return 'problem' in edges ? { field: edges.edge, message: edges.problem } : { box: withinBox(edges, within) }
}

/** The edges of the box in whole pixels of the original, without what is being typed. */
export function shownEdges(search: ShownSearch, { box, source }: ForkDraft, step?: number): BoxEdges | undefined {
  if (box === undefined) return undefined
  const [x0, y0, x1, y1] = onOriginalPx(box, regionOf(search, source), step)
  return [Math.round(x0), Math.round(y0), Math.round(x1), Math.round(y1)]
}

export interface ForkPlan {
  readonly look: ForkRequest['look']
  readonly thought: string | undefined
  /** Undefined for the default. */
  readonly seed: number | undefined
  /** What will happen, in a sentence. */
  readonly words: string
}

/** What of the draft differs from the search; or the first thing in it that cannot be sent. */
export function planOf(
  search: ShownSearch,
  draft: ForkDraft,
  policy: Pick<PolicyRow, 'name' | 'boxStep'> | undefined,
): ForkPlan | FieldProblem {
  const asTyped = boxTyped(search, draft, policy?.boxStep)
  if ('field' in asTyped) return asTyped
  const { box } = asTyped
  const seed = draft.seed.trim() === '' ? undefined : Number(draft.seed)
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0)) {
    return {
      field: 'seed',
      message: `The seed is ${draft.seed}. Type a whole number from 0, or nothing for the default.`,
    }
  }
  const before = draftAt(search, draft.turn)
  const moved = box !== undefined && (draft.source !== before.source || !sameBox(box, before.box))
  const look = moved && box ? { box: tidyBox(box, policy?.boxStep), source: draft.source } : undefined
  const thought = draft.thought.trim() === before.thought.trim() ? undefined : draft.thought.trim()
  const { turn } = draft
  const who = policy?.name ?? 'the policy'
  const what = [look && 'box', thought !== undefined && 'thought'].filter(Boolean).join(' and ')
  const kept = turn === 1 ? 'Nothing is kept' : turn === 2 ? 'Turn 1 is kept' : `Turns 1 to ${turn - 1} are kept`
  const words =
    what === ''
      ? `${kept}; ${who} takes turn ${turn} again.`
      : `${turn === 1 ? '' : `${kept}; `}${turn === 1 ? 'T' : 't'}urn ${turn} gets your ${what}, and ${who} continues with turn ${turn + 1}.`
  return { look, thought, seed, words }
}

/** Codes of refusals by the field that they are about. */
const fieldsByCode: Readonly<Record<string, FieldProblem['field']>> = {
  'turn-not-readable': 'thought',
  'thought-not-writable': 'thought',
  'look-not-writable': 'left',
  'fork-box-empty': 'left',
  'no-such-source': 'source',
  'policy-cannot-go-on': 'policy',
  'turn-not-translatable': 'policy',
  'fork-differs': 'policy',
  'question-unknown': 'policy',
  'fork-over-limit': 'maxTurns',
  'fork-unchanged': 'seed',
}
const fieldsOfRequest: Readonly<Record<string, FieldProblem['field']>> = {
  look: 'left',
  thought: 'thought',
  policy: 'policy',
  seed: 'seed',
  maxTurns: 'maxTurns',
}

/** The field that a refusal of the server is about, if it is about one. */
export function fieldRefused(code: string, message: string): FieldProblem['field'] | undefined {
  return fieldsByCode[code] ?? fieldsOfRequest[/^\w+/.exec(message)?.[0] ?? '']
}

function sameBox(a: BoxEdges, b: BoxEdges | undefined): boolean {
  return b !== undefined && a.every((edge, at) => Math.abs(edge - itemAt(b, at)) < 1e-9)
}
