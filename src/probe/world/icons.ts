/** The stickers of worlds: drawings of things with a plain name from six openly licensed icon sets, as `stickers/` holds them. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseJson } from '../../shared/json.ts'

export interface IconSet {
  readonly title: string
  readonly holder: string
  readonly licence: string
  /** Questions ask about emoji, never about pictograms. */
  readonly isEmoji: boolean
}

/** Each is a file of `stickers/`, and was the npm package `@iconify-json/<name>`. The order is part of what a seed draws. */
export const iconSets = {
  'fluent-emoji-flat': { title: 'Fluent Emoji Flat', holder: 'Microsoft Corporation', licence: 'MIT', isEmoji: true },
  'noto-v1': { title: 'Noto Emoji (version 1)', holder: 'Google Inc', licence: 'Apache-2.0', isEmoji: true },
  fxemoji: { title: 'Firefox OS Emoji', holder: 'Mozilla Foundation', licence: 'CC-BY-4.0', isEmoji: true },
  mdi: { title: 'Material Design Icons', holder: 'Pictogrammers', licence: 'Apache-2.0', isEmoji: false },
  temaki: { title: 'Temaki', holder: 'Bryan Housel and contributors', licence: 'CC0-1.0', isEmoji: false },
  maki: { title: 'Maki', holder: 'Mapbox', licence: 'CC0-1.0', isEmoji: false },
} as const satisfies Readonly<Record<string, IconSet>>

/** One drawing of something. */
export interface Icon {
  /** What it shows, such as `cup of coffee`. */
  readonly icon: string
  /** Set and name there, such as `fxemoji:alarmclock`. */
  readonly drawing: string
}

/** Icons are drawn on a square of this side. */
export const iconSide = 32

/** `body`: SVG elements, `iconSide` wide. */
const stickerFile = z.record(z.string(), z.object({ shows: z.string(), body: z.string() }))
type Sticker = z.infer<typeof stickerFile>[string]

interface Stickers {
  readonly all: readonly Icon[]
  readonly byDrawing: ReadonlyMap<string, Sticker>
  readonly askedNames: readonly string[]
  /** The drawings for a name that questions ask about. */
  readonly asked: ReadonlyMap<string, readonly string[]>
}

/** The files of the package, read when first needed. */
let read: Stickers | undefined

/** All stickers, in a fixed order. */
export function allStickers(): readonly Icon[] {
  return (read ??= readStickers()).all
}

/** The names that questions ask about, in a fixed order. */
export function askedNames(): readonly string[] {
  return (read ??= readStickers()).askedNames
}

/** The drawings of a name that questions ask about. */
export function drawingsOf(name: string): readonly string[] {
  return (read ??= readStickers()).asked.get(name) ?? []
}

/** What a drawing shows; undefined where worlds do not have it. */
export function shownBy(drawing: string): string | undefined {
  return (read ??= readStickers()).byDrawing.get(drawing)?.shows
}

/** The SVG elements of a sticker, `iconSide` wide. Ids in them begin with `prefix`, so that two on one page stay apart. */
export function iconBody(drawing: string, prefix: string): string {
  const sticker = (read ??= readStickers()).byDrawing.get(drawing)
  if (sticker === undefined) throw new Error(`there is no sticker ${drawing}`)
  return sticker.body
    .replace(/\bid="/g, `id="${prefix}`)
    .replace(/url\(#/g, `url(#${prefix}`)
    .replace(/href="#/g, `href="#${prefix}`)
}

function readStickers(): Stickers {
  const names = readJson('asked', z.array(z.string()))
  const asked = new Map<string, string[]>(names.map((name) => [name, []]))
  const byDrawing = new Map<string, Sticker>()
  for (const [set, { isEmoji }] of Object.entries(iconSets)) {
    for (const [name, sticker] of Object.entries(readJson(set, stickerFile))) {
      const drawing = `${set}:${name}`
      byDrawing.set(drawing, sticker)
      if (isEmoji) asked.get(sticker.shows)?.push(drawing)
    }
  }
  const all = [...byDrawing].map(([drawing, { shows }]) => ({ icon: shows, drawing }))
  return { all, byDrawing, askedNames: names, asked }
}

function readJson<T>(name: string, schema: z.ZodType<T>): T {
  return schema.parse(parseJson(readFileSync(new URL(`../../../stickers/${name}.json`, import.meta.url), 'utf8')))
}
