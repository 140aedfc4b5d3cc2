/** Errors inside a reply with status 200 mean what they would with a status of their own. */
import { expect, test } from 'vitest'
import { meaningOf, readRefusal } from '../refusal/refusal.ts'
import { innerError } from './inner-error.ts'

test.each([
  [{ error_code: 17, error_msg: 'Open api daily request limit reached' }, 429, 'quota'],
  [{ error_code: 18, error_msg: 'Open api qps request limit reached' }, 429, 'busy'],
  [{ error_code: 19, error_msg: 'Open api total request limit reached' }, 402, 'quota'],
  [{ code: 30001, message: 'Sorry, your account balance is insufficient' }, 402, 'quota'],
  [{ error: { code: '1113', message: '您的账户已欠费，请充值后重试。' } }, 402, 'quota'],
  [{ error_code: 110, error_msg: 'Access token invalid or no longer valid' }, 401, 'key'],
  [{ error_code: 111, error_msg: 'Access token expired' }, 401, 'key'],
  [{ base_resp: { status_code: 2049, status_msg: 'invalid api key' } }, 401, 'key'],
  [{ code: 20012, message: 'Model does not exist. Please check it carefully.' }, 404, 'model-unknown'],
  [{ message: 'Not found the model kimi-x or Permission denied' }, 404, 'model-unknown'],
  [{ error: 'model "x" not found' }, 404, 'model-unknown'],
  [{ error_code: 336007, error_msg: 'the max input characters is 11200' }, 400, 'too-long'],
  [{ error: 'Could not process image' }, 400, 'image-unfit'],
  [{ error: { message: 'Unsupported parameter: top_k' } }, 400, 'unknown'],
  [{ code: 20015, message: 'The parameter is invalid. Please check again.' }, 400, 'unknown'],
  [{ error_code: 500, error_msg: 'broken' }, 500, 'unknown'],
  [{ error_code: 2, error_msg: 'Service temporarily unavailable' }, 503, 'busy'],
  [{ error_code: 336100, error_msg: 'try again' }, 502, 'unknown'],
  [{ base_resp: { status_code: 1000, status_msg: 'unknown error' } }, 502, 'unknown'],
  [{ error: 'Something failed' }, 502, 'unknown'],
  [{ errors: { message: 'Model does not exist: m' }, request_id: 'a' }, 404, 'model-unknown'],
  [{ detail: 'Not authenticated' }, 401, 'key'],
  [
    { object: 'error', message: 'EngineCore encountered an issue.', type: 'InternalServerError', code: 500 },
    500,
    'unknown',
  ],
])('%j counts as status %d and means %s', (body, status, kind) => {
  const found = innerError(body)
  expect(found?.status).toBe(status)
  expect(meaningOf(readRefusal(found!)).kind).toBe(kind)
})

test('an error that says nothing, beside a reply, is none', () => {
  const choices = [{ message: { content: '7' } }]
  for (const error of [null, false, '', {}, { code: 0, message: '' }])
    expect(innerError({ error, choices })).toBeUndefined()
})
