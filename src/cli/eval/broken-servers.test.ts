/** What `mini-o3 eval` says at the end where the server is broken, and what a repeated command still asks for. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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
import { addReport } from './report.ts'

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
  return runCommand([addEval, addReport], 'eval', ...data, ...model, '--run', join(folder, 'run'), ...words)
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
  firstFails()
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

/** The first search of all fails. */
function firstFails(): void {
  let first: unknown
  breaks = ({ body }) => (first ??= body.seed) === body.seed
}

test('failed searches count as the command says, in every figure and document; a resume may say otherwise without searching', async () => {
  broken = { fault: 'cut' }
  firstFails()
  const run = join(folder, 'run')
  const report = (...words: readonly string[]) => runCommand([addReport], 'report', run, ...words)
  const wrong = await evaluate('--json')
  expect(wrong.code).toBe(1)
  const asWrong = JSON.parse(wrong.stdout)
  expect(asWrong).toMatchObject({ avgAtK: 12 / 26, failures: { counted: 'wrong', searches: 1, of: 26, problems: 0 } })
  expect(asWrong.protocol).toMatch(/, failed searches count as wrong$/)
  // Not stated, so the run is not finished.
  await expect(report()).rejects.toMatchObject({
    code: 'eval-unfinished',
    message: expect.stringContaining('--failures'),
  })
  expect((await report('--failures', 'wrong')).stdout).toContain('1 of 26 searches has no result, and counts as wrong.')
  await cp(run, join(folder, 'other'), { recursive: true })

  breaks = () => true
  const before = server!.requests.length
  const leftOut = await evaluate('--failures', 'left-out', '--json')
  // Only the failed search was tried again, twice.
  expect([leftOut.code, server!.requests.length - before]).toEqual([1, 2])
  expect(JSON.parse(leftOut.stdout)).toMatchObject({
    avgAtK: 0.5,
    ends: { failed: 1 / 26 },
    failures: { counted: 'left-out', searches: 1, of: 26, problems: 0 },
    protocol: expect.stringMatching(/, failed searches left out$/),
  })
  expect(JSON.parse(await readFile(join(run, 'config.json'), 'utf8')).failures).toBe('left-out')
  const requests = server!.requests.length
  const { stdout } = await report('--out', join(folder, 'out'))
  const said = '1 of 26 searches has no result, and is left out.'
  expect(stdout).toContain(said)
  for (const name of ['report.md', 'report.html']) {
    expect(await readFile(join(folder, 'out', name), 'utf8')).toContain(said)
  }
  expect(await readFile(join(run, 'results.md'), 'utf8')).toContain(said)
  expect(await readFile(join(run, 'problems.csv'), 'utf8')).toMatch(/visual_probe_hard_1,.*12/)

  // The other run counts them as wrong, and says so.
  const other = JSON.parse(await readFile(join(folder, 'other', 'config.json'), 'utf8'))
  await writeFile(join(folder, 'other', 'config.json'), JSON.stringify({ ...other, failures: 'wrong' }))
  const compared = await report(join(folder, 'other'), '--compare')
  expect(compared.stdout).toContain('Failed searches are not counted alike: as wrong in other; left out in run.')
  expect((await report(join(folder, 'other'), '--compare', '--failures', 'wrong')).stdout).not.toContain(
    'not counted alike',
  )
  expect(server!.requests).toHaveLength(requests)
})

test('--fail-on-error stops at a share or a number of failed searches, and a resume may allow more', async () => {
  broken = { fault: 'cut' }
  breaks = ({ body }) => Number(body.seed) % 2 === 0
  const first = await evaluate('--fail-on-error', '0.1', '--concurrency', '1')
  expect(first.code).toBe(1)
  expect(first.stderr).toContain('Stopped: 3 searches failed, more than the 2 that --fail-on-error allows.')
  expect(first.stderr).toMatch(/^ {2}3 x failed \(connection-cut\)/m)
  expect(first.stderr).toContain('To allow more failures, raise --fail-on-error')
  const asked = askedFor()
  const second = await evaluate('--fail-on-error', '26', '--concurrency', '1', '--json')
  expect(second.code).toBe(1)
  expect(askedFor()).toBeGreaterThan(asked)
  expect(JSON.parse(second.stdout).protocol).toMatch(/, failed searches count as wrong, at most 26$/)
  await expect(evaluate('--fail-on-error', '3', '--keep-going')).rejects.toMatchObject({ code: 'option-unused' })
})

test('--fail-on-error holds where the last searches to fail were in flight together, and for a repeat with nothing owed', async () => {
  broken = completion({ message: message(null), finish_reason: 'content_filter' })
  breaks = ({ body }) => Number(body.seed) % 2 === 0
  const first = await evaluate('--fail-on-error', '0.1', '--concurrency', '32')
  expect(first.code).toBe(1)
  expect(first.stderr).toMatch(/Stopped: \d+ searches failed, more than the 2 that --fail-on-error allows\./)
  const asked = askedFor()
  const second = await evaluate('--fail-on-error', '0.1', '--concurrency', '32')
  expect([second.code, askedFor()]).toEqual([1, asked])
  expect(second.stderr).toContain('more than the 2 that --fail-on-error allows')
  expect((await evaluate('--fail-on-error', '26', '--concurrency', '32')).code).toBe(0)
})
