/** Bodies that would cost more than they are worth are refused before they are parsed. */
import { expect, test } from 'vitest'
import { readJson } from './read-json.ts'

const read = (text: string): unknown => readJson(Buffer.from(text))

test.each([
  '{"a":[1,"two",null,{"b":"]]]]"}]}',
  '"a \\" quote, \\\\"',
  String.raw`{"path":"C:\\","next":"\\\"[[[["}`,
  '"é \\u0000 ☃"',
  JSON.stringify('['.repeat(1000)),
  JSON.stringify(Array.from({ length: 60 }, (_, i) => i)),
])('%s is read as JSON.parse reads it', (text) => {
  expect(read(text)).toEqual(JSON.parse(text))
})

test('a byte order mark is no part of it', () => {
  expect(read('\ufeff{"a":1}')).toEqual({ a: 1 })
})

test.each([
  ['lists in lists', '['.repeat(101) + ']'.repeat(101), 'invalid_json'],
  ['objects in objects', '{"a":'.repeat(100_000), 'json_too_long'],
  ['many small parts', `[${'{"a":1},'.repeat(40_000)}1]`, 'json_too_long'],
  ['many numbers', `[${'1,'.repeat(100_000)}1]`, 'json_too_long'],
  ['half an object', '{"a":', 'invalid_json'],
  ['a string without an end', '"abc\\"', 'invalid_json'],
  ['more closed than opened', ']]]][[', 'invalid_json'],
  ['nothing', '', 'invalid_json'],
])('%s: %#', (_, text, code) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ status: 400, code }))
})
