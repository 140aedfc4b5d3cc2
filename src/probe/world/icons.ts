/**
 * The stickers of worlds: every drawing that six openly licensed icon sets have of something with a plain name. Icons with clipped
 * or see-through groups are left out, since the rasteriser cannot draw them beyond its canvas.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { askedNames, conceptOf, iconSetNames, vocabularyOf } from './concept.ts'
import type { IconSetName, Vocabulary } from './concept.ts'

export interface IconSet {
  readonly title: string
  readonly holder: string
  readonly licence: string
}

/** Each is the npm package `@iconify-json/<name>`. */
export const iconSets: Readonly<Record<IconSetName, IconSet>> = {
  'fluent-emoji-flat': { title: 'Fluent Emoji Flat', holder: 'Microsoft Corporation', licence: 'MIT' },
  'noto-v1': { title: 'Noto Emoji (version 1)', holder: 'Google Inc', licence: 'Apache-2.0' },
  fxemoji: { title: 'Firefox OS Emoji', holder: 'Mozilla', licence: 'Apache-2.0' },
  mdi: { title: 'Material Design Icons', holder: 'Pictogrammers', licence: 'Apache-2.0' },
  temaki: { title: 'Temaki', holder: 'Bryan Housel and contributors', licence: 'CC0-1.0' },
  maki: { title: 'Maki', holder: 'Mapbox', licence: 'CC0-1.0' },
}

/** One drawing of something. */
export interface Icon {
  /** What it shows, such as `cup of coffee`. */
  readonly icon: string
  /** Set and name there, such as `fxemoji:alarmclock`. */
  readonly drawing: string
}

interface Stickers {
  readonly all: readonly Icon[]
  readonly bodies: ReadonlyMap<string, string>
  /** The drawings that stand for a name that questions ask about: emoji, never pictograms. */
  readonly asked: ReadonlyMap<string, readonly string[]>
}

/** Icons are drawn on a square of this side. */
export const iconSide = 32

let read: Stickers | undefined
let emoji: Vocabulary | undefined

/** All stickers, in a fixed order. */
export function allStickers(): readonly Icon[] {
  return (read ??= readStickers()).all
}

/** The drawings of a name that questions ask about. */
export function drawingsOf(name: string): readonly string[] {
  return (read ??= readStickers()).asked.get(name)!
}

/** What a drawing shows; undefined where worlds do not have it. */
export function shownBy(drawing: string): string | undefined {
  const [set, name] = drawing.split(':') as [IconSetName, string]
  return conceptOf(set, name, (emoji ??= readVocabulary()))
}

/** The SVG elements of a sticker, `iconSide` wide. Ids in them begin with `prefix`, so that two on one page stay apart. */
export function iconBody(drawing: string, prefix: string): string {
  const body = (read ??= readStickers()).bodies.get(drawing)
  if (body === undefined) throw new Error(`there is no sticker ${drawing}`)
  return body
    .replace(/\bid="/g, `id="${prefix}`)
    .replace(/url\(#/g, `url(#${prefix}`)
    .replace(/href="#/g, `href="#${prefix}`)
}

function readStickers(): Stickers {
  const bodies = new Map<string, string>()
  const all: Icon[] = []
  const asked = new Map<string, string[]>(askedNames.map((name) => [name, []]))
  for (const set of iconSetNames) {
    // Parsed, not imported: most icons of a set can be forgotten at once.
    const { icons, width = 16 } = readJson(set, 'icons') as {
      readonly icons: Readonly<Record<string, { readonly body: string; readonly width?: number }>>
      readonly width?: number
    }
    for (const [name, { body, width: own = width }] of Object.entries(icons)) {
      const drawing = `${set}:${name}`
      const icon = shownBy(drawing)
      if (icon === undefined || /clip-path|mask|filter|[^-]opacity/.test(body)) continue
      const pictogram = body.includes('currentColor')
      bodies.set(drawing, pictogram ? roundSign(body, own, all.length) : scaled(body, own))
      all.push({ icon, drawing })
      if (!pictogram) asked.get(icon)?.push(drawing)
    }
  }
  return { all, bodies, asked }
}

const signColours = ['#8a2f2f', '#2f5d8a', '#3d6b3a', '#6b4a8a', '#8a6a1f', '#3a4450'] as const

/** A pictogram in white on a coloured disc. */
function roundSign(body: string, width: number, n: number): string {
  const middle = iconSide / 2
  const disc = `<circle cx="${middle}" cy="${middle}" r="${middle}" fill="${signColours[n % signColours.length]}"/>`
  const share = 0.62
  const inset = (iconSide * (1 - share)) / 2
  const white = body.replaceAll('currentColor', '#ffffff')
  return `${disc}<g transform="translate(${inset} ${inset}) scale(${((iconSide * share) / width).toFixed(5)})">${white}</g>`
}

function scaled(body: string, width: number): string {
  return width === iconSide ? body : `<g transform="scale(${iconSide / width})">${body}</g>`
}

/** Of things, animals, places and faces; the sets call people and symbols the same. */
const categories = [
  'Activities',
  'Animals & Nature',
  'Food & Drink',
  'Objects',
  'Smileys & Emotion',
  'Travel & Places',
] as const

function readVocabulary(): Vocabulary {
  const metadata = readJson('fluent-emoji-flat', 'metadata') as {
    readonly categories: Readonly<Record<string, readonly string[]>>
  }
  return vocabularyOf(categories.flatMap((category) => metadata.categories[category]!))
}

function readJson(set: IconSetName, file: string): unknown {
  return JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve(`@iconify-json/${set}/${file}.json`), 'utf8'),
  ) as unknown
}
