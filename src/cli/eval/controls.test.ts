/** `mini-o3 eval --controls` by a model behind a real server: runs, requests, resume, what is left out, and the report. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { put } from '../../../test/benchmark-fixtures.ts'
import { dataIn } from '../../../test/page-file.ts'
import { runCommand } from '../../../test/run-command.ts'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { Asked, ScriptedEndpoint, Step } from '../../../test/scripted-endpoint.ts'
import type { ReportData } from '../../page/page-data.ts'
import { addEval } from './eval.ts'
import { addReport } from './report.ts'

let folder: string
let server: ScriptedEndpoint
/** What the server answers; by default as `zoomsThenAnswers`. */
let script: (asked: Asked) => Step

const colours = ['red', 'green', 'blue'] as const
const zoom = '<think>Closer.</think><grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}</grounding>'
const answer = (text: string): string => `<think>Seen.</think><answer>${text}</answer>`

/** Knows the answer by the size of the picture, once it has been shown a crop; each picture has its own size. */
function zoomsThenAnswers({ messages, turn }: Asked): Step {
  const canZoom = messages.some(({ role, text }) => role === 'system' && text.includes('zoom'))
  if (canZoom && turn === 1) return zoom
  const [picture] = messages.flatMap(({ images }) => images)
  return answer(picture === undefined ? 'grey' : (colours[picture.width / 100 - 3] ?? 'grey'))
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'controls-'))
  script = zoomsThenAnswers
  server = await startScriptedEndpoint({ script: (asked) => script(asked) })
  const rows = colours.map((colour) => ({
    images: [`pictures/${colour}.png`],
    problem: '<image>\nWhich colour is the square?',
    solution: colour,
    data_source: 'set',
    doc_id: colour,
    target_box: [0.1, 0.1, 0.3, 0.3],
  }))
  for (const [index, background] of colours.entries()) {
    const picture = sharp({ create: { width: 300 + index * 100, height: 300, channels: 3, background } })
    await put(join(folder, 'pictures', `${background}.png`), await picture.png().toBuffer())
  }
  await put(join(folder, 'test.json'), JSON.stringify(rows))
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const sweep = () => join(folder, 'sweep')
const mini = (...words: readonly string[]) => runCommand([addEval, addReport], ...words)
const run = (...words: readonly string[]) => {
  const data = ['--benchmark', 'visual-probe', '--data', folder, '--samples', '1', '--run', sweep()]
  return mini('eval', ...data, '--policy', 'chat:test-vlm', '--base-url', server.baseUrl, ...words)
}
const configOf = async (name: string) => JSON.parse(await readFile(join(sweep(), name, 'config.json'), 'utf8'))

test('all that are possible, each in its own run; says what is left out, what it may cost, and what looking adds', async () => {
  const { stdout, stderr, code } = await run('--controls')
  expect(code).toBe(0)
  expect(server.violations).toEqual([])
  // Looking, black and shuffled take two turns a search, the others one.
  expect(server.requests).toHaveLength(3 * 6 + 3 * 3)
  expect(stderr).toContain(
    '6 runs of 3 searches each: 3 of up to 32 turns per search, 3 of one turn, so at most 297 turns',
  )
  expect(stdout).toContain('The control no-options is left out: no question lists options.')
  expect(stdout).toContain('crops black: searches as usual, but every crop is black.')
  expect(stdout).toMatch(
    /100\.0 % of searches are right with looking\. Of the controls .* "crops black" comes nearest with 100\.0 %: \+0\.0 points/,
  )
  expect(stdout).toContain('3 of 3 problems are right without looking')
  const names = ['black', 'shuffled', 'overview', 'no-picture', 'target']
  for (const name of names) expect(await configOf(name)).toMatchObject({ control: { name } })
  expect(await configOf('looking')).not.toHaveProperty('control')
  // Nothing is sent in place of the picture.
  const pictures = server.requests.map(({ messages }) => messages.flatMap(({ images }) => images).length)
  expect(pictures.filter((count) => count === 0)).toHaveLength(3)
  const csv = await readFile(join(sweep(), 'looking.csv'), 'utf8')
  expect(csv.split('\n')[0]).toContain(
    'problem,looking,black,shuffled,overview,no-picture,target,right without looking',
  )
  expect(csv).toContain('set/red,1,1,1,1,0,')
  expect(await readFile(join(sweep(), 'results.md'), 'utf8')).toContain('| crops black | 100.0 |')
})

test('is resumed without a search twice, and more controls can be added', async () => {
  await run('--controls', 'black')
  expect(server.requests).toHaveLength(12)
  const { stdout } = await run('--controls', 'no-picture', '--json')
  expect(server.requests).toHaveLength(15)
  const result = JSON.parse(stdout)
  expect(result.byControl.map(({ control, avgAtK }: Record<string, unknown>) => [control, avgAtK])).toEqual([
    ['black', 1],
    ['no-picture', 0],
  ])
  expect(result.figures.controls).toMatchObject([
    { control: 'black', problems: 3, difference: { mean: 0, low: 0, high: 0 } },
    { control: 'no-picture', problems: 3, looking: 1, difference: { mean: 1, low: 1, high: 1 }, over: 'problems' },
  ])
  expect(result.figures.withoutLooking.map(({ name }: { name: string }) => name)).toHaveLength(3)

  const out = join(folder, 'report')
  const report = await mini('report', sweep(), '--out', out)
  expect(report.stdout).toContain('## Does it look? Mini-o3 rows: chat:test-vlm')
  // By the nearest control, which is not always the first.
  expect(report.stdout).toContain('"crops black" comes nearest with 100.0 %')
  expect(report.stdout).toContain('measured: chat:test-vlm, 32 turns, control: crops black')
  expect(await readFile(join(out, 'report.csv'), 'utf8')).toContain('looking minus no picture,1,1,1,3')
  const { parts } = dataIn<ReportData>(await readFile(join(out, 'report.html'), 'utf8'))
  expect(parts.flatMap((part) => (part.kind === 'figures' ? part.figures : []))[0]?.svg).toContain('crops black')
})

test('controls wait for a complete run with looking, and a repeat does what is missing', async () => {
  let isBroken = true
  script = (asked) =>
    isBroken && asked.turn === 2
      ? { status: 400, body: { error: { message: 'out of order' } } }
      : zoomsThenAnswers(asked)
  const first = await run('--controls', 'black')
  expect(first.code).toBe(1)
  expect(first.stderr).toContain('The controls start when it is complete.')
  isBroken = false
  const { stdout, code } = await run('--controls', 'black')
  expect(code).toBe(0)
  expect(stdout).toContain('are right with looking')
})

test('a model that never zooms has no crops to withhold', async () => {
  script = () => answer('red')
  const { stdout } = await run('--controls', 'black,no-picture')
  expect(stdout).toContain('The control black is left out: no search zoomed, so there are no crops to replace.')
  expect(server.requests).toHaveLength(6)
})

test.each([
  [['--controls', 'no-options'], 'control-unfit', 'no question lists options'],
  [['--controls', 'black', '--max-pixels', '50000,100000'], 'two-sweeps', '--controls'],
  [['--controls', 'dark'], 'commander.invalidArgument', 'dark is not one of black, shuffled'],
])('%s is refused', async (words, code, message) => {
  await expect(run(...words)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  expect(server.requests).toHaveLength(0)
})
