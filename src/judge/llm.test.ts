/** The LLM judge through a real server on the loopback, which plays what models and networks do. */
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startScriptedEndpoint } from '../../test/scripted-endpoint.ts'
import type { ScriptedEndpoint, ScriptedOptions, Step } from '../../test/scripted-endpoint.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { openEndpoint } from '../endpoint/open-endpoint.ts'
import type { Problem } from '../protocol/problem.ts'
import { openRun } from '../runs/run-folder.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { openJudgeCache, readJudgeTokens } from './judge-cache.ts'
import type { JudgeCache } from './judge-cache.ts'
import type { Judge } from './judge.ts'
import { llmJudge } from './llm.ts'
import type { LlmJudgeOptions } from './llm.ts'
import { scoreParser } from './parse-score.ts'

const unanswered: Problem = { docId: 'p1', dataSource: 'test', question: 'Which colour is the door?' }
const problem: Problem = { ...unanswered, answer: 'White.' }
const key = 'sk-test-0123456789'
const timeoutMs = 60_000

let folder: string
const closing: (() => unknown)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llm-judge-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  await rm(folder, { recursive: true })
})

interface Opened {
  readonly judge: Judge
  readonly server: ScriptedEndpoint
  readonly endpoint: Endpoint
  readonly cache: JudgeCache
  readonly run: RunFolder
}

async function open(
  script: ScriptedOptions['script'],
  change: Partial<LlmJudgeOptions> = {},
  options: Partial<ScriptedOptions> = {},
): Promise<Opened> {
  const server = await startScriptedEndpoint({ script, models: [{ id: 'judge' }], ...options })
  closing.push(() => server.close())
  process.env.JUDGE_TEST_KEY = key
  const apiKeyEnv = options.apiKey === undefined ? undefined : 'JUDGE_TEST_KEY'
  const endpoint = await openEndpoint({ baseUrl: server.baseUrl, apiKeyEnv, maxTries: 3, backoffMs: 1, timeoutMs })
  closing.push(() => endpoint.close())
  const run = await openRun(join(folder, 'run'), {})
  let open = true
  closing.push(() => open && run.close())
  const cache = await openJudgeCache(run)
  const judge = llmJudge({ endpoint, model: 'judge', parser: scoreParser('official'), cache, ...change })
  const closeOnce = async (): Promise<void> => {
    if (open) await run.close()
    open = false
  }
  return { judge, server, endpoint, cache, run: { ...run, close: closeOnce } }
}

const temperatures = ({ requests }: ScriptedEndpoint): unknown[] => requests.map(({ body }) => body.temperature)

test('asks in text for the meaning, and takes the score', async () => {
  const { judge, server } = await open(({ messages }) =>
    messages[1]!.text.includes('ivory') ? 'Score: 1' : 'Score: 0',
  )
  expect(await judge(problem, 'ivory', undefined)).toEqual({ kind: 'correct', reason: 'judge: Score: 1' })
  expect(await judge(problem, 'black', undefined)).toEqual({ kind: 'wrong', reason: 'judge: Score: 0' })
  const [asked] = server.requests
  expect(asked!.messages.map(({ role }) => role)).toEqual(['system', 'user'])
  expect(asked!.messages.flatMap(({ images }) => images)).toEqual([])
  for (const part of [problem.question, problem.answer!, 'ivory']) expect(asked!.messages[1]!.text).toContain(part)
  expect(temperatures(server)).toEqual([0, 0])
  expect(server.violations).toEqual([])
})

test('texts with marks of the prompt in them stay what they are', async () => {
  const { judge, server } = await open(['Score: 0'])
  await judge({ ...problem, question: 'What says {answer}?' }, '{reference} $& $1', undefined)
  expect(server.requests[0]!.messages[1]!.text).toContain('Question: What says {answer}?')
  expect(server.requests[0]!.messages[1]!.text).toContain('Given answer: {reference} $& $1')
  await judge({ ...problem, alternatives: ['ivory', 'cream'] }, 'beige', undefined)
  expect(server.requests.at(-1)!.messages[1]!.text).toContain('Reference answer: White. or ivory or cream')
})

test('"10" is right as the released scorer reads it; read strictly, it is asked again and stays unjudged', async () => {
  const tens = (): Step => 'Score: 10'
  const official = await open(tens)
  expect((await official.judge(problem, 'ivory', undefined)).kind).toBe('correct')
  await official.run.close()
  const strict = await open(tens, { parser: scoreParser('strict') })
  const verdict = await strict.judge(problem, 'ivory', undefined)
  const reason = 'judge gave no score in 5 replies that --judge-parser strict can parse; the last one: "Score: 10"'
  expect(verdict).toEqual({ kind: 'unjudged', reason })
  expect(strict.server.requests).toHaveLength(5)
})

