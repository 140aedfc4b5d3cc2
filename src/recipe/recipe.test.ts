/** The command and its report, with stages that only leave hand-made files where the real ones leave trained ones. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { print } from '../cli/print/output.ts'
import { IncompleteError } from '../cli/incomplete.ts'
import { addRecipe } from '../cli/recipe.ts'
import type { Level } from '../protocol/problem.ts'
import { levels } from '../protocol/problem.ts'
import type { End, Trajectory } from '../protocol/trajectory.ts'
import { AbortedError } from '../shared/errors.ts'
import { dataIn } from '../../test/page-file.ts'
import type { Part, ReportData } from '../page/page-data.ts'
import { presets } from './presets.ts'

let folder: string
let stdout: string
let stderr: string

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'mini-o3-recipe-')), 'run')
  stdout = stderr = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((stdout += text)))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((stderr += text)))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(join(folder, '..'), { recursive: true })
})

const allStages = 'probe scenes collect sft rl-masked rl-vanilla eval-sft eval-masked eval-vanilla'.split(' ')

/** Runs the command; `stopAt` is interrupted. Returns the stages that it ran. */
async function recipe(words: readonly string[] = [], stopAt?: string): Promise<string[]> {
  const ran: string[] = []
  const program = new Command('mini-o3').exitOverride()
  addRecipe(program, async (stage) => {
    const path = stage[stage.indexOf(stage[0] === 'probe' ? '--out' : '--run') + 1]!
    const name = path.slice(folder.length + 1)
    ran.push(name)
    if (name === stopAt) throw new AbortedError()
    print(`result of ${name}`)
    await leave(name, path)
  })
  await program.parseAsync(['recipe', '--preset', 'quick', '--run', folder, ...words], { from: 'user' })
  return ran
}

/** Right after 2 turns with the cold start; masked also after 20; vanilla never. */
const turnsOfRight: Readonly<Record<string, readonly number[]>> = {
  'eval-sft': [2],
  'eval-masked': [2, 20],
  'eval-vanilla': [],
}

async function leave(name: string, path: string): Promise<void> {
  await mkdir(path)
  const lines = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')
  if (name.startsWith('rl-')) {
    const vanilla = name === 'rl-vanilla'
    const steps = vanilla ? presets.quick.rl.steps - 2 : presets.quick.rl.steps
    const metrics = Array.from({ length: steps }, (_, i) => ({
      stage: 'rl',
      step: i + 1,
      reward: 0.5,
      turns: vanilla ? 4 - i * 0.75 : 4,
      ends: { ...noEnds, 'over-turn': 0.3 },
    }))
    // A step that was done again after a kill: the last line counts.
    await writeFile(join(path, 'metrics.jsonl'), lines([{ ...metrics[0]!, turns: 99 }, ...metrics]))
  }
  const right = turnsOfRight[name]
  if (right === undefined) return
  const config = { command: 'eval', samples: 1, maxTurns: 32, seed: 1 }
  await writeFile(join(path, 'config.json'), JSON.stringify(config))
  const searches = levels.flatMap((level) =>
    [0, 1].map((i) => trajectory(level, `<img src=x>-${i}`, right[i] ?? 32, right[i] !== undefined)),
  )
  await writeFile(join(path, 'trajectories.jsonl'), lines(searches))
  if (name === 'eval-masked') await writeFile(join(path, 'searches.html'), '')
}

const noEnds: Readonly<Record<End, number>> = {
  answered: 0.7,
  'over-turn': 0,
  'over-image': 0,
  'over-context': 0,
  void: 0,
  failed: 0,
}

function trajectory(level: Level, docId: string, turns: number, correct: boolean): Trajectory {
  const usage = { promptTokens: 1, imageTokens: 1, replyTokens: 1 }
  return {
    version: 1,
    problem: { docId: `${level}-${docId}`, dataSource: 'test', question: '?', answer: '1', level },
    picture: { sha256: '0'.repeat(64), width: 400, height: 400 },
    policy: 'test',
    profile: { name: 'embedded', sha256: '0'.repeat(64) },
    maxTurns: 32,
    seed: 1,
    sampleIndex: 0,
    turns: Array.from({ length: turns }, () => ({ text: '', finish: 'stop', usage, ms: 1 })),
    observations: [],
    end: correct ? 'answered' : 'over-turn',
    answer: correct ? '1' : null,
    usage,
    ms: 1,
    verdict: { kind: correct ? 'correct' : 'wrong', reason: '' },
  }
}

