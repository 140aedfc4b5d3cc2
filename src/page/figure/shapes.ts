/** The shapes of figures and animations as SVG: frames, badges of turns, texts, pictures. Pure. */
import { dashPatterns, inkOn, turnColours } from '../palette.ts'
import { html } from '../html.ts'
import type { Html } from '../html.ts'
import { itemAt } from '../../shared/known.ts'
import { n } from './layout.ts'
import type { Rect } from './layout.ts'
import type { Weight } from './text.ts'

export const ink = '#1c1b19'
export const soft = '#6a6762'
export const good = '#1a7f4b'
export const bad = '#b3261e'
export const lineHeight = 1.34

/** A check or a cross, 36 units high. */
export function mark(kind: string | undefined, x: number, y: number, colour: string): Html | undefined {
  const paths: Readonly<Record<string, string>> = { correct: 'M2 20 14 33 36 3', wrong: 'M4 4 32 32M32 4 4 32' }
  const path = kind === undefined ? undefined : paths[kind]
  if (path === undefined) return undefined
  return html`<path transform="translate(${n(x)} ${n(y)})" d="${path}" fill="none" stroke="${colour}" stroke-width="6" stroke-linecap="round" stroke-linejoin="round"/>`
}

export function outlined(rect: Rect, turn: number): Html {
  return html`${frame(rect, '#00000080', 6)}${frame(rect, colourOf(turn), 3.5, dashOf(turn))}`
}

export function badge(turn: number, x: number, y: number, radius: number): Html {
  const size = radius * 1.15
  return html`<circle cx="${n(x)}" cy="${n(y)}" r="${radius}" fill="${colourOf(turn)}" stroke="#ffffff" stroke-width="2"/>
<text x="${n(x)}" y="${n(y + size * 0.36)}" font-size="${n(size)}" font-weight="700" text-anchor="middle" fill="${inkOn(colourOf(turn))}">${turn}</text>`
}

export function image(url: string, { x, y, width, height }: Rect): Html {
  return html`<image href="${url}" x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" preserveAspectRatio="none"/>`
}

export function frame(
  { x, y, width, height }: Rect,
  colour: string,
  stroke: number,
  dash = 'none',
  fill = 'none',
): Html {
  return html`<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="4" fill="${fill}" stroke="${colour}" stroke-width="${stroke}" stroke-dasharray="${dash}"/>`
}

export function labels(all: readonly string[], x: number, y: number, size: number, weight: Weight, fill = ink): Html {
  return html`${all.map((line, index) => label(line, x, y + index * size * lineHeight, size, weight, fill))}`
}

export function label(line: string, x: number, y: number, size: number, weight: Weight, fill = ink): Html {
  return html`<text x="${n(x)}" y="${n(y)}" font-size="${size}" font-weight="${weight}" fill="${fill}">${line}</text>`
}

export function colourOf(turn: number): string {
  return itemAt(turnColours, (turn - 1) % turnColours.length)
}

/** As on the pages: colours repeat with another dash pattern. */
export function dashOf(turn: number): string | undefined {
  const round = Math.floor((turn - 1) / turnColours.length) % dashPatterns.length
  return round === 0 ? undefined : dashPatterns[round]
}