test('a reply without a score is asked for again, warmer each time, and then left unjudged', async () => {
  const mended = await open(({ attempt }) => ['Well, well.', 'Score: maybe', 'Score: 1'][attempt - 1]!)
  expect(await mended.judge(problem, 'ivory', undefined)).toMatchObject({ kind: 'correct' })
  expect(temperatures(mended.server)).toEqual([0, 0.2, 0.4])
  await mended.run.close()

  const hopeless = await open(({ attempt }) => `Nonsense ${attempt}`)
  expect((await hopeless.judge(problem, 'cream', undefined)).kind).toBe('unjudged')
  expect(temperatures(hopeless.server)).toEqual([0, 0.2, 0.4, 0.6, 0.8])
  // Nothing of that is kept: whoever wants to know asks again.
  expect((await hopeless.judge(problem, 'cream', undefined)).kind).toBe('unjudged')
  expect(hopeless.server.requests).toHaveLength(10)
  expect(hopeless.cache.counts()).toEqual({ wanted: 2, cached: 0 })
})

const budgets = ({ requests }: ScriptedEndpoint): unknown[] => requests.map(({ body }) => body.max_tokens)
const thinking = 'Let me think: Score: 1 if both agree. They'

test('a reply that is cut off is no verdict: it is asked for again with more tokens', async () => {
  const cut = { text: thinking, finish: 'length' as const }
  const { judge, server } = await open(({ attempt }) => (attempt < 3 ? cut : 'Score: 0'), { maxTokens: 10 })
  expect(await judge(problem, 'ivory', undefined)).toMatchObject({ kind: 'wrong' })
  expect(budgets(server)).toEqual([10, 20, 40])
})

test('a judge whose replies are always cut off leaves the answer unjudged, with the cause and its fix', async () => {
  const usage = { prompt_tokens: 100, completion_tokens: 37 }
  const { judge, server } = await open(() => ({ text: thinking, finish: 'length' as const, usage }), { maxTokens: 10 })
  const { kind, reason } = await judge(problem, 'ivory', undefined)
  expect(kind).toBe('unjudged')
  expect(reason).toBe(
    'judge gave no score in 3 replies: the last was cut off at 37 tokens. Raise --judge-max-tokens, or turn off its ' +
      `thinking. It ended: ${JSON.stringify(thinking)}`,
  )
  expect(budgets(server)).toEqual([10, 20, 40])
})

const noRoom = (context: number, prompt: number) =>
  `This model's maximum context length is ${context} tokens. However, your request has ${prompt} input tokens.`

test.each([
  [
    'caps the reply',
    (most: number) => `max_tokens is too large: ${most}. This model supports at most 2048 completion tokens.`,
  ],
  ['calls what is left its context', (most: number) => noRoom(4096 - most, 400)],
])('a judge whose server %s gets fewer tokens', async (_, message) => {
  const refused = (most: number): Step => ({ status: 400, body: { error: { message: message(most), code: 400 } } })
  const { judge, server } = await open(({ body }) => {
    const most = Number(body.max_tokens)
    return most > 2048 ? refused(most) : 'Score: 1'
  })
  expect((await judge(problem, 'ivory', undefined)).kind).toBe('correct')
  expect(server.requests.length).toBeLessThanOrEqual(5)
})

test('an expression that takes too long leaves the answer unjudged, with the cause', async () => {
  const { judge, server } = await open(() => `${'a'.repeat(50)}b`, { parser: scoreParser('/^(a+)+$/') })
  expect(await judge(problem, 'ivory', undefined)).toEqual({
    kind: 'unjudged',
    reason: expect.stringContaining('the expression of --judge-parser took more than'),
  })
  expect(server.requests).toHaveLength(1)
})

test('a signal ends the request of a judge, and what was asked is asked again later', async () => {
  const stop = new AbortController()
  const { judge } = await open([{ fault: 'hang' }, 'Score: 1'], {}, { onHang: () => stop.abort() })
  await expect(judge(problem, 'ivory', stop.signal)).rejects.toMatchObject({ name: 'AbortError' })
  expect((await judge(problem, 'ivory', undefined)).kind).toBe('correct')
})

test('an empty answer is judged, as the released scorer does', async () => {
  const { judge, server } = await open(['Score: 1'])
  expect((await judge(problem, '', undefined)).kind).toBe('correct')
  expect((await judge(problem, ' \n', undefined)).kind).toBe('correct')
  expect(server.requests).toHaveLength(2)
})

test('what needs no judge costs no call', async () => {
  const { judge, server } = await open([])
  expect((await judge(problem, null, undefined)).kind).toBe('wrong')
  expect((await judge(unanswered, 'ivory', undefined)).kind).toBe('unjudged')
  expect(server.requests).toEqual([])
})

test('a storm of 429 passes, or leaves the answer unjudged', async () => {
  const busy: Step = { status: 429, headers: { 'retry-after': '0' }, body: { error: { message: 'Slow down.' } } }
  const { judge, server, endpoint } = await open({ ivory: [busy, busy, 'Score: 1'], cream: [busy, busy, busy] })
  expect((await judge(problem, 'ivory', undefined)).kind).toBe('correct')
  expect(endpoint.spent()).toMatchObject({ requests: 3, retries: 2 })
  const verdict = await judge(problem, 'cream', undefined)
  expect(verdict.kind).toBe('unjudged')
  expect(verdict.reason).toContain('the request to judge failed')
  expect(server.requests).toHaveLength(6)
})

