/** The walk of docs/walk.md with fewer scenes, command by command: find failures, correct verdicts, fork one, export what is right, train on it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProgram } from '../../test/run-program.ts'
import { coldStartCheckpoint } from '../policy/embedded/embedded-policy.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'

let folder: string
let run: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'walk-'))
  run = join(folder, 'walk')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What a command prints on stdout; it has to end well. */
async function mini(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await startProgram(words).ended
  expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
  return stdout
}

async function searchesIn(path: string): Promise<Trajectory[]> {
  const lines = (await readFile(join(path, 'trajectories.jsonl'), 'utf8')).trimEnd().split('\n')
  return lines.map((line) => trajectorySchema.parse(JSON.parse(line)))
}

/** A box around the target in which the embedded policy can read it, as fractions of the picture. */
function boxAround({ problem: { targetBoxRel } }: Trajectory): string {
  const [x0, y0, x1, y1] = targetBoxRel ?? [0, 0, 1, 1]
  const side = Math.max(0.04, 2 * (x1 - x0))
  const low = (from: number, to: number): number => Math.min(Math.max((from + to - side) / 2, 0), 1 - side)
  const [x, y] = [low(x0, x1), low(y0, y1)]
  return [x, y, x + side, y + side].map((value) => value.toFixed(4)).join(',')
}

const of = ({ problem, sampleIndex }: Trajectory): readonly string[] =>
  `--problem ${problem.docId} --sample ${sampleIndex + 1}`.split(' ')

test('from a run to a policy that learned from what people corrected', { timeout: 600_000 }, async () => {
  const data = join(folder, 'data')
  await mini('probe', 'build', '--out', data, '--test', '24', '--seed', '21', '--no-pictures')
  await mini('eval', '--data', data, '--max-turns', '6', '--temperature', '1', '--seed', '1', '--run', run)
  const log = await readFile(join(run, 'trajectories.jsonl'), 'utf8')
  // In an order that does not depend on which search ended first.
  const failed = (await searchesIn(run))
    .filter(({ verdict }) => verdict?.kind !== 'correct')
    .toSorted((a, b) => a.problem.docId.localeCompare(b.problem.docId))

  // Failures that never looked at the target.
  const never = await mini('report', run, '--where', 'not correct and looked = 0')
  expect(never).toMatch(/only \d+ of 24 searches/)

  // Three corrected verdicts.
  const corrected = failed.slice(0, 3)
  for (const search of corrected) await mini('note', run, ...of(search), '--verdict', 'right', '--tag', 'read-again')
  expect(await mini('report', run)).toContain('3 verdicts corrected by hand')
  expect(await mini('report', run, '--as-judged')).not.toContain('corrected by hand')

  // Forks at turn 4, until one comes to the right answer.
  const long = failed.slice(3).filter(({ turns }) => turns.length >= 4)
  let right: Trajectory | undefined
  for (const [seed, search] of ['1', '2', '3'].flatMap((one) => long.map((search) => [one, search] as const))) {
    const box = ['--source', 'original_image', '--box', boxAround(search)]
    await mini('fork', run, ...of(search), '--turn', '4', ...box, '--seed', seed)
    right = (await searchesIn(join(run, 'forks'))).find(({ verdict }) => verdict?.kind === 'correct')
    if (right !== undefined) break
  }
  expect(right).toMatchObject({ parent: { turn: 4 }, answer: right?.problem.answer })
  expect(await readFile(join(run, 'trajectories.jsonl'), 'utf8')).toBe(log)

  // What is right, without what was only declared right; then a policy that learns from it.
  const set = join(folder, 'set')
  const good = 'correct and not corrected'
  await mini('export', run, join(run, 'forks'), '--where', good, '--to', 'collection', '--out', set)
  const searches = await searchesIn(set)
  expect(searches.length).toBe(24 - failed.length + 1)
  expect(searches.filter(({ parent }) => parent !== undefined)).toHaveLength(1)
  const trained = join(folder, 'trained')
  const start = ['--from', coldStartCheckpoint, '--look-steps', '0']
  await mini('sft', '--collection', set, ...start, '--steps', '2', '--batch', '8', '--workers', '1', '--run', trained)
  expect((await readFile(join(trained, 'policy.safetensors'))).byteLength).toBeGreaterThan(1_000_000)
})
