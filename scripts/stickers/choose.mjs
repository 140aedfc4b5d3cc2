/**
 * Which icons become stickers, in the order of their sets, and how each is drawn: on a square of one side, a pictogram in white on
 * a coloured disc. Icons with clipped or see-through groups are left out, since the rasteriser cannot draw them beyond its canvas.
 */
import { askedEmoji, fxNames, pictograms, plainNames, refusedDrawings, refusedEmoji } from './names.mjs'

/** Stickers are drawn on a square of this side. */
const side = 32
const signColours = ['#8a2f2f', '#2f5d8a', '#3d6b3a', '#6b4a8a', '#8a6a1f', '#3a4450']

/** The names that questions ask about, in a fixed order. */
export const askedNames = askedEmoji.map(plainName)

/**
 * @typedef {{ icons: Record<string, { body: string, width?: number }>, width?: number }} IconSet As Iconify publishes it.
 * @typedef {{ shows: string, body: string }} Sticker
 * @param {readonly (readonly [string, IconSet])[]} sets
 * @param {readonly string[]} emoji Names of emoji that may be shown.
 * @returns {Record<string, Record<string, Sticker>>} By set and name.
 */
export function chooseStickers(sets, emoji) {
  const vocabulary = vocabularyOf(emoji)
  let count = 0
  return Object.fromEntries(
    sets.map(([set, { icons, width = 16 }]) => {
      /** @type {Record<string, Sticker>} */
      const chosen = {}
      for (const [name, { body, width: own = width }] of Object.entries(icons)) {
        const shows = conceptOf(set, name, vocabulary)
        if (shows === undefined || /clip-path|mask|filter|[^-]opacity/.test(body)) continue
        chosen[name] = { shows, body: body.includes('currentColor') ? roundSign(body, own, count) : scaled(body, own) }
        count++
      }
      return [set, chosen]
    }),
  )
}

/**
 * Emoji that may be shown, by their letters without hyphens.
 * @param {readonly string[]} emoji
 */
export function vocabularyOf(emoji) {
  const shown = emoji.filter((name) => !refusedEmoji.has(name) && !/-(oclock|thirty)$/.test(name))
  return new Map(shown.map((name) => [letters(name), name]))
}

/**
 * The plain name, such as `magnifying glass`, the same for drawings of one thing by several sets; undefined for an icon that
 * worlds do not show.
 * @param {string} set
 * @param {string} icon
 * @param {ReadonlyMap<string, string>} emoji
 * @returns {string | undefined}
 */
export function conceptOf(set, icon, emoji) {
  if (refusedDrawings.has(`${set}:${icon}`)) return undefined
  if (set === 'mdi' || set === 'temaki' || set === 'maki') {
    return pictograms[set].has(icon) ? icon.replace(/\d+$/, '').replaceAll('-', ' ') : undefined
  }
  const name = emoji.get(letters((set === 'fxemoji' && fxNames[icon]) || icon))
  return name && plainName(name)
}

/** @param {string} emoji */
function plainName(emoji) {
  return plainNames[emoji] ?? emoji.replaceAll('-', ' ')
}

/** @param {string} name */
function letters(name) {
  return name.replaceAll('-', '')
}

/**
 * @param {string} body
 * @param {number} width
 * @param {number} n
 */
function roundSign(body, width, n) {
  const middle = side / 2
  const disc = `<circle cx="${middle}" cy="${middle}" r="${middle}" fill="${signColours[n % signColours.length]}"/>`
  const share = 0.62
  const inset = (side * (1 - share)) / 2
  const white = body.replaceAll('currentColor', '#ffffff')
  return `${disc}<g transform="translate(${inset} ${inset}) scale(${((side * share) / width).toFixed(5)})">${white}</g>`
}

/**
 * @param {string} body
 * @param {number} width
 */
function scaled(body, width) {
  return width === side ? body : `<g transform="scale(${side / width})">${body}</g>`
}