test('runs every stage and reports what came of it, in sentences made of the figures', async () => {
  expect(await recipe(['--json'])).toEqual(allStages)
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({ preset: 'quick', smoke: true, run: folder, evals: { masked: { avgAtK: 1 } } })
  expect(stderr).toContain('4/9 sft: mini-o3 sft --collection ')
  expect(stderr).toContain('result of sft')
  const { parts } = dataIn<ReportData>(await readFile(result.report, 'utf8'))
  const of = <Kind extends Part['kind']>(kind: Kind) =>
    parts.filter((part): part is Extract<Part, { kind: Kind }> => part.kind === kind)
  expect(of('warning')).toEqual([{ kind: 'warning', text: expect.stringContaining('smoke run') }])
  const figures = of('figures').flatMap((part) => part.figures)
  expect(figures.map(({ svg }) => svg.slice(0, 4))).toEqual(Array.from({ length: 3 + 3 }, () => '<svg'))
  const page = [
    ...figures.map(({ caption }) => caption),
    ...parts.map((part) => ('text' in part ? part.text : '')),
  ].join('\n')
  expect(page).toContain(
    'from turn limit 6 to 32: masked RL 50.0 → 100.0, vanilla RL 0.0 → 0.0, cold start (SFT) 50.0 → 50.0. ' +
      'At 32 turns masked RL is 100.0 points above vanilla RL, and their intervals are apart.',
  )
  expect(page).toContain('from the first steps to the last: masked RL 4.00 → 4.00, vanilla RL 4.00 → 1.75.')
  expect(page).toContain('vanilla RL ended at step 4 of 6')
  expect(page).not.toContain('masked RL ended')
  expect(of('links')).toEqual([{ kind: 'links', paths: ['eval-masked/searches.html'] }])
  expect(
    of('table')
      .at(-1)!
      .table.rows.map(([name]) => name),
  ).toEqual(allStages)
})

test('the page asks for nothing, runs only its own script, and shows text as text', async () => {
  const wild = join(folder, '..', `run<script>alert(1)</script>"&'`)
  folder = wild
  await recipe()
  const page = await readFile(join(wild, 'report.html'), 'utf8')
  expect(page).toContain("default-src 'none'; img-src data:; style-src 'sha256-")
  expect(page.match(/<script\b/g)).toHaveLength(2)
  const { parts } = dataIn<ReportData>(page)
  expect(JSON.stringify(parts)).toContain('run<script>alert(1)</script>')
  expect(stdout).toContain('masked RL, hard')
})

test('what is done is not done again, and a stage that was stopped goes on', async () => {
  await expect(recipe([], 'collect')).rejects.toThrow(AbortedError)
  expect(stderr).toContain('Stopped in stage 3/9 collect. Repeat')
  expect(await recipe()).toEqual(allStages.slice(2))
  expect(stderr).toContain('2/9 scenes: already done')
  expect(await recipe()).toEqual([])
  const log = (await readFile(join(folder, 'stages.jsonl'), 'utf8')).trimEnd().split('\n')
  expect(log.map((line) => JSON.parse(line)).filter(({ name }) => name === 'collect')).toMatchObject([
    { complete: false, words: expect.arrayContaining(['collect', '--mistake-rate']) },
    { complete: true },
  ])
  await expect(recipe(['--seed', '5'])).rejects.toThrow('seed: 1, now 5')
})

test('a dry run prints the commands and leaves nothing behind', async () => {
  expect(await recipe(['--dry-run'])).toEqual([])
  expect(stdout.trimEnd().split('\n')).toHaveLength(allStages.length)
  expect(stdout).toMatch(/^mini-o3 probe build --out .*probe --train \d+ --seed 1 --no-pictures\n/)
  await expect(readFile(join(folder, 'config.json'))).rejects.toThrow('ENOENT')
})

test('a stage whose result is not whole stops the recipe, which says what is missing', async () => {
  const program = new Command('mini-o3').exitOverride()
  addRecipe(program, () => Promise.reject(new IncompleteError('3 of 9 searches failed.')))
  const done = program.parseAsync(['recipe', '--preset', 'quick', '--run', folder], { from: 'user' })
  await expect(done).rejects.toMatchObject({
    code: 'recipe-stage-failed',
    message: expect.stringMatching(/Stage probe is not complete[^]*3 of 9 searches failed/),
  })
})
