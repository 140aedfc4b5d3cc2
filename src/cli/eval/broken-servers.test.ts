/** What `mini-o3 eval` says at the end where the server is broken, and what a repeated command still asks for. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { writeVisualProbe } from '../../../test/benchmark-fixtures.ts'
import { runCommand } from '../../../test/run-command.ts'
import type { Said } from '../../../test/run-command.ts'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { Asked, ScriptedEndpoint, Step } from '../../../test/scripted-endpoint.ts'
import type { withRetries } from '../../endpoint/exchange/retry.ts'
import { addEval } from './eval.ts'

// Two tries, and no waiting between them.
vi.mock('../../endpoint/exchange/retry.ts', async (original) => {
  const real = await original<{ withRetries: typeof withRetries }>()
  const atOnce: typeof withRetries = (attempt, rules) =>
    real.withRetries(attempt, { ...rules, maxTries: 2, backoffMs: 0, maxWaitMs: 0 })
  return { ...real, withRetries: atOnce }
})

/** The searches of an evaluation: two problems. */
const samples = 13
const searches = 2 * samples
const inParallel = 4
/** A stop comes after 20 that fail alike; others may have taken the places of those that finished before. */
const mostAsked = 20 + inParallel - 1

let folder: string
let server: ScriptedEndpoint | undefined
/** What the server does until it is mended. */
let broken: Step | undefined
/** Numbers of pictures in the requests. */
const pictures = new Set<number>()
let breaks = (_asked: Asked): boolean => true

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'broken-'))
  await writeVisualProbe(folder)
  breaks = () => true
  server = await startScriptedEndpoint({
    models: [{ id: 'vlm' }],
    script: (asked) => {
      pictures.add(asked.messages.flatMap(({ images }) => images).length)
      return broken !== undefined && breaks(asked) ? broken : '<think>Seen.</think><answer>Seven.</answer>'
    },
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await server?.close()
  pictures.clear()
  await rm(folder, { recursive: true })
})

const evaluate = (...words: readonly string[]): Promise<Said> => {
  const data = ['--benchmark', 'visualprobe-hard', '--data', folder, '--samples', String(samples)]
  const model = ['--policy', 'chat:vlm', '--base-url', server!.baseUrl, '--concurrency', String(inParallel)]
  return runCommand([addEval], 'eval', ...data, ...model, '--run', join(folder, 'run'), ...words)
}

const completion = (choice: object, more: object = {}): Step => {
  return { status: 200, body: { id: 'c', object: 'chat.completion', model: 'vlm', choices: [choice], ...more } }
}
const message = (content: string | null): object => ({ role: 'assistant', content })
const refusal = (status: number, text: string): Step => ({ status, body: { error: { message: text } } })
const usage = { prompt_tokens: 10, completion_tokens: 8 }
const cutOff = completion({ message: message('<think>On and on'), finish_reason: 'length' }, { usage })

test.each<[string, Step, string, string[]]>([
  ['400, too long', refusal(400, "This model's maximum context length is 10 tokens."), 'context-length', []],
  ['400 for any other reason', refusal(400, 'Jinja exception at request 7f'), 'request-refused', ['Jinja exception']],
  ['413', { status: 413, body: '<html>Request Entity Too Large</html>' }, 'request-too-large', ['--max-images']],
  ['429 without an end', { status: 429, headers: { 'retry-after': '1' } }, 'endpoint-busy', ['last of 2 tries']],
  ['500 with a page', { status: 500, body: '<html><h1>Oops</h1></html>' }, 'request-failed', ['status 500', 'Oops']],
  ['502', refusal(502, 'Bad gateway'), 'endpoint-failed', ['To fix it: see the log of the server']],
  ['503 while it loads', refusal(503, 'Loading model'), 'endpoint-busy', ['Loading model', 'lower --concurrency']],
  ['200 without choices', { status: 200, body: { id: 'c', choices: [] } }, 'reply-unreadable', ['fault of the server']],
  ['200 with broken JSON', { status: 200, body: '{"choices":[{"mess' }, 'reply-unreadable', ['truncated or damaged']],
  ['200 with a login page', { status: 200, body: '<html>Log in</html>' }, 'reply-unreadable', ['Check the base URL']],
  ['200 with nothing', { fault: 'empty' }, 'reply-unreadable', ['nothing']],
  ['an empty reply', completion({ message: message(''), finish_reason: 'stop' }), 'reply-empty', []],
  ['a connection that breaks', { fault: 'cut' }, 'connection-cut', ['The connection broke']],
  ['a filter', completion({ message: message(null), finish_reason: 'content_filter' }), 'content-filter', ['filter']],
  ['thinking that is cut off', cutOff, 'reply-cut', ['--reply-tokens', 'The reply began: "<think>On and on"']],
  ['an aborted reply', completion({ message: message(null), finish_reason: 'abort' }), 'reply-broken', ['"abort"']],
])('%s: it stops, says why, and owes all when the server is mended', async (_, step, code, told) => {
  broken = step
  const first = await evaluate()
  expect(first.code).toBe(1)
  const end = first.stderr.slice(first.stderr.indexOf('Stopped:'))
  expect(end).toContain('20 searches in a row failed alike')
  expect(end).toContain(`(${code}): `)
  for (const text of told) expect(end).toContain(text)
  expect(end).toMatch(/^ {2}2\d x (failed|refused) .* \[such as visual_probe_hard\/visual_probe_hard_1, sample \d+\]$/m)
  expect(end).toContain(`Finished searches are kept in ${join(folder, 'run')}.`)
  expect(end).toContain('--keep-going')
  expect(askedFor()).toBeGreaterThanOrEqual(20)
  expect(askedFor()).toBeLessThanOrEqual(mostAsked)
  expect(server!.violations).toEqual([])
  expect([...pictures]).toEqual([1])

  broken = undefined
  const before = server!.requests.length
  const { stdout, code: exit } = await evaluate('--json')
  expect(exit).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ avgAtK: 0.5, reasons: [], failed: 0, refused: 0 })
  expect(server!.requests.length - before).toBe(searches)
})

