/** No part of a key is left of what a server sends back. */
import { expect, test } from 'vitest'
import { readRefusal } from './refusal/refusal.ts'
import { withoutKey } from './without-key.ts'

const key = 'sk-q7/Zp+41VbnTr9XwLmE2c_Kd'

test.each([
  ['whole', `Incorrect key: ${key}.`, 'Incorrect key: ***.'],
  ['twice', `${key} and ${key}`, '*** and ***'],
  ['its beginning', `key ${key.slice(0, 12)}...`, 'key ***...'],
  ['its end', `key ...${key.slice(-10)}`, 'key ...***'],
  ['URL-encoded', `Bearer%20${encodeURIComponent(key)}!`, 'Bearer%20***!'],
  ['with blanks', `key ${[...key].join(' ')}.`, 'key ***.'],
  ['nothing of it', 'The model sk-learn does not exist.', 'The model sk-learn does not exist.'],
])('%s', (_, text, cleaned) => {
  expect(withoutKey(text, key)).toBe(cleaned)
})

test.each(['', 'B', 'Be', 'Bearer '])('in base64 behind %j', (before) => {
  const encoded = Buffer.from(`${before}${key} tail`).toString('base64')
  const left = withoutKey(encoded, key).split('***')
  // What is left on either side also depends on what is not the key.
  expect(left).toHaveLength(2)
  for (const part of left) expect(Buffer.from(part, 'base64').toString('latin1')).not.toMatch(/q7\/Zp|Kd$/)
})

test('a short key goes whole, without a key nothing goes', () => {
  expect(withoutKey('EMPTY is not a key', 'EMPTY')).toBe('*** is not a key')
  expect(withoutKey('text', undefined)).toBe('text')
})

test('a key is removed before a message is cut, wherever in it the key stands', () => {
  const long = 'sk-abcdefghijklmnopqrstuvwxyz0123456789'
  for (let at = 3_950; at <= 4_010; at++) {
    const text = `${'. '.repeat(at / 2)}${long}${' .'.repeat(40_000)}`
    for (const body of [text, JSON.stringify({ error: { message: text } })]) {
      expect(readRefusal({ status: 400, text: body }, long).message).not.toMatch(/sk-|[a-z]/)
    }
  }
})

test('a key that the reading of a huge body would cut is gone, too', () => {
  const long = 'sk-abcdefghijklmnopqrstuvwxyz0123456789'
  for (let before = 15_950; before <= 16_005; before++) {
    const text = `${'<'.repeat(before - 1)}>${long}`
    expect(readRefusal({ status: 502, text }, long).message).not.toMatch(/sk-|[a-z]/)
  }
})
