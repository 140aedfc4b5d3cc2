import { Resvg } from '@resvg/resvg-js'
import { describe, expect, it } from 'vitest'
import { allStickers, askedNames, drawingsOf, iconBody, iconSets, iconSide, shownBy } from './icons.ts'

describe('stickers', () => {
  const all = allStickers()

  it('are thousands, of every set, each drawn once and called by what its drawing shows', () => {
    expect(all.length).toBeGreaterThanOrEqual(2000)
    expect(new Set(all.map(({ drawing }) => drawing)).size).toBe(all.length)
    for (const set of Object.keys(iconSets)) {
      expect(all.filter(({ drawing }) => drawing.startsWith(`${set}:`)).length).toBeGreaterThan(90)
    }
    for (const { icon, drawing } of all) expect(shownBy(drawing)).toBe(icon)
  })

  it('have drawings of every name that is asked about', () => {
    expect(new Set(askedNames()).size).toBe(askedNames().length)
    for (const name of askedNames()) {
      expect(drawingsOf(name).length).toBeGreaterThan(0)
      for (const drawing of drawingsOf(name)) expect(shownBy(drawing)).toBe(name)
    }
  })

  it('are without clipped or see-through groups, which cannot be drawn beyond a canvas', () => {
    for (const { drawing } of all) expect(iconBody(drawing, 'a-')).not.toMatch(/clip-path|mask|filter|[^-]opacity/)
  })

  it('keep to their box, however far beyond it something stray would lie', () => {
    for (const { drawing } of all) {
      const svg =
        `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${iconSide}" ` +
        `height="${iconSide}">${iconBody(drawing, 'a-')}</svg>`
      const { x, y, width, height } = new Resvg(svg, { font: { loadSystemFonts: false } }).getBBox()!
      const beyond = Math.max(-x, -y, x + width - iconSide, y + height - iconSide)
      expect([drawing, beyond > 1]).toEqual([drawing, false])
    }
  })
})
