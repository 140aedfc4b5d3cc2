/** Kinds of tokens in a turn of the small policy, so that accuracy can be watched where it matters. */
import { cellName, cellsInOrder, phrases, quadrants } from '../model/language.ts'
import { maxObservations, tokenOf } from '../model/tokenizer.ts'
import { shapes } from '../probe/scene.ts'

export const tokenKinds = ['verdict', 'shape', 'digit', 'place', 'source', 'box', 'other'] as const
export type TokenKind = (typeof tokenKinds)[number]

const { notIt, found, nothingHere, nothingStandsOut, tooSmall, candidates, see, scanning, zoom, endZoom } = phrases
const verdictTokens = new Set(
  [notIt, found, nothingHere, nothingStandsOut, tooSmall, candidates, see, scanning].map(tokenOf),
)
const shapeTokens = new Set(shapes.map((shape) => tokenOf(` ${shape}`)))
const digitTokens = new Set('0123456789'.split('').map(tokenOf))
const placeTokens = new Set([...cellsInOrder.map(cellName), ...quadrants].map((name) => tokenOf(` ${name}`)))
const sourceTokens = new Set([
  tokenOf('original_image'),
  ...Array.from({ length: maxObservations }, (_, i) => tokenOf(`observation_${i + 1}`)),
])
const zoomToken = tokenOf(zoom)
const endZoomToken = tokenOf(endZoom)

/** The kind of each token of a reply. */
export function kindsOf(reply: readonly number[]): TokenKind[] {
  let inBox = false
  return reply.map((token) => {
    if (token === zoomToken) inBox = true
    else if (token === endZoomToken) inBox = false
    else if (sourceTokens.has(token)) return 'source'
    else if (inBox) return 'box'
    else if (verdictTokens.has(token)) return 'verdict'
    else if (shapeTokens.has(token)) return 'shape'
    else if (digitTokens.has(token)) return 'digit'
    else if (placeTokens.has(token)) return 'place'
    return 'other'
  })
}
