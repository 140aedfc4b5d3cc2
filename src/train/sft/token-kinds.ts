/**
 * Kinds of tokens in a turn of the small policy, so that accuracy can be watched where it matters. A `find` is a place
 * that is named because it shows in the view, a `place` one that is carried along from the turn before: taken together,
 * the many that are copied hide the few that have to be seen.
 */
import { shapeTokens } from '../../model/goal.ts'
import { cellName, cellsInOrder, phrases, quadrants } from '../../model/language.ts'
import { sourceNames, tokenOf } from '../../model/tokenizer.ts'

export const tokenKinds = ['verdict', 'shape', 'digit', 'find', 'place', 'source', 'box', 'other'] as const
export type TokenKind = (typeof tokenKinds)[number]

const {
  notIt,
  closer,
  found,
  nothingHere,
  nothingStandsOut,
  tooSmall,
  candidates,
  see,
  scanning,
  zoom,
  endZoom,
  nextSource,
} = phrases
const verdictTokens = new Set(
  [notIt, closer, found, nothingHere, nothingStandsOut, tooSmall, candidates, see, scanning].map(tokenOf),
)
const digitTokens = new Set('0123456789'.split('').map(tokenOf))
const placeTokens = new Set([...cellsInOrder.map(cellName), ...quadrants].map((name) => tokenOf(` ${name}`)))
const sourceTokens = new Set(sourceNames.map(tokenOf))
const freshTokens = new Set([candidates, tooSmall, closer].map(tokenOf))
const nextSourceToken = tokenOf(nextSource)
const zoomToken = tokenOf(zoom)
const endZoomToken = tokenOf(endZoom)

/** The kind of each token of a reply. */
export function kindsOf(reply: readonly number[]): TokenKind[] {
  let inBox = false
  let fresh = false
  return reply.map((token) => {
    if (freshTokens.has(token)) fresh = true
    else if (token === nextSourceToken) fresh = false
    if (token === zoomToken) inBox = true
    else if (token === endZoomToken) inBox = false
    else if (sourceTokens.has(token)) return 'source'
    else if (inBox) return 'box'
    else if (verdictTokens.has(token)) return 'verdict'
    else if (shapeTokens.has(token)) return 'shape'
    else if (digitTokens.has(token)) return 'digit'
    else if (placeTokens.has(token)) return fresh ? 'find' : 'place'
    return 'other'
  })
}
