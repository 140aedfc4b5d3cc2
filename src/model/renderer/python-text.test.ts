import { expect, test } from 'vitest'
import { pythonJson, stripEnd, stripStart, withoutBlanks } from './python-text.ts'

test('JSON is as Python writes it', () => {
  const value = { name: 'é "q"', box: [0.25, 1, []], none: null, yes: true, deep: { a: {} } }
  expect(pythonJson(value)).toBe(
    '{"name": "é \\"q\\"", "box": [0.25, 1, []], "none": null, "yes": true, "deep": {"a": {}}}',
  )
})

test('blanks are those of Python: a byte order mark is none, and separators of records are', () => {
  const text = '\u{1C}\u{A0} \n\u{FEFF}a b\u{FEFF}\u{85}\u{1F}\t'
  expect(stripStart(text)).toBe('\u{FEFF}a b\u{FEFF}\u{85}\u{1F}\t')
  expect(stripEnd(text)).toBe('\u{1C}\u{A0} \n\u{FEFF}a b\u{FEFF}')
  expect([stripStart(' \n'), stripEnd(' \n'), stripStart(''), stripEnd('')]).toEqual(['', '', '', ''])
  expect(withoutBlanks(text)).toBe('ab')
})
