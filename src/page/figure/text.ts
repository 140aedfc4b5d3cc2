/** Text measurement and line breaking for figures, in Inter. */
import { characterMap, interFile, readWoff } from '../../probe/world/font.ts'
import { defined, itemAt, lastOf } from '../../shared/known.ts'

export type Weight = 400 | 700

export const weights: readonly Weight[] = [400, 700]

interface Face {
  /** Advance width relative to the font size; undefined if the font lacks the character. */
  advance(character: string): number | undefined
}

/** The files of the package, read when first needed: one for each weight. */
const faces = new Map<Weight, Face>()

/** Characters that Inter lacks use another font; East Asian ones are square. */
const wideFrom = 0x1100
const strangeWidths = { wide: 1, other: 0.65 }

/** Width in pixels, approximate if characters need another font. */
export function labelWidth(text: string, sizePx: number, weight: Weight): number {
  const face = faceOf(weight)
  let width = 0
  for (const character of text) {
    const { wide, other } = strangeWidths
    width += face.advance(character) ?? ((character.codePointAt(0) ?? 0) >= wideFrom ? wide : other)
  }
  return width * sizePx
}

export function isInInter(text: string): boolean {
  const face = faceOf(400)
  return [...text].every((character) => face.advance(character) !== undefined)
}

export interface Room {
  readonly widthPx: number
  readonly lines: number
  readonly sizePx: number
  readonly weight: Weight
}

/** Longer text is never shown completely, so the rest is not measured. */
const mostCharacters = 2000

/** Wraps text to lines, ending in an ellipsis if it does not fit. Words are separated by any whitespace. */
export function lines(text: string, { widthPx, lines: most, sizePx, weight }: Room): string[] {
  const fits = (line: string): boolean => labelWidth(line, sizePx, weight) <= widthPx
  const words = text.slice(0, mostCharacters).split(/\s+/).filter(Boolean)
  const out: string[] = ['']
  for (const word of words.flatMap((one) => pieces(one, fits))) {
    const longer = out.at(-1) === '' ? word : `${out.at(-1)} ${word}`
    if (fits(longer)) out[out.length - 1] = longer
    else out.push(word)
    if (out.length > most) break
  }
  if (out.length <= most && text.length <= mostCharacters) return out
  let last = [...itemAt(out, Math.min(most, out.length) - 1)]
  while (last.length > 0 && !fits(`${last.join('').trimEnd()}…`)) last = last.slice(0, -1)
  return [...out.slice(0, most - 1), `${last.join('').trimEnd()}…`]
}

/** Splits a word that is wider than a line. */
function pieces(word: string, fits: (text: string) => boolean): string[] {
  const out = ['']
  for (const character of word) {
    if (fits(lastOf(out) + character)) out[out.length - 1] += character
    else out.push(character)
  }
  return out.filter(Boolean)
}

/** The font as an unpacked TrueType file, since the renderer does not support web fonts. */
export function trueType(weight: Weight): Uint8Array {
  const tables = [...readWoff(interFile(weight, 'woff'))].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const header = Buffer.alloc(12 + tables.length * 16)
  header.writeUInt32BE(0x00010000, 0)
  header.writeUInt16BE(tables.length, 4)
  const parts: Buffer[] = [header]
  let at = header.length
  for (const [index, [name, table]] of tables.entries()) {
    const entry = 12 + index * 16
    header.write(name, entry, 'latin1')
    header.writeUInt32BE(at, entry + 8)
    header.writeUInt32BE(table.length, entry + 12)
    const padding = Buffer.alloc(-table.length & 3)
    parts.push(table, padding)
    at += table.length + padding.length
  }
  return Buffer.concat(parts)
}

/** CSS rules that embed the font in an SVG. */
export function fontRules(): string {
  return weights
    .map((weight) => {
      const url = `data:font/woff2;base64,${interFile(weight, 'woff2').toString('base64')}`
      return `@font-face{font-family:Inter;font-weight:${weight};src:url(${url}) format('woff2')}`
    })
    .join('')
}

function faceOf(weight: Weight): Face {
  const known = faces.get(weight) ?? readFace(weight)
  faces.set(weight, known)
  return known
}

function readFace(weight: Weight): Face {
  const tables = readWoff(interFile(weight, 'woff'))
  const table = (name: string): Buffer => defined(tables.get(name), `table ${name}`)
  const [head, hhea, hmtx, cmap] = [table('head'), table('hhea'), table('hmtx'), table('cmap')]
  const unitsPerEm = head.readUInt16BE(18)
  const metrics = hhea.readUInt16BE(34)
  const indexOf = characterMap(cmap)
  return {
    advance(character) {
      const index = indexOf(character.codePointAt(0) ?? 0)
      return index === 0 ? undefined : hmtx.readUInt16BE(Math.min(index, metrics - 1) * 4) / unitsPerEm
    },
  }
}