test.each(['cut', 'empty', 'huge', 'hang'] as const)('a reply that is %s leaves the answer unjudged', async (fault) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { judge } = await open(() => ({ fault }), {}, { onHang: () => vi.advanceTimersByTime(timeoutMs) })
  expect((await judge(problem, 'ivory', undefined)).kind).toBe('unjudged')
  vi.useRealTimers()
})

test('the same question is asked once, also at the same time, and after a kill', async () => {
  const first = await open(() => 'Score: 1')
  const verdicts = await Promise.all(Array.from({ length: 8 }, async () => first.judge(problem, 'ivory', undefined)))
  expect(verdicts.every(({ kind }) => kind === 'correct')).toBe(true)
  expect(first.server.requests).toHaveLength(1)
  expect(first.cache.counts()).toEqual({ wanted: 8, cached: 7 })
  await first.judge({ ...problem, docId: 'p2' }, 'ivory', undefined)
  await first.judge({ ...problem, answer: 'ivory' }, 'ivory', undefined)
  await first.judge({ ...problem, question: 'Which one?' }, 'ivory', undefined)
  expect(first.server.requests).toHaveLength(3)
  await first.run.close()
  await appendFile(join(folder, 'run', 'judgements.jsonl'), '{"model":"judge","question":"Whi')

  const second = await open(() => 'Score: 0')
  expect((await second.judge(problem, 'ivory', undefined)).kind).toBe('correct')
  expect(second.server.requests).toHaveLength(0)
  // Another way to read replies, or other prompts, are another judge.
  const { endpoint, cache } = second
  const judges = [
    llmJudge({ endpoint, cache, model: 'judge', parser: scoreParser('strict') }),
    llmJudge({
      endpoint,
      cache,
      model: 'judge',
      parser: scoreParser('official'),
      prompts: { system: 's', query: '{answer}?' },
    }),
  ]
  for (const judge of judges) expect((await judge(problem, 'ivory', undefined)).kind).toBe('wrong')
})

test('what verdicts cost is kept with them, every reply that they took', async () => {
  const usage = { prompt_tokens: 100, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 64 } }
  const { judge, cache, run } = await open(({ attempt }) => ({ text: attempt === 1 ? 'Well.' : 'Score: 1', usage }))
  await judge(problem, 'ivory', undefined)
  await judge(problem, 'ivory', undefined)
  const tokens = { sent: 200, cached: 128, written: 10 }
  expect(cache.tokens()).toEqual(tokens)
  await run.close()
  expect(await readJudgeTokens(join(folder, 'run'))).toEqual(tokens)
  expect(await readJudgeTokens(join(folder, 'none'))).toBeUndefined()
  const again = await open([])
  expect(again.cache.tokens()).toEqual(tokens)
})

test('a wrong key ends the work, and never shows', async () => {
  const right = await open(() => 'Score: 1', {}, { apiKey: key })
  expect((await right.judge(problem, 'ivory', undefined)).kind).toBe('correct')
  expect(await readFile(join(folder, 'run', 'judgements.jsonl'), 'utf8')).not.toContain(key)
  await right.run.close()
  const refusing = await open(
    () => ({ status: 401, body: { error: { message: `Incorrect API key: ${key}` } } }),
    {},
    { apiKey: key },
  )
  const error: Error = await Promise.resolve(refusing.judge(problem, 'cream', undefined)).then(
    () => new Error('no error'),
    (thrown: Error) => thrown,
  )
  expect(error).toMatchObject({ exitCode: 2 })
  expect(`${error.message} ${error.stack}`).not.toContain(key)
})

test('a line that is no judgement is named and skipped, and its judge asked again', async () => {
  const { run } = await open([])
  await appendFile(join(run.path, 'judgements.jsonl'), '{"model":7}\n')
  const warned = once(process, 'warning')
  const cache = await openJudgeCache(run)
  const [warning] = (await warned) as [Error]
  expect(warning.message).toMatch(/judgements\.jsonl:1 \(.*The judge is asked again/)
  expect(cache.counts()).toEqual({ wanted: 0, cached: 0 })
})

test('its budget of tokens is cut to what the server takes', async () => {
  const { judge, server } = await open(({ body }) =>
    Number(body.max_tokens) > 1_500
      ? { status: 400, body: { error: { message: 'Range of max_tokens should be [1, 1500]' } } }
      : 'Score: 1',
  )
  expect(await judge(problem, 'ivory', undefined)).toMatchObject({ kind: 'correct' })
  expect(await judge(problem, 'eggshell', undefined)).toMatchObject({ kind: 'correct' })
  expect(server.requests.map(({ body }) => Number(body.max_tokens) <= 1_500)).toEqual([false, true, true])
})
