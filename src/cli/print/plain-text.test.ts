import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { plainJson, plainLine, plainText } from './plain-text.ts'

test('escape sequences, controls and direction marks are gone, options stay', () => {
  expect(plainText('\u001b[31mred\u001b[0m \u001b]8;;http://evil.test\u0007link\u001b]8;;\u0007')).toBe('red link')
  expect(plainText('a\rb\u0008c\u0000d\u009be\u202ef\u2069')).toBe('abcdef')
  expect(plainText('two\nlines\tand a tab, Größe, 数字, ❤')).toBe('two\nlines\tand a tab, Größe, 数字, ❤')
  expect(plainText('half \ud83d pair')).toBe('half \ufffd pair')
})

test('JSON keeps its value and holds nothing that a terminal obeys', () => {
  const value = { answer: 'a\u001b[31m\u009b2J\u202eb\ufeff ❤' }
  const json = plainJson(value)
  expect(JSON.parse(json)).toEqual(value)
  expect(plainText(json)).toBe(json)
})

test('a line is one line and short, whatever comes in', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 80 }), (text) => {
      const line = plainLine(text, 40)
      expect(line.length).toBeLessThanOrEqual(40)
      // oxlint-disable-next-line no-control-regex
      expect(line).not.toMatch(/[\n\r\u0000-\u001f\u007f-\u009f]/)
    }),
  )
  expect(plainLine('x'.repeat(1_000_000), 10)).toBe('xxxxxxxxx…')
})
