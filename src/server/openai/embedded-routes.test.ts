/** The endpoint as a client of OpenAI's meets it, with the policy that ships. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEmbeddedSampler } from '../../policy/embedded/embedded-policy.ts'
import { samplerPolicy } from '../../policy/embedded/sampler-policy.ts'
import type { Policy, View } from '../../policy/policy.ts'
import { makeProblem } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { makeScene } from '../../probe/scene.ts'
import { pixelBox } from '../../protocol/box.ts'
import { profiles } from '../../protocol/profile.ts'
import { observationText, questionText } from '../../protocol/prompts.ts'
import { hashSeed } from '../../shared/random.ts'
import { dataUrl, encodePng } from '../../vision/encode.ts'
import { view } from '../../vision/fit.ts'
import { embeddedRoutes } from './embedded-routes.ts'
import { startServer } from '../http/start-server.ts'
import type { RunningServer } from '../http/start-server.ts'

const scene = makeScene(3, 'hard')
const problem = makeProblem(scene)
const { prompts, firstView } = profiles.embedded
const seed = 11

let close: () => Promise<void>
let policy: Policy
let server: RunningServer
let seen: View
let url: string
beforeAll(async () => {
  const opened = await openEmbeddedSampler({ workers: 1 })
  close = opened.close
  policy = samplerPolicy('embedded', opened.sampler, 1)
  const onFault = (error: unknown): never => {
    throw error
  }
  server = await startServer({ host: '127.0.0.1', port: 0, routes: embeddedRoutes(opened.sampler), onFault })
  const boxPx = pixelBox(0, 0, 1024, 1024)
  seen = { pixels: () => view(scenePicture(scene, 1024), boxPx, firstView), boxPx, key: '' }
  url = dataUrl(await encodePng(await seen.pixels()), 'png')
})
afterAll(async () => {
  await server.close()
  await close()
})

const image = (of = url) => ({ type: 'image_url', image_url: { url: of } })
const words = (text: string) => ({ type: 'text', text })
const system = { role: 'system', content: prompts.system }
const asking = (question = problem.question, of = url) => ({
  role: 'user',
  content: [image(of), words(`\n${question}`)],
})
const usual = { model: 'embedded', seed: hashSeed(problem.docId, seed), temperature: 1 }

interface Choice {
  readonly message: { readonly content: string }
  readonly finish_reason: string
}

/** What came, either way. */
interface Answer {
  readonly choices?: readonly Choice[]
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number }
  readonly error: { readonly code: string; readonly message: string }
}

async function ask(messages: readonly unknown[], more: object = {}) {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ ...usual, messages, ...more }),
  })
  const body = (await response.json()) as Answer
  return { status: response.status, body, choice: body.choices?.[0] as Choice, error: body.error }
}

test('says what it has', async () => {
  const models = await (await fetch(`${server.url}/v1/models`)).json()
  expect(models).toMatchObject({
    data: [
      { id: 'embedded', object: 'model', owned_by: 'mini-o3', max_model_len: 32_768 },
      { id: 'search:embedded', object: 'model', owned_by: 'mini-o3' },
    ],
  })
})

describe('turns', () => {
  test('are those of a session in this process; usage grows by what the session counts', async () => {
    const session = policy.open(problem, { seed })
    const text = questionText(prompts, problem.question)
    const first = await session.take(
      { kind: 'question', system: prompts.system, text, view: seen },
      { turn: 1, signal: undefined },
    )
    const one = await ask([system, asking()])
    expect(one.choice).toMatchObject({
      index: 0,
      message: { role: 'assistant', content: first.text },
      finish_reason: 'stop',
      stop_reason: null,
    })
    expect(first.text).toContain('</grounding>')
    const { promptTokens, replyTokens } = first.usage
    expect(one.body.usage).toEqual({
      prompt_tokens: promptTokens,
      completion_tokens: replyTokens,
      total_tokens: promptTokens + replyTokens,
    })

    const shown = observationText(prompts, 0, 1)
    const second = await session.take(
      { kind: 'observation', index: 1, text: shown, view: seen },
      { turn: 2, signal: undefined },
    )
    const observed = { role: 'user', content: [words('observation_1\n'), image()] }
    const history = [system, asking(), { role: 'assistant', content: first.text }, observed]
    const two = await ask(history)
    expect(two.choice.message.content).toBe(second.text)
    expect(two.body.usage.prompt_tokens - one.body.usage.total_tokens).toBe(second.usage.promptTokens)

    // After a mistake it goes on looking at the newest picture.
    const third = await session.take({ kind: 'error', text: 'error: bad-box' }, { turn: 3, signal: undefined })
    const mistaken = [
      { role: 'assistant', content: second.text },
      { role: 'user', content: 'error: bad-box' },
    ]
    const three = await ask([...history, ...mistaken])
    expect(three.choice.message.content).toBe(third.text)
    expect(three.body.usage.prompt_tokens - two.body.usage.total_tokens).toBe(third.usage.promptTokens)
  })

  test('depend on the seed, and do not without temperature', async () => {
    const texts = async (temperature: number) => {
      const replies = Array.from({ length: 6 }, (_, i) => ask([system, asking()], { seed: i, temperature }))
      return new Set((await Promise.all(replies)).map(({ choice }) => choice.message.content)).size
    }
    expect(await texts(2)).toBeGreaterThan(1)
    expect(await texts(0)).toBe(1)
  })

  test('halt before a stop string, or behind it where it is to be kept, or at a number of tokens', async () => {
    const whole = (await ask([system, asking()])).choice.message.content
    const end = '</grounding>'
    const stripped = await ask([system, asking()], { stop: [end, '</answer>'] })
    expect(stripped.choice).toMatchObject({ finish_reason: 'stop', stop_reason: end })
    expect(stripped.choice.message.content + end).toBe(whole)
    const kept = await ask([system, asking()], { stop: end, include_stop_str_in_output: true })
    expect(kept.choice.message.content).toBe(whole)
    const cut = await ask([system, asking()], { max_tokens: 3 })
    expect(cut.choice.finish_reason).toBe('length')
    expect(cut.body.usage.completion_tokens).toBe(3)
    expect(whole.startsWith(cut.choice.message.content)).toBe(true)
  })

  test('a client that says little is served too: no system line, the picture behind the question', async () => {
    const bare = await ask([{ role: 'user', content: [words(`${problem.question} `), image()] }])
    expect(bare.choice.message.content).toBe((await ask([system, asking()])).choice.message.content)
  })
})

