/**
 * Text to tokens and back for the small policy: greedy longest match over a fixed list of pieces in which every
 * phrase, place, coordinate and name of the protocol is one token. Any printable ASCII text can be encoded, letter by
 * letter where no piece fits; `decode(encode(text)) === text` for such text.
 */
import { colours, shapes } from '../probe/scene.ts'
import { sourceAt } from '../protocol/source.ts'
import { cellName, cellsInOrder, coordinate, phrases, quadrants } from './language.ts'

/** Observations that have a name of their own; a search has at most this many crops. */
export const maxObservations = 64

/** The original, then the observations by their numbers. */
export const sourceNames: readonly string[] = Array.from({ length: 1 + maxObservations }, (_, i) => sourceAt(i))

const letters = ['\n', ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))]
const coordinates = Array.from({ length: 17 }, (_, i) => coordinate(i / 16))

const pieces: readonly string[] = [
  ...letters,
  'Find the target and answer.',
  ...Object.values(phrases).filter((phrase) => phrase.length > 1),
  ...colours.map((colour) => ` ${colour}`),
  ...shapes.map((shape) => ` ${shape}`),
  ...sourceNames,
  ...cellsInOrder.map((cell) => ` ${cellName(cell)}`),
  ...quadrants.map((quadrant) => ` ${quadrant}`),
  ...coordinates.filter((text) => text.length > 1),
  ...coordinates.map((text) => `${text}, `),
  'error: ',
]

/** Token 0 pads, 1 ends a turn, 2 stands for a character that cannot be written. */
export const special = { pad: 0, end: 1, unknown: 2 } as const
const firstPiece = 3

export const vocabularySize: number = firstPiece + pieces.length

const idOf: ReadonlyMap<string, number> = new Map(pieces.map((piece, index) => [piece, firstPiece + index]))
/** Lengths of the pieces that begin with a character, the longest first. */
const lengthsFrom = new Map<string, readonly number[]>()
for (const { length, [0]: first = '' } of pieces.toSorted((a, b) => b.length - a.length)) {
  const lengths = lengthsFrom.get(first) ?? []
  if (!lengths.includes(length)) lengthsFrom.set(first, [...lengths, length])
}

/** The tokens of `text`, without an end mark. */
export function encodeText(text: string): number[] {
  const tokens: number[] = []
  for (let at = 0; at < text.length;) {
    const [id, length] = longestAt(text, at) ?? [special.unknown, 1]
    tokens.push(id)
    at += length
  }
  return tokens
}

/** The longest piece at that place and its length; undefined where none fits. */
function longestAt(text: string, at: number): readonly [number, number] | undefined {
  for (const length of lengthsFrom.get(text.charAt(at)) ?? []) {
    const id = idOf.get(text.slice(at, at + length))
    if (id !== undefined) return [id, length]
  }
  return undefined
}

/** The text of `tokens`; special tokens are left out. */
export function decodeTokens(tokens: Iterable<number>): string {
  let text = ''
  for (const token of tokens) text += pieces[token - firstPiece] ?? ''
  return text
}

/** The single token of a piece. Throws if `piece` is not one. */
export function tokenOf(piece: string): number {
  const id = idOf.get(piece)
  if (id === undefined) throw new Error(`not a piece of the vocabulary: ${JSON.stringify(piece)}`)
  return id
}
