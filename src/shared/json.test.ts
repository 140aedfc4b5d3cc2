import { expect, it } from 'vitest'
import { jsonOrUndefined, parseJson, pythonJsonOrUndefined } from './json.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

it('parses what JSON.parse parses', () => {
  for (const text of ['1', 'null', '"a"', '[]', '{"a":[{"b":[1,2,{"__proto__":3}]}]}', nested(100)]) {
    expect(parseJson(text)).toEqual(JSON.parse(text))
  }
  expect(() => parseJson('{')).toThrow(SyntaxError)
})

it.each([nested(101), nested(100_000), '{"a":'.repeat(5000) + '1' + '}'.repeat(5000)])(
  'refuses nesting that would exhaust the stack of whoever walks the value',
  (text) => {
    expect(() => parseJson(text)).toThrow('nested more than 100 deep')
  },
)

it('bounds depth, not width', () => {
  expect(parseJson(`[${'[1],'.repeat(100_000)}[1]]`)).toHaveLength(100_001)
})

it('counts no brackets within strings', () => {
  for (const value of [
    '['.repeat(500),
    '"['.repeat(500),
    '\\'.repeat(3) + '{'.repeat(500),
    { '[[': ['\\"[['.repeat(99)] },
  ]) {
    expect(parseJson(JSON.stringify(value))).toEqual(value)
  }
})

it.each([
  ['{"a":[1]}', { a: [1] }],
  ['null', null],
  ['\uFEFF{"a":1}', { a: 1 }],
  ['\uFEFF\uFEFF1', undefined],
  ['{"a":', undefined],
  ['', undefined],
  ['['.repeat(101) + ']'.repeat(101), undefined],
])('what is no such JSON has no value: %.20s', (text, value) => {
  expect(jsonOrUndefined(text)).toEqual(value)
})

it.each([
  [
    '{"logprob": NaN, "top": [-Infinity,Infinity], "text": "NaN \\" Infinity"}',
    { logprob: null, top: [null, null], text: 'NaN " Infinity' },
  ],
  ['{"a":[1]}', { a: [1] }],
  ['{"a": NaNs}', undefined],
  ['{"a": "NaN', undefined],
])('reads numbers that Python writes and JSON lacks as null: %s', (text, value) => {
  expect(pythonJsonOrUndefined(text)).toEqual(value)
})
