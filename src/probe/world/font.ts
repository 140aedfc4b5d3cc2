/**
 * The letters of signs, as outlines: Inter (OFL) is read from the web font in `fonts/`, and text becomes an SVG path. So what is drawn depends on no font of the machine, and how wide a text is, is known before it is drawn.
 */
import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { defined, itemAt } from '../../shared/known.ts'

interface Glyph {
  /** SVG path in font units, y downwards, the baseline at 0. */
  readonly path: string
  readonly advance: number
}

interface Font {
  readonly unitsPerEm: number
  glyph(character: string): Glyph
}

/** Height of capitals and digits as a share of the font size, from the font's own table. */
const capHeight = 0.727

/** The width of a text whose capitals are `height` tall. */
export function textWidth(text: string, height: number): number {
  const { unitsPerEm, glyph } = (inter ??= readFont())
  const units = [...text].reduce((sum, character) => sum + glyph(character).advance, 0)
  return (units * height) / (capHeight * unitsPerEm)
}

/** A path element: capitals `height` tall, their middle at `(x, y)`. */
export function textPath(text: string, x: number, y: number, height: number, fill: string): string {
  const { unitsPerEm, glyph } = (inter ??= readFont())
  const scale = height / (capHeight * unitsPerEm)
  let at = x - textWidth(text, height) / 2
  return [...text]
    .map((character) => {
      const { path, advance } = glyph(character)
      const left = at
      at += advance * scale
      const place = `translate(${round(left)} ${round(y + height / 2)}) scale(${scale.toFixed(6)})`
      return path === '' ? '' : `<path transform="${place}" d="${path}" fill="${fill}"/>`
    })
    .join('')
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** A file of the package, read when first needed. */
let inter: Font | undefined

/** The web font, which holds the letters of western languages. */
export function interFile(weight: 400 | 700, kind: 'woff' | 'woff2'): Buffer {
  return readFileSync(new URL(`../../../fonts/inter-latin-${weight}-normal.${kind}`, import.meta.url))
}

function readFont(): Font {
  const tables = readWoff(interFile(700, 'woff'))
  const table = (name: string): Buffer => defined(tables.get(name), `table ${name}`)
  const [head, hhea, hmtx, loca, glyf] = [table('head'), table('hhea'), table('hmtx'), table('loca'), table('glyf')]
  const longOffsets = head.readInt16BE(50) === 1
  const offset = (index: number): number =>
    longOffsets ? loca.readUInt32BE(index * 4) : loca.readUInt16BE(index * 2) * 2
  const metrics = hhea.readUInt16BE(34)
  const indexOf = characterMap(table('cmap'))
  const known = new Map<string, Glyph>()
  const read = (character: string): Glyph => {
    const index = indexOf(character.codePointAt(0) ?? 0)
    if (index === 0) throw new Error(`the font has no ${character}`)
    const [start, end] = [offset(index), offset(index + 1)]
    const advance = hmtx.readUInt16BE(Math.min(index, metrics - 1) * 4)
    return { advance, path: start === end ? '' : outline(glyf.subarray(start, end)) }
  }
  return {
    unitsPerEm: head.readUInt16BE(18),
    glyph(character) {
      const glyph = known.get(character) ?? read(character)
      known.set(character, glyph)
      return glyph
    },
  }
}

/** The tables of a WOFF 1 file: an SFNT whose tables are compressed one by one. */
export function readWoff(file: Buffer): ReadonlyMap<string, Buffer> {
  const tables = new Map<string, Buffer>()
  for (let n = 0; n < file.readUInt16BE(12); n++) {
    const entry = 44 + n * 20
    const number = (at: number): number => file.readUInt32BE(entry + at)
    const [start, packed, size] = [number(4), number(8), number(12)]
    const bytes = file.subarray(start, start + packed)
    tables.set(file.toString('latin1', entry, entry + 4), packed < size ? inflateSync(bytes) : bytes)
  }
  return tables
}

/** From code points to glyphs (0: none), by the table's format 4 (segments of the basic plane). */
export function characterMap(cmap: Buffer): (codePoint: number) => number {
  const starts = Array.from({ length: cmap.readUInt16BE(2) }, (_, n) => cmap.readUInt32BE(4 + n * 8 + 4))
  const start = defined(
    starts.find((at) => cmap.readUInt16BE(at) === 4),
    'a table of format 4',
  )
  const segments = cmap.readUInt16BE(start + 6) / 2
  const [ends, begins] = [start + 14, start + 16 + segments * 2]
  return (codePoint) => {
    for (let n = 0; n < segments; n++) {
      if (codePoint > cmap.readUInt16BE(ends + n * 2)) continue
      const first = cmap.readUInt16BE(begins + n * 2)
      if (codePoint < first) return 0
      const delta = cmap.readUInt16BE(begins + segments * 2 + n * 2)
      const rangeAt = begins + segments * 4 + n * 2
      const range = cmap.readUInt16BE(rangeAt)
      if (range === 0) return (codePoint + delta) & 0xffff
      const glyph = cmap.readUInt16BE(rangeAt + range + (codePoint - first) * 2)
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff
    }
    return 0
  }
}

/** A simple TrueType glyph as a path: contours of quadratic curves, whose ends may be implied half-way between two controls. */
function outline(glyph: Buffer): string {
  const contours = glyph.readInt16BE(0)
  if (contours < 0) throw new Error('a sign has no letters that are put together from others')
  const ends = Array.from({ length: contours }, (_, n) => glyph.readUInt16BE(10 + n * 2))
  const count = (ends.at(-1) ?? -1) + 1
  let at = 10 + contours * 2
  at += 2 + glyph.readUInt16BE(at)
  const flags: number[] = []
  while (flags.length < count) {
    const flag = glyph.readUInt8(at++)
    const times = flag & 8 ? glyph.readUInt8(at++) + 1 : 1
    for (let n = 0; n < times; n++) flags.push(flag)
  }
  const axis = (short: number, same: number): number[] => {
    let value = 0
    return flags.map((flag) => {
      if (flag & short) value += glyph.readUInt8(at++) * (flag & same ? 1 : -1)
      else if (!(flag & same)) value += glyph.readInt16BE((at += 2) - 2)
      return value
    })
  }
  const xs = axis(2, 16)
  const ys = axis(4, 32)
  const points = flags.map((flag, n) => ({ on: (flag & 1) === 1, x: itemAt(xs, n), y: -itemAt(ys, n) }))
  return ends.map((end, n) => contour(points.slice((ends[n - 1] ?? -1) + 1, end + 1))).join('')
}

interface Point {
  readonly on: boolean
  readonly x: number
  readonly y: number
}

function contour(points: readonly Point[]): string {
  const between = (a: Point, b: Point): Point => ({ on: true, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })
  const full = points.flatMap((point, n) => {
    const next = itemAt(points, (n + 1) % points.length)
    return point.on || next.on ? [point] : [point, between(point, next)]
  })
  const first = full.findIndex(({ on }) => on)
  const start = itemAt(full, first)
  const rest = [...full.slice(first + 1), ...full.slice(0, first)]
  let path = `M${start.x} ${start.y}`
  for (const [n, point] of rest.entries()) {
    if (!point.on) {
      const end = rest[n + 1] ?? start
      path += `Q${point.x} ${point.y} ${end.x} ${end.y}`
    } else if (rest[n - 1]?.on ?? true) path += `L${point.x} ${point.y}`
  }
  return `${path}Z`
}
