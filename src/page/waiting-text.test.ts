/** A turn says what it waits for: a wait before the next try ends, and then it is the model that it waits for. */
import { expect, test } from 'vitest'
import { waitingText } from './waiting-text.ts'

const busy = { why: 'The server is busy.', next: { number: 3, of: 6 } }
const retries = [
  { atMs: 500, why: 'cut', waitMs: 300 },
  { atMs: 2_000, why: busy.why, waitMs: 2_500 },
]

test.each([
  ['Waiting for the first token of the model.', {}, 9],
  ['The model is reading 900 tokens.', { waiting: { why: 'The model is reading 900 tokens.' } }, 9],
  ['Try 3 of 6 in 3 s.', { waiting: busy }, 2],
  ['Try 3 of 6 in 1 s.', { waiting: busy }, 4],
  ['Try 3 of 6: waiting for the first token of the model.', { waiting: busy }, 5],
  ['Try 3 of 6: waiting for the first token of the model.', { waiting: busy }, 90],
])('%s', (text, turn, seconds) => {
  expect(waitingText({ ...turn, retries }, seconds)).toBe(text)
})

test('an attempt that is repeated at once waits for the model', () => {
  const cut = { waiting: busy, retries: [{ atMs: 2_500, why: 'cut' }] }
  expect(waitingText(cut, 3)).toBe('Try 3 of 6: waiting for the first token of the model.')
})
