import { execFile } from 'node:child_process'
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectedRun } from '../../../test/collected-run.ts'
import { runCommand } from '../../../test/run-command.ts'
import { unzip } from '../../../test/unzip.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { addExport } from './export.ts'

/** Of an environment with inspect_ai, whose reader is then asked too. */
const { INSPECT_PYTHON: inspectPython } = process.env

let folder: string
/** Two searches each of three problems: right, right; over its turns, failed; not judged yet, missing. */
let run: string
const halfPair = '\ud83d'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-log-'))
  const collected = await collectedRun(folder)
  run = join(folder, 'eval')
  const lines = await readFile(join(collected.path, 'trajectories.jsonl'), 'utf8')
  const [a, b, c] = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Trajectory)
  const problems = [a!, b!, c!].map(({ problem: { dataSource, docId } }) => ({ dataSource, docId, slices: {} }))
  await rm(collected.path, { recursive: true })
  const { verdict: _, ...unanswered } = b!
  const { verdict: __, ...unjudged } = c!
  const thought = { ...a!.turns[0]!, thinking: `Let me look ${halfPair}` }
  const searches = [
    { ...a!, turns: [thought, ...a!.turns.slice(1)] },
    { ...a!, sampleIndex: 1, problem: { ...a!.problem, alternatives: ['four'] } },
    { ...unanswered, end: 'over-turn', answer: null, verdict: { kind: 'wrong', reason: 'no answer' } },
    {
      ...unanswered,
      sampleIndex: 1,
      turns: [],
      observations: b!.observations.slice(0, 1),
      end: 'failed',
      answer: null,
      failure: { code: 'unreachable', message: 'The server cannot be reached.' },
    },
    { ...unjudged, verdict: { kind: 'unjudged', reason: 'The judge failed.' } },
  ]
  const settings = { command: 'eval', data: join(collected.data, 'train.json'), samples: 2, maxTurns: 40, seed: 0 }
  await mkdir(run)
  await writeFile(join(run, 'config.json'), JSON.stringify({ ...settings, policy: 'chat:a/b', temperature: 0 }))
  await writeFile(join(run, 'problems.json'), JSON.stringify(problems))
  for (const search of searches) await appendFile(join(run, 'trajectories.jsonl'), `${JSON.stringify(search)}\n`)
})
afterAll(() => rm(folder, { recursive: true }))

const mini = (...words: readonly string[]) => runCommand([addExport], 'export', ...words)

async function exported(to: string, out: string): Promise<{ files: string[] }> {
  const { stdout, code } = await mini(run, '--to', to, '--out', join(folder, out), '--json')
  expect(code).toBe(0)
  return JSON.parse(stdout)
}

/** The run with other settings. */
async function runWith(change: object): Promise<string> {
  const path = await mkdtemp(join(folder, 'run-'))
  await cp(run, path, { recursive: true })
  const config = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'))
  await writeFile(join(path, 'config.json'), JSON.stringify({ ...config, ...change }))
  return path
}

/** The kinds of content in all messages of a log. */
function contentOf(log: ReadonlyMap<string, string>): Set<string> {
  const samples = [...log].filter(([name]) => name.startsWith('samples/')).map(([, text]) => JSON.parse(text))
  return new Set(
    samples.flatMap(({ messages }) =>
      messages.flatMap(({ content }: { content: { type: string }[] }) => content.map(({ type }) => type)),
    ),
  )
}

