/** Streams of news: where they begin, and how many may be open. */
import { getEventListeners } from 'node:events'
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
  return asks.open({ pictures: [picture], profile: { name: 'embedded', sha256: '0'.repeat(64) } })
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

test('one listener stands for all streams of a signal', () => {
  const stream = eventStreams()
  const gone = new AbortController()
  const ask = openAsk()
  for (let i = 0; i < 20; i++) stream(ask, undefined, gone.signal)
  expect(getEventListeners(gone.signal, 'abort')).toHaveLength(1)
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

test('the thought of a turn comes in pieces, a wait voids it, and what is kept goes first', async () => {
  const ask = openAsk()
  const reader = eventStreams()(ask, undefined, signal).body!.pipeThrough(new TextDecoderStream()).getReader()
  const next = async (): Promise<object> => {
    const { value = '' } = await reader.read()
    return JSON.parse(value.slice(value.indexOf('data: ') + 6)) as object
  }
  const draft = { sample: 0, kind: 'draft', turn: 1, forMs: expect.any(Number) as number }
  ask.beginTurn(0, 1)
  expect(await next()).toEqual({ ...draft, from: 0, text: '' })
  ask.goOn(0, { text: 'A sign' })
  expect(await next()).toEqual({ ...draft, from: 0, text: 'A sign' })
  for (const text of [' on', ' the left.']) ask.goOn(0, { text })
  expect(await next()).toEqual({ ...draft, from: 6, text: ' on the left.' })
  const waiting = { why: 'It is busy.', waitMs: 500, next: { number: 2, of: 6 } }
  ask.goOn(0, { waiting })
  expect(await next()).toEqual({ ...draft, from: 0, text: '', waiting })
  ask.goOn(0, { text: 'Again.' })
  expect(await next()).toEqual({ ...draft, from: 0, text: 'Again.' })
  ask.tell({ sample: 0, kind: 'broken', message: 'over' })
  ask.beginTurn(1, 1)
  expect(await next()).toMatchObject({ kind: 'broken' })
  expect(await next()).toMatchObject({ sample: 1, kind: 'draft' })
  // Whoever comes late has the whole thought at once.
  ask.goOn(1, { text: 'All of it.' })
  const late = eventStreams()(ask, '0', AbortSignal.any([signal])).body!.getReader()
  expect(new TextDecoder().decode((await late.read()).value)).toMatch(/^data: .*"text":"All of it\."/)
  await Promise.all([reader.cancel(), late.cancel()])
})
