import { expect, test } from 'vitest'
import { searched } from '../../../test/searched.ts'
import { searchSpans } from './otel-spans.ts'

interface Read {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: { readonly key: string; readonly value: object }[]
  readonly status: { readonly code?: number }
}

const usage = { promptTokens: 100, imageTokens: 0, replyTokens: 20 }
const startedMs = 1_764_000_000_000

function read(key = 'k'): Read[] {
  const plain = searched([0, -1, 1])
  const turns = plain.turns.map((turn) => ({ ...turn, usage, ms: 250.5 }))
  const data = searchSpans({ ...plain, policy: 'chat:qwen', turns, ms: 1100 }, { run: 'a', key, startedMs })
  const { resourceSpans } = JSON.parse(JSON.stringify(data)) as { resourceSpans: { scopeSpans: { spans: Read[] }[] }[] }
  return resourceSpans[0]!.scopeSpans[0]!.spans
}

test('a span for the search, for each turn, and below it for the call of the model and the zoom', () => {
  const spans = read()
  const at = (parent: string | undefined): string[] =>
    spans.filter(({ parentSpanId }) => parentSpanId === parent).map(({ name }) => name)
  expect(at(undefined)).toEqual(['invoke_agent mini-o3'])
  expect(at(spans[0]!.spanId)).toEqual(['turn 1', 'turn 2', 'turn 3', 'turn 4'])
  expect(spans.filter(({ name }) => name === 'chat qwen')).toHaveLength(4)
  expect(spans.filter(({ name }) => name === 'execute_tool zoom').map(({ status }) => status.code)).toEqual([
    undefined,
    2,
    undefined,
  ])
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
  for (const { traceId, spanId, startTimeUnixNano, endTimeUnixNano } of spans) {
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(spanId).toMatch(/^[0-9a-f]{16}$/)
    expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano))
  }
  const turn = spans.find(({ name }) => name === 'turn 2')!
  expect([turn.startTimeUnixNano, turn.endTimeUnixNano]).toEqual(['1764000000250500000', '1764000000501000000'])
})

test('attributes by the conventions for generative AI; whole numbers as text', () => {
  const chat = read().find(({ name }) => name === 'chat qwen')!
  expect(Object.fromEntries(chat.attributes.map(({ key, value }) => [key, value]))).toEqual({
    'gen_ai.operation.name': { stringValue: 'chat' },
    'gen_ai.provider.name': { stringValue: 'openai' },
    'gen_ai.request.model': { stringValue: 'qwen' },
    'gen_ai.usage.input_tokens': { intValue: '100' },
    'gen_ai.usage.output_tokens': { intValue: '20' },
    'gen_ai.response.finish_reasons': { arrayValue: { values: [{ stringValue: 'stop' }] } },
  })
})

test('a repeat gives the same ids, another search others', () => {
  expect(read()).toEqual(read())
  expect(read('other')[0]!.traceId).not.toBe(read()[0]!.traceId)
})
