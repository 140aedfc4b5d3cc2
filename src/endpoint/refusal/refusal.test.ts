/** What servers say when they refuse, in their own words. */
import { describe, expect, test } from 'vitest'
import { imageCap, isModelUnknown, isTooLong, readRefusal, refusedFields, roomLeft } from './refusal.ts'
import { retryAfterMs } from '../exchange/retry.ts'

const refusal = (message: string, status = 400) => ({ status, message, code: '', param: '' })

test.each([
  ['{"object":"error","message":"no","type":"BadRequestError","code":400}', 'no'],
  ['{"error":{"message":"no","code":"bad"}}', 'no'],
  ['[{"error":{"message":"no","status":"INVALID_ARGUMENT"}}]', 'no'],
  ['{"error":"no"}', 'no'],
  ['{"detail":"no"}', 'no'],
  ['{"detail":[{"loc":["body","stop"],"msg":"no"}]}', 'body.stop: no'],
  ['no', 'no'],
  ['<html><body><h1>502 Bad Gateway</h1></body></html>', '502 Bad Gateway'],
  ['{"error":null}', '{"error":null}'],
  ['', ''],
  [`{"error":{"message":"a\\u001b]0;b\\u0007\\n\\nc"}}`, 'a ]0;b c'],
])('%s says %j', (text, message) => {
  expect(readRefusal({ status: 400, text }).message).toBe(message)
})

test('a message is shown whole, up to some thousand characters', () => {
  const text = `${'x'.repeat(3_000)} the end`
  expect(readRefusal({ status: 500, text }).message).toBe(text)
  expect(readRefusal({ status: 500, text: 'x'.repeat(1e6) }).message.length).toBeLessThan(5_000)
})

describe('too long', () => {
  test.each([
    [
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in the messages, 100 in the completion).",
      undefined,
    ],
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 4096 tokens and your request has 3000 input tokens (8192 > 4096 - 3000).",
      1096,
    ],
    [
      "You passed 3000 input tokens and requested 8192 output tokens. However, the model's context length is only 4096 tokens.",
      1096,
    ],
    [
      "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 tokens: 3000 tokens from the input messages and 2000 tokens for the completion.",
      1096,
    ],
    ["The input (5000 tokens) is longer than the model's context length (4096 tokens).", undefined],
    ['The decoder prompt (length 40000) is longer than the maximum model length of 32768.', undefined],
    ['request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it', undefined],
    ['The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).', undefined],
  ])('%s', (message, room) => {
    expect(isTooLong(refusal(message))).toBe(true)
    if (room !== undefined) expect(roomLeft(refusal(message))).toBe(room)
    expect(refusedFields(refusal(message), ['stop', 'max_tokens', 'seed'])).toEqual([])
  })

  test('llama.cpp also says so with status 500', () => {
    expect(isTooLong(refusal('Context size has been exceeded.', 500))).toBe(true)
    expect(isTooLong(refusal('Context size has been exceeded.', 429))).toBe(false)
  })
})

test.each([
  ['At most 5 image(s) may be provided in one request.', 5],
  ['At most 1 image(s) may be provided in one prompt.', 1],
  ['The maximum number of images is 10 images per request', 10],
  ['The image is too small', undefined],
])('%s', (message, cap) => {
  expect(imageCap(refusal(message))).toBe(cap)
})

test.each([
  [
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    'max_tokens',
  ],
  [
    "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
    'temperature',
  ],
  ['Invalid JSON payload received. Unknown name "seed": Cannot find field.', 'seed'],
  ['Unrecognized request argument supplied: include_stop_str_in_output', 'include_stop_str_in_output'],
  ['this model does not support pictures', undefined],
  ['temperature must be at most 2', undefined],
])('%s', (message, field) => {
  const sent = ['stop', 'include_stop_str_in_output', 'max_tokens', 'temperature', 'seed']
  expect(refusedFields(refusal(message), sent)).toEqual(field === undefined ? [] : [field])
})

test.each([
  ['The model `x` does not exist.', 404, true],
  ['model "x" not found, try pulling it first', 404, true],
  ['Not Found', 404, false],
  ['The model is overloaded', 400, false],
])('%s (%d)', (message, status, unknown) => {
  expect(isModelUnknown(refusal(message, status))).toBe(unknown)
})

test.each([
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after-ms': '120', 'retry-after': '9' }, 120],
  [{ 'retry-after': 'Sun, 06 Nov 1994 08:49:42 GMT' }, 5_000],
  [{ 'retry-after': 'Sun, 06 Nov 1994 08:00:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-1' }, undefined],
  [{}, undefined],
])('%j', (headers, ms) => {
  expect(retryAfterMs(headers, Date.parse('1994-11-06T08:49:37Z'))).toBe(ms)
})
