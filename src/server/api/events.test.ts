/** Streams of news: where they begin, and how many may be open. */
import { afterAll, expect, test } from 'vitest'
import { eventStreams } from './events.ts'
import { keptAsks } from './kept-asks.ts'
import { openPictures } from './pictures.ts'

const pictures = openPictures()
afterAll(() => pictures.close())
const { signal } = new AbortController()
const asks = keptAsks(pictures, signal)

function openAsk() {
  const { picture } = pictures.get('scene-1')
  return asks.open({ picture, profile: { name: 'embedded', sha256: '0'.repeat(64) } })
}

test('64 may be open; one that ends, is cancelled, or whose client has gone makes room', async () => {
  const stream = eventStreams()
  const [going, done] = [openAsk(), openAsk()]
  done.finish()
  const gone = new AbortController()
  const open = Array.from({ length: 62 }, () => stream(going, undefined, AbortSignal.any([signal])))
  const ending = stream(done, undefined, signal)
  stream(going, undefined, gone.signal)
  const busy = expect.objectContaining({ status: 429, retryAfter: 5 }) as Error
  expect(() => stream(going, undefined, AbortSignal.any([signal]))).toThrow(busy)
  await open[0]!.body!.cancel()
  await open[0]!.body!.cancel().catch(() => {})
  expect(await ending.text()).toBe('event: done\ndata: {}\n\n')
  gone.abort()
  for (let i = 0; i < 3; i++) stream(going, undefined, AbortSignal.any([signal]))
  expect(() => stream(going, undefined, AbortSignal.any([signal]))).toThrow(busy)
})

test.each([
  [undefined, 'id: 0'],
  ['', 'id: 0'],
  ['0', 'id: 1'],
  ['1', 'event: done'],
])('after the event %j comes %s', async (last, first) => {
  const ask = openAsk()
  for (const message of ['a', 'b']) ask.tell({ sample: 0, kind: 'broken', message })
  ask.finish()
  const text = await eventStreams()(ask, last, signal).text()
  expect(text.slice(0, first.length)).toBe(first)
})

test.each(['2', '-1', '0.5', '1e9', 'abc', '0x1', '9'.repeat(20)])('no event has the id %j', (last) => {
  const ask = openAsk()
  for (const message of ['a', 'b']) ask.tell({ sample: 0, kind: 'broken', message })
  expect(() => eventStreams()(ask, last, signal)).toThrow(expect.objectContaining({ status: 400 }))
})
