/** Which reasons are alike, and how they are counted. */
import { expect, test } from 'vitest'
import type { Reason } from './reason.ts'
import { countReasons, reasonCounter, reasonCountText } from './reason-count.ts'

const failed = (message: string, code = 'request-refused'): Reason => ({ kind: 'failed', code, message })

test.each([
  [
    'ports and addresses',
    ['http://127.0.0.1:8000 failed.', 'http://127.0.0.1:8001 failed.', 'http://10.0.0.12:8000 failed.'],
  ],
  ['numbers', ['at most 2048 tokens, not 4096.5', 'at most 1 token, not 7', 'At most 2,048 tokens, not 12 345.']],
  ['identifiers', ['Request req-7f3a broke.', 'Request req_XyZabc broke.', 'Request chatcmpl-99bc broke.']],
  ['identifiers of letters', ['broke (trace id: abcdefab)', 'broke (trace id: fedcbafe)', 'broke (trace id: 12ab)']],
  ['quoted text', ['It said "one".', 'It said "two or three".', 'It said "of 4, \\"']],
  ['names in other quotes', ["No field 'a'.", "No field 'seed'.", 'No field `top_k`.']],
  ['what an apostrophe is not', ["It doesn't fit in 5.", "It doesn't  fit in 6."]],
  ['lists', ['sizes [1, 2, 3] do not fit', 'sizes [640x480, 20] do not fit']],
  ['the number of tries', ['It broke. That was the last of 6 tries.', 'It broke. That was the last of 3 tries.']],
])('reasons that differ in %s are one', (_, messages) => {
  expect(countReasons(messages.map((message) => failed(message)))).toMatchObject([
    { message: messages[0], count: messages.length },
  ])
})

test.each(['context-length', 'content-filter', 'connection-cut', 'endpoint-busy'])(
  'a %s is one however it is worded',
  (code) => {
    const wordings = ['socket hang up', 'read ECONNRESET', 'flagged for violence', 'too many tokens']
    expect(countReasons(wordings.map((message) => failed(message, code)))).toMatchObject([{ count: 4 }])
  },
)

test('kinds, codes and words are told apart; the commonest is first, with one of its searches', () => {
  const counter = reasonCounter()
  const of = (docId: string) => () => ({ dataSource: 'set', docId, sampleIndex: 2 })
  counter.add(failed('Out of memory.'), of('a'))
  counter.add(failed('No room for 3.'), of('b'))
  counter.add(failed('Out of memory.', 'request-failed'), of('c'))
  counter.add({ ...failed('Out of memory.'), kind: 'refused' }, of('d'))
  expect(counter.add(failed('No room for 40.'), of('e'))).toBe(2)
  expect(counter.counts().map(({ count, search }) => [count, search?.docId])).toEqual([
    [2, 'b'],
    [1, 'a'],
    [1, 'c'],
    [1, 'd'],
  ])
  const [first] = counter.counts()
  expect(reasonCountText(first!)).toBe('2 x failed (request-refused): No room for 3. [such as set/b, sample 3]')
  expect(reasonCountText(first!, 60)).toBe('2 x failed (request-refused): No … [such as set/b, sample 3]')
})

test('long and odd messages are compared in time that grows with their length', () => {
  const odd = ['"'.repeat(100_000), "' '".repeat(50_000), '# '.repeat(50_000), '1.'.repeat(50_000), '_'.repeat(100_000)]
  expect(countReasons(odd.map((message) => failed(message)))).not.toHaveLength(0)
})