describe('--to inspect', () => {
  it('logs every search with its messages, pictures, scores, limits and errors', async () => {
    const { files, ...counts } = await exported('inspect', 'logs')
    expect(counts).toEqual({ to: 'inspect', searches: 5, failed: 1, missing: 1 })
    const log = unzip(await readFile(files[0]!))
    const read = (name: string) => JSON.parse(log.get(name)!)
    const { eval: spec, results, status, stats } = read('header.json')
    expect(status).toBe('cancelled')
    expect(spec).toMatchObject({ task: 'visual-probe', model: 'mini-o3/chat:a/b', config: { epochs: 2 } })
    expect(results).toMatchObject({ total_samples: 6, completed_samples: 4 })
    expect(results.scores[0]).toMatchObject({ scored_samples: 4, unscored_samples: 1 })
    expect(results.scores[0].metrics.accuracy.value).toBeCloseTo(1 / 3)
    const ids: string[] = spec.dataset.sample_ids
    const samples = [0, 0, 1, 1, 2].map((at, i) => read(`samples/${ids[at]}_epoch_${[1, 2, 1, 2, 1][i]}.json`))
    expect(samples.map(({ scores }) => scores.exact?.value)).toEqual(['C', 'C', 'I', 'I', undefined])
    expect(samples.map(({ limit }) => limit?.type)).toEqual([undefined, undefined, 'turn', undefined, undefined])
    expect(samples[3].error.message).toBe('unreachable: The server cannot be reached.')
    expect(stats.model_usage['mini-o3/chat:a/b'].total_tokens).toBeGreaterThanOrEqual(0)

    const [first] = samples
    expect(first.messages.map(({ role }: { role: string }) => role).slice(0, 3)).toEqual([
      'system',
      'user',
      'assistant',
    ])
    const [thought, reply] = first.messages[2].content
    expect(thought).toEqual({ type: 'reasoning', reasoning: 'Let me look \ufffd' })
    expect(reply.type).toBe('text')
    for (const { messages, attachments } of samples) {
      const parts = messages.flatMap(({ content }: { content: { type: string; image?: string }[] }) => content)
      const images = parts.flatMap(({ image }: { image?: string }) => image ?? [])
      expect(images.length).toBeGreaterThan(0)
      for (const image of images) {
        expect(attachments[image.replace('attachment://', '')]).toMatch(/^data:image\/png;base64,/)
      }
    }
    expect(samples[1].target).toEqual([first.target, 'four'])
    // A search that failed before its first reply still shows what was asked.
    expect(samples[3].messages.map(({ role }: { role: string }) => role)).toEqual(['system', 'user'])
    const summaries = read('summaries.json')
    expect(summaries.map(({ id, epoch }: { id: string; epoch: number }) => [id, epoch])).toEqual(
      samples.map(({ id, epoch }) => [id, epoch]),
    )
    expect(summaries[2]).toMatchObject({ limit: 'turn', limit_reason: 'The limit of 40 turns.' })
  })

  it('writes equal bytes each time, in the place of the earlier log', async () => {
    const [first] = (await exported('inspect', 'again')).files
    const bytes = await readFile(first!)
    await exported('inspect', 'again')
    expect(await readdir(join(folder, 'again'))).toHaveLength(1)
    expect(await readFile(first!)).toEqual(bytes)
  })

  it('writes messages without pictures where the data are gone', async () => {
    const moved = await runWith({ data: 'nowhere' })
    const { stdout } = await mini(
      moved,
      '--to',
      'inspect',
      '--pictures',
      'none',
      '--out',
      join(folder, 'bare'),
      '--json',
    )
    expect(contentOf(unzip(await readFile(JSON.parse(stdout).files[0])))).toEqual(new Set(['text', 'reasoning']))
    await expect(mini(moved, '--to', 'inspect', '--out', join(folder, 'bare'))).rejects.toMatchObject({
      code: 'data-not-found',
    })
  })

  it('shows no pictures of a control, which was shown others', async () => {
    const control = await runWith({ control: { name: 'black', of: 'another' } })
    const { stdout } = await mini(control, '--to', 'inspect', '--out', join(folder, 'control'), '--json')
    const log = unzip(await readFile(JSON.parse(stdout).files[0]))
    expect(contentOf(log)).toEqual(new Set(['text', 'reasoning']))
    expect(JSON.parse(log.get('header.json')!).eval.task).toBe('visual-probe-black')
    await expect(mini(control, '--to', 'trl', '--out', join(folder, 'set'))).rejects.toMatchObject({
      code: 'export-control',
    })
  })

  it.skipIf(inspectPython === undefined)('is read by inspect_ai', async () => {
    const { files } = await exported('inspect', 'peer')
    const script = fileURLToPath(new URL('../../../test/peers/harnesses/read-inspect.py', import.meta.url))
    const { stdout } = await promisify(execFile)(inspectPython!, [script, ...files])
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'cancelled',
      values: ['C', 'C', 'I', 'I', null],
      errors: [null, null, null, 'unreachable: The server cannot be reached.', null],
      resolved: true,
      summaries: 5,
    })
  })
})

describe('--to lmms-eval', () => {
  it('writes a line for each problem and the results, where lmms-eval puts them', async () => {
    const { files } = await exported('lmms-eval', 'lmms')
    const [results, samples] = files
    expect(results).toMatch(/\/chat__a__b\/\d{8}_\d{6}_results\.json$/)
    expect(samples).toBe(results!.replace('_results.json', '_samples_visual-probe.jsonl'))
    const lines = (await readFile(samples!, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ doc_id, score, ends }) => [doc_id, score, ends])).toEqual([
      [0, 1, ['answered', 'answered']],
      [1, 0, ['over-turn', 'failed']],
      [2, 0, ['answered']],
    ])
    expect(lines[1]).toMatchObject({ filtered_resps: ['', ''], errors: [null, expect.stringMatching(/^unreachable/)] })
    const { results: scores, 'n-samples': counts } = JSON.parse(await readFile(results!, 'utf8'))
    expect(scores['visual-probe']['score,none']).toBeCloseTo(1 / 3)
    expect(counts['visual-probe']).toEqual({ original: 3, effective: 3 })
  })

  it('has no pictures, and says so', async () => {
    const refused = mini(run, '--to', 'lmms-eval', '--out', join(folder, 'no'), '--data', 'x')
    await expect(refused).rejects.toMatchObject({
      code: 'option-unused',
      message: expect.stringContaining('--data has no effect here'),
    })
  })
})

it.each(['inspect', 'lmms-eval'])('--to %s refuses what is not an evaluation, and writes nothing', async (to) => {
  const other = await mkdtemp(join(folder, 'other-'))
  await writeFile(join(other, 'config.json'), JSON.stringify({ command: 'sft' }))
  const refused = mini(other, '--to', to, '--out', join(folder, 'none'))
  await expect(refused).rejects.toMatchObject({ code: 'run-of-other-command' })
  await expect(readdir(join(folder, 'none'))).rejects.toThrow('ENOENT')
})
