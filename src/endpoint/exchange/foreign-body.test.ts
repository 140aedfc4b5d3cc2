/** Bodies with status 200 that are not completions, as servers, proxies and wrong addresses send them. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { scriptedClients } from '../../../test/scripted-client.ts'
import { encodeMessage } from './encode-message.ts'
import { foreignBody } from './foreign-body.ts'

const base = new URL('http://127.0.0.1:8000/v1')
const told = (text: string, more: { readonly base?: URL; readonly key?: string } = {}): string =>
  foreignBody(text, { base, key: undefined, ...more })

const page =
  '<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title><style>body { color: red }</style>' +
  '<script>if (a < b) go("<b>")</script></head><body><h1>It&nbsp;works</h1><!-- no --></body></html>'

test.each([
  [
    'a page',
    page,
    /^a web page: "Welcome to nginx! It&nbsp;works"\. Check the base URL http:\/\/127\.0\.0\.1:8000\/v1,/,
  ],
  ['a page without words', '<html>', /^a web page: "<html>"\. /],
  ['XML', '<?xml version="1.0"?><Error><Code>NoSuchBucket</Code></Error>', /^markup: "NoSuchBucket"\. Check/],
  ['text', 'upstream connect error', /^plain text: "upstream connect error"\. Check/],
  ['nothing', ' \n', /^nothing\.$/],
  ['JSON that broke off', '{"choices":[{"message":{"content":"<think>', /^truncated or damaged JSON.*cut off/],
  ['JSON of something else', '{"status":"ok"}', /^JSON of another kind: "\{"status":"ok"\}"\. Check/],
  ['an empty choice', '{"choices":[{}]}', /^a completion without a reply: .*fault of the server/],
  ['events without an end', 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n', /^a stream of events .*cut off/],
  [
    'Ollama',
    '{"model":"m","message":{"role":"assistant","content":"hi"},"done":true}',
    /^a reply of Ollama.*11434\/v1/,
  ],
  [
    'Ollama, line by line',
    '{"model":"m","response":"h","done":false}\n{"response":"i","done":true}\n',
    /^a reply of Ollama/,
  ],
  [
    'Anthropic',
    '{"type":"message","role":"assistant","content":[{"type":"text","text":"hi"}]}',
    /^a reply of Anthropic/,
  ],
  [
    'Anthropic, as events',
    'event: message_start\ndata: {"type":"message_start","message":{}}\n\n',
    /^a reply of Anthropic/,
  ],
  ['Gemini', '{"candidates":[{"content":{"parts":[{"text":"hi"}]}}]}', /^a reply of Gemini.*v1beta\/openai/],
  ['Responses', '{"object":"response","output":[]}', /^a reply of the Responses API/],
  ['TGI', '[{"generated_text":"hi"}]', /^a reply of the generate route of TGI/],
  ['llama.cpp', '{"content":"hi","stop":true,"tokens_predicted":2}', /^a reply of llama\.cpp/],
])('%s is named, quoted and explained', (_, text, expected) => {
  expect(told(text)).toMatch(expected)
})

describe('what is quoted', () => {
  test('says that /v1 is missing from the base URL where it is', () => {
    expect(told(page, { base: new URL('http://127.0.0.1:3000/') })).toContain('/v1 seems to be missing')
    expect(told(page)).not.toContain('missing')
  })

  test('is bounded, on one line, and holds no part of the key, wherever it would be cut', () => {
    const key = 'sk-0123456789abcdefghij'
    for (const before of [0, 280, 295, 15_990]) {
      const text = told(`<p>${'x'.repeat(before)}${key}\n${'y'.repeat(20_000)}`, { key })
      expect(text.length).toBeLessThan(600)
      expect(text).not.toMatch(/sk-0123|abcdefgh|\n/)
    }
  })
})

const start = scriptedClients()
afterEach(() => void vi.unstubAllEnvs())

test('a search that meets such a body says what came, with the key removed', async () => {
  vi.stubEnv('MINI_O3_TEST_KEY', 'sk-0123456789abcdefghij')
  const script = () => ({ status: 200, body: '<html><h1>Sign in</h1>sk-0123456789abcdefghij</html>' })
  const { endpoint } = await start({ script }, { maxTries: 2, apiKeyEnv: 'MINI_O3_TEST_KEY' })
  const messages = [encodeMessage({ role: 'user', content: 'Which digit?' })]
  await expect(endpoint.complete({ model: 'test-vlm', messages, stop: [], maxTokens: 8 })).rejects.toMatchObject({
    code: 'reply-unreadable',
    message: expect.stringMatching(/a web page: "Sign in \*\*\*"\. .*last of 2 tries/),
  })
})
