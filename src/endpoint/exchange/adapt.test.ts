/** What is sent after a refusal, and what is said where nothing helps: against a real server. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Script, ScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import { scriptedClients } from '../../../test/scripted-client.ts'
import { ContextLengthError } from '../../shared/errors.ts'
import { encodeMessage } from './encode-message.ts'
import type { Completion, Endpoint } from '../endpoint.ts'

const stop = ['</grounding>']
const call = '<grounding>{"bbox_2d":[0,0,1,1],"source":"original_image"}</grounding>'
const answer = '<answer>seven</answer>'

const start = scriptedClients()
afterEach(() => void vi.unstubAllEnvs())

const messages = [encodeMessage({ role: 'user', content: 'Which digit?' })]

function ask(endpoint: Endpoint, maxTokens = 64): Promise<Completion> {
  return endpoint.complete({ model: 'test-vlm', messages, stop, maxTokens })
}

async function failure(work: Promise<unknown>): Promise<Error & { code: string }> {
  return work.then(
    () => expect.fail('it did not fail'),
    (error: Error & { code: string }) => error,
  )
}

describe('a shorter reply is asked for, four times at most', () => {
  const long = () => ({ model: 'test-vlm', messages, maxTokens: 8_192 })
  const refuse = (message: string) => ({ status: 400, body: { error: { message } } })
  const sent = (server: ScriptedEndpoint) => server.requests.map(({ body }) => body.max_tokens)

  test('where the server names a bound of the prompt only', async () => {
    const context = 32_768
    const prompt = 31_500
    const script: Script = ({ body }) => {
      const reply = Number(body.max_tokens)
      const bound = Math.min(prompt, context - reply + 1)
      return prompt + reply <= context
        ? answer
        : refuse(
            `This model's maximum context length is ${context} tokens. However, you requested ${reply} output tokens and ` +
              `your prompt contains at least ${bound} input tokens.`,
          )
    }
    const { server, endpoint } = await start({ script })
    expect((await endpoint.complete(long())).text).toBe(answer)
    expect(sent(server)).toEqual([8_192, 4_096, 2_048, 1_024])
  })

  test('where its figures shrink with each request', async () => {
    let room = 8_191
    const script = () =>
      refuse(
        `The maximum context length is 100000 tokens, and there are ${100_000 - room--} input tokens and some output tokens.`,
      )
    const { server, endpoint } = await start({ script })
    expect(await failure(endpoint.complete(long()))).toBeInstanceOf(ContextLengthError)
    expect(sent(server)).toEqual([8_192, 8_191, 4_095, 2_047, 1_023])
  })

  test('not where the prompt alone is too long', async () => {
    const { server, endpoint } = await start({
      script: () => refuse('prompt is too long: 205148 tokens > 200000 maximum'),
    })
    expect(await failure(endpoint.complete(long()))).toBeInstanceOf(ContextLengthError)
    expect(server.requests.length).toBe(1)
  })

  test('what a model writes at most is remembered', async () => {
    const script: Script = ({ body }) =>
      Number(body.max_tokens) > 2_000 ? refuse('Range of max_tokens should be [1, 2000]') : answer
    const { server, endpoint } = await start({ script })
    await endpoint.complete(long())
    await endpoint.complete(long())
    expect(sent(server)).toEqual([8_192, 2_000, 2_000])
  })

  test('a limit that was not taken in the end is forgotten', async () => {
    let requests = 0
    const script: Script = () => (++requests <= 5 ? refuse('max tokens of 8192 exceeded') : answer)
    const { server, endpoint } = await start({ script })
    expect(await failure(endpoint.complete(long()))).toBeInstanceOf(ContextLengthError)
    await endpoint.complete(long())
    expect(sent(server)).toEqual([8_192, 4_096, 2_048, 1_024, 512, 8_192])
  })

  test('together with fields that are refused', async () => {
    const script: Script = ({ body }) => refuse(`unsupported parameter: ${Object.keys(body).at(-1)}`)
    const { server, endpoint } = await start({ script, ownedBy: 'someone' })
    expect(await failure(endpoint.complete({ ...long(), stop, seed: 7, temperature: 1, topP: 0.9 }))).toMatchObject({
      code: 'request-refused',
    })
    expect(server.requests.length).toBe(5)
  })
})

test('a server that answers stop strings with 500 is sent none any more', async () => {
  const script: Script = ({ body }) => ('stop' in body ? { status: 500, body: 'Internal Server Error' } : call)
  const { server, endpoint } = await start({ script, ownedBy: 'someone' })
  expect(await ask(endpoint)).toMatchObject({ text: call, handling: { refused: ['stop'] } })
  await ask(endpoint)
  expect(server.requests.map(({ status }) => status)).toEqual([500, 500, 200, 200])
})

test.each([
  [500, 'image input is not supported - hint: you may need to provide the mmproj', 'no-pictures', '--mmproj'],
  [400, 'Image is too large: at most 8000 pixels', 'image-refused', '--max-pixels'],
  [400, 'Input data may contain inappropriate content.', 'content-filter', 'filter'],
  [429, 'Rate limit reached for requests per day', 'quota-spent', 'Repeat the command'],
  [400, 'Image count 2 exceeds limit 1 per request.', 'too-many-images', 'To allow more'],
  [400, 'Invalid model name passed in model=x', 'model-unknown', 'lists the model "test-vlm", but'],
  [404, "model 'x' not found", 'model-unknown', 'status 404 when asked for it. It may still be loading'],
  [404, "model 'x' not found", 'model-unknown', "Its message: model 'x' not found"],
  [400, 'The plain HTTP request was sent to HTTPS port', 'endpoint-moved', 'https://127.0.0.1'],
])('%d "%s" is for good, and its fix is named', async (status, message, code, fix) => {
  const { server, endpoint } = await start({
    script: () => ({ status, body: { error: { message } } }),
    ownedBy: 'llamacpp',
  })
  const error = await failure(ask(endpoint))
  expect(error).toMatchObject({ code, message: expect.stringContaining(fix) })
  expect(server.requests.length).toBe(1)
})

test.each([
  ['overloaded', { status: 400, body: { error: { message: 'The engine is currently overloaded' } } }, 2],
  [
    'busy, with a wait in the words',
    { status: 429, body: { error: { message: 'You exceeded your current quota. Please retry in 0.01s.' } } },
    2,
  ],
  ['a wait of a day', { status: 429, headers: { 'retry-after': '86400' }, body: {} }, 1],
] as const)('%s', async (_, step, requests) => {
  const { server, endpoint } = await start({ script: [step, answer] })
  await ask(endpoint).catch((error: Error) => expect(error).toMatchObject({ code: 'quota-spent' }))
  expect(server.requests.length).toBe(requests)
})

test('the key stands in no error, whatever the server repeats', async () => {
  vi.stubEnv('TEST_ENDPOINT_KEY', 'sk-2b8f4c6d9e0a1357')
  const script = () => ({ status: 400, body: { error: { message: `${'x'.repeat(3_990)} sk-2b8f4c6d9e0a1357` } } })
  const { endpoint } = await start({ script }, { apiKeyEnv: 'TEST_ENDPOINT_KEY' })
  expect((await failure(ask(endpoint))).message).not.toMatch(/sk-|2b8f|1357/)
})