/** How many searches were begun: each has a seed of its own. */
function askedFor(): number {
  return new Set(server!.requests.map(({ body }) => body.seed)).size
}

test('replies without an action are results: the stop says what to change, and a resume does not repeat them', async () => {
  broken = '<think>What a nice picture!</think>'
  const first = await evaluate()
  expect(first.stderr).toMatch(
    /Stopped:[^]*x void \(no-action\): .* The reply began: "<think>What a nice[^]*To fix it: try another profile/,
  )
  expect(askedFor()).toBeLessThanOrEqual(mostAsked)
  const again = await evaluate('--keep-going')
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('the figures say nothing about the policy')
  expect(again.stderr).toContain(`${searches} x void (no-action)`)
  const asked = server!.requests.length
  expect((await evaluate()).code).toBe(1)
  expect(server!.requests).toHaveLength(asked)
})

test('a server that hangs is waited for, as long as --reply-seconds says', async () => {
  broken = { fault: 'hang' }
  const { code, stderr } = await evaluate('--reply-seconds', '1', '--concurrency', String(searches))
  expect(code).toBe(1)
  expect(stderr).toContain('26 of 26 searches failed. Repeat the command to try them again.')
  expect(stderr).toMatch(
    /^ {2}26 x failed \(reply-timeout\): No complete reply arrived within 1 s\..*\nTo fix it: raise --reply-seconds/m,
  )
}, 60_000)

test.each<[string, string[], string]>([
  ['no server', ['--base-url', 'http://127.0.0.1:1/v1'], 'endpoint-unreachable'],
  ['no such model', ['--policy', 'chat:vim'], 'model-unknown'],
])('%s: it ends before anything is searched', async (_, words, code) => {
  await expect(evaluate(...words)).rejects.toMatchObject({ code, exitCode: 2 })
  expect(server!.requests).toEqual([])
})

test.each<[string, Step, string]>([
  ['401', refusal(401, 'Incorrect API key.'), 'api-key-refused'],
  [
    '404 for the model',
    { status: 404, body: { error: { message: 'No model vlm', code: 'model_not_found' } } },
    'model-unknown',
  ],
  ['no pictures', refusal(400, 'vlm is not a multimodal model'), 'no-pictures'],
  ['no credit', refusal(402, 'Insufficient credits'), 'quota-spent'],
])(
  '%s in the middle: it ends at once, keeps what was searched, and goes on when that is mended',
  async (_, step, code) => {
    broken = step
    breaks = () => askedFor() >= 8
    await expect(evaluate()).rejects.toMatchObject({ code, exitCode: 2 })
    broken = undefined
    const before = server!.requests.length
    const { code: exit } = await evaluate()
    expect(exit).toBe(0)
    expect(server!.requests.length - before).toBe(searches - 8)
  },
)

test('the server goes away in the middle: what was searched is kept', async () => {
  breaks = () => {
    if (askedFor() >= 8) void server!.close()
    return askedFor() >= 8
  }
  broken = { fault: 'cut' }
  const { code, stderr } = await evaluate()
  expect(code).toBe(1)
  expect(stderr).toMatch(/\d+ x failed \(endpoint-unreachable\): No connection: .*ECONNREFUSED/)
})

test('--json: one document, with why it stopped and the counts', async () => {
  broken = refusal(500, 'CUDA error')
  const { code, stdout } = await evaluate('--json')
  expect(code).toBe(1)
  const result = JSON.parse(stdout)
  const reason = { kind: 'failed', code: 'request-failed', message: expect.stringContaining('CUDA error') }
  expect(result).toMatchObject({ stopped: reason, total: searches, run: join(folder, 'run') })
  expect(result.reasons).toEqual([
    {
      ...reason,
      count: result.done,
      search: { dataSource: 'visual_probe_hard', docId: 'visual_probe_hard_1', sampleIndex: 0 },
    },
  ])
  expect(result.failed).toBe(result.done)
})

test('a search that the server refuses alike when it is repeated is given up, and counted; --retry-refused asks again', async () => {
  broken = refusal(500, 'shape mismatch for request 17')
  let firstSeed: unknown
  breaks = ({ body }) => (firstSeed ??= body.seed) === body.seed
  const first = await evaluate('--concurrency', '1')
  expect([first.code, first.stderr]).toEqual([1, expect.stringContaining('1 of 26 searches failed.')])
  breaks = () => true
  const second = await evaluate('--concurrency', '1')
  expect([second.code, second.stderr]).toEqual([0, expect.stringContaining('1 of 26 searches is given up')])
  const before = server!.requests.length
  const third = await evaluate('--json')
  expect(JSON.parse(third.stdout)).toMatchObject({ failed: 0, refused: 1, reasons: [{ kind: 'refused', count: 1 }] })
  expect(server!.requests).toHaveLength(before)
  broken = undefined
  const mended = await evaluate('--json', '--retry-refused')
  expect(JSON.parse(mended.stdout)).toMatchObject({ failed: 0, refused: 0, avgAtK: 0.5 })
})
