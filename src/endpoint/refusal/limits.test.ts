/** The limit that a refusal states, which is not every number near a word for limits. */
import { expect, test } from 'vitest'
import { meaningOf, readRefusal } from './refusal.ts'

const meaning = (message: string, status = 400, code?: string) =>
  meaningOf(readRefusal({ status, text: JSON.stringify({ error: { message, code } }) }))

test.each([
  ['Request body too large for gpt-4o model. Max size: 8000 tokens.', 8000],
  ['Prompt is too large: 5000 > 4096', 4096],
  ['请求token总数超过模型上限32768', 32768],
  ['input length and `max_tokens` exceed context limit: 188000 + 21333 > 200000, decrease input length', 200000],
  ['The sum of prompt length (3001), query length (0) and max_tokens (512) should not exceed max_seq_len (2048)', 2048],
  ['The context is limited by 4096 tokens, and the prompt exceeds that', 4096],
  // None of these numbers is a limit in tokens.
  ['exceeded max context length by 123 tokens', undefined],
  ['too many tokens: size limit exceeded by 1204 tokens. Try using shorter or fewer inputs', undefined],
  ['token limit exceeded: 40000/32768', undefined],
  ['the max input characters is 11200', undefined],
])('too long: %s', (message, limit) => {
  const found = meaning(message, 413)
  expect(found.kind).toBe('too-long')
  expect(found).toEqual(
    limit === undefined
      ? expect.not.objectContaining({ limit: expect.anything() })
      : expect.objectContaining({ limit }),
  )
})

test('a code for too many tokens counts although the status is for too many bytes', () => {
  expect(meaning('Request body too large.', 413, 'tokens_limit_reached').kind).toBe('too-long')
  expect(meaning('Request body too large.', 413).kind).toBe('request-too-large')
})

test.each([
  ['Multiple images are not supported by this model', 1],
  ['Multiple images per request are currently unsupported', 1],
  ["Multiple pictures aren't allowed", 1],
  ['Multiple images of different sizes are not supported', 1],
  ['Images with different resolutions in one request are not supported', 1],
  ['This model does not support images of different shapes', 1],
  ['All images must have the same size', 1],
  ['image num 6 is larger than max 5', 5],
  ['image_num must be at most 5', 5],
])('too many pictures: %s', (message, cap) => {
  expect(meaning(message)).toEqual({ kind: 'too-many-images', cap })
})

test("the reply that was asked for is not the model's limit", () => {
  const message = "'max_tokens' is too large: 8192. This model supports at most 32768 completion tokens"
  expect(meaning(message)).toEqual({ kind: 'reply-cap', cap: 32768 })
})

test.each([
  ['Multiple image formats are not supported', 'image-unfit'],
  // Some pictures are refused, not all.
  ['Animated images are not supported', 'unknown'],
  ['Images with an alpha channel are not supported', 'unknown'],
  ['Images in system messages are not supported', 'unknown'],
  ['Image URLs are not supported: send base64', 'unknown'],
  ['Images with this model are not supported', 'no-pictures'],
  ['Image inputs are not supported', 'no-pictures'],
  ['Image number 3 is larger than the limit 20971520', 'unknown'],
  ['Input image is too large', 'image-unfit'],
  ['The prompt is too large: it has 12 MB', 'unknown'],
  ['每分钟请求token总数超过上限60000', 'unknown'],
  ['max_tokens参数超过模型上限8192', 'reply-cap'],
])('something else: %s', (message, kind) => {
  expect(meaning(message).kind).toBe(kind)
})
