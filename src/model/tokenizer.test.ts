import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellBox, cellName, cellsInOrder, parseCell, phrases, placeBox, quadrants } from './language.ts'
import { decodeTokens, encodeText, special, tokenOf, vocabularySize } from './tokenizer.ts'

describe('tokenizer', () => {
  test('protocol pieces are single tokens', () => {
    for (const phrase of Object.values(phrases)) expect(encodeText(phrase)).toHaveLength(1)
    for (const piece of ['original_image', 'observation_7', 'observation_64', ' c4', ' nw', ' red', ' star']) {
      expect(encodeText(piece)).toEqual([tokenOf(piece)])
    }
    expect(encodeText('Find the target and answer.')).toHaveLength(1)
    expect(
      encodeText('</think><grounding>{"bbox_2d": [0.3125, 0, 1, 0.5], "source": "observation_12"}</grounding>'),
    ).toHaveLength(8)
  })

  test('any printable text comes back', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => decodeTokens(encodeText(text)) === text))
  })

  test('what cannot be written becomes one unknown token a character, and never throws', () => {
    expect(encodeText('é')).toEqual([special.unknown])
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const tokens = encodeText(text)
        return tokens.every((token) => token > 0 && token < vocabularySize) && tokens.length <= text.length
      }),
    )
  })
})

describe('places', () => {
  test('every cell has a name, a place in the order and a window that holds it', () => {
    expect(new Set(cellsInOrder.map(cellName)).size).toBe(64)
    for (const cell of cellsInOrder) {
      expect(parseCell(cellName(cell))).toEqual(cell)
      const [x0, y0, x1, y1] = cellBox(cell)
      expect(x1 - x0).toBe(0.25)
      expect(y1 - y0).toBe(0.25)
      expect(x0).toBeLessThanOrEqual(cell.column / 8)
      expect(x1).toBeGreaterThanOrEqual((cell.column + 1) / 8)
      expect(y0).toBeLessThanOrEqual(cell.row / 8)
      expect(y1).toBeGreaterThanOrEqual((cell.row + 1) / 8)
      for (const edge of [x0, y0, x1, y1]) expect(Number.isInteger(edge * 16)).toBe(true)
    }
  })

  test('quadrants cover the view together', () => {
    const boxes = quadrants.map((name) => placeBox(name)!)
    for (let u = 0; u <= 1; u += 0.05) {
      for (let v = 0; v <= 1; v += 0.05) {
        expect(boxes.some(([x0, y0, x1, y1]) => u >= x0 && u <= x1 && v >= y0 && v <= y1)).toBe(true)
      }
    }
    expect(placeBox('z9')).toBeUndefined()
  })
})