test.each([
  ['half a stream', () => ({ stream: 'yes' }), 400, /^stream: /],
  ['functions', () => ({ tools: [{}] }), 400, /does not call functions/],
  ['old-style functions', () => ({ functions: [{}] }), 400, /^functions: .*does not call functions/],
  ['too many replies', () => ({ n: 9 }), 400, /^n: /],
  ['likelier tokens only', () => ({ top_p: 0.9 }), 400, /^top_p: /],
  ['a share above one', () => ({ top_p: 2 }), 400, /^top_p: /],
  ['JSON', () => ({ response_format: { type: 'json_object' } }), 400, /^response_format: .*plain text/],
  ['a schema', () => ({ response_format: { type: 'json_schema', json_schema: {} } }), 400, /^response_format: /],
  ['log-probabilities', () => ({ logprobs: true }), 400, /^logprobs: /],
  ['likely tokens', () => ({ top_logprobs: 3 }), 400, /^top_logprobs: /],
  ['sound', () => ({ modalities: ['text', 'audio'] }), 400, /^modalities: /],
  ['half a seed', () => ({ seed: 0.5 }), 400, /^seed: /],
  ['a chat without an end', () => ({ messages: Array.from({ length: 4097 }, () => system) }), 400, /4096 messages/],
  ['endless parts', () => ({ messages: [{ role: 'user', content: Array(257).fill(words('')) }] }), 400, /257 parts/],
  [
    'a file that was sent before',
    () => ({ messages: [{ role: 'user', content: [{ type: 'input_image', file_id: 'a' }] }] }),
    400,
    /^messages\.0\.content: .*data: URL/,
  ],
  [
    'speech',
    () => ({ messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }),
    400,
    /^messages\.0\.content: /,
  ],
  ['another model', () => ({ model: 'gpt' }), 404, /only "embedded", "search:embedded"/],
  ['no messages', () => ({ messages: [] }), 400, /A chat is/],
  ['two users in a row', () => ({ messages: [asking(), asking()] }), 400, /in turn/],
  ['no picture', () => ({ messages: [{ role: 'user', content: 'Hello' }] }), 400, /contain the picture/],
  ['a question of its own', () => ({ messages: [asking('What is it?')] }), 400, /only knows generated scenes/],
  ['a picture elsewhere', () => ({ messages: [asking(undefined, 'http://127.0.0.1/a.png')] }), 400, /data: URL/],
  ['a file', () => ({ messages: [asking(undefined, 'file:///etc/passwd')] }), 400, /data: URL/],
  [
    'no picture in the URL',
    () => ({ messages: [asking(undefined, 'data:image/png;base64,AAAA')] }),
    400,
    /not a picture/,
  ],
  ['a role of its own', () => ({ messages: [{ role: 'wizard', content: '' }] }), 400, /messages\.0\.role/],
  ['a long message', () => ({ messages: [{ ...system, content: 'x'.repeat(99) }, asking()] }), 400, /no room/],
])('%s is refused with a reason', async (_, more, status, message) => {
  const refused = await ask([system, asking()], more())
  expect([refused.status, refused.error.message]).toEqual([status, expect.stringMatching(message)])
})

test.each([
  [80, 48, /square/],
  [60, 60, /multiple of 16/],
  [512, 512, /512x512/],
])('a view of %i x %i pixels is refused', async (width, height, message) => {
  const pixels = { width, height, data: new Uint8Array(width * height * 3) }
  const { status, error } = await ask([system, asking(undefined, dataUrl(await encodePng(pixels), 'png'))])
  expect([status, error.message]).toEqual([400, expect.stringMatching(message)])
})

test('a conversation that is too long is said so as OpenAI says it', async () => {
  const turns = Array.from({ length: 600 }, () => [
    { role: 'assistant', content: 'x'.repeat(60) },
    { role: 'user', content: 'error: bad-box' },
  ]).flat()
  const { status, error } = await ask([system, asking(), ...turns])
  expect([status, error.code]).toEqual([400, 'context_length_exceeded'])
})
