/** `mini-o3 fork`, as a real process on a run that was just searched. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runLines } from '../../test/run-lines.ts'
import { startProgram } from '../../test/run-program.ts'
import { jsonLines, storedSearch, writeRun } from '../../test/stored-searches.ts'
import { embeddedPolicy } from '../policy/embedded/embedded-policy.ts'
import { makeProblem } from '../probe/problem.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { makeScene } from '../probe/scene.ts'
import { profiles } from '../protocol/profile.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { searchToEnd } from '../search/search-many.ts'
import { readCollection } from './data/read-collection.ts'

let folder: string
let run: string
let parent: Trajectory
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fork-command-'))
  run = join(folder, 'eval')
  const embedded = await embeddedPolicy({ workers: 1, temperature: 0.3 })
  // Evaluations count the answer that their benchmark counts.
  const profile = { ...profiles.embedded, answerPick: 'first' } as const
  // The first scene that takes two turns: which one that is depends on the weights.
  for (let place = 1; place <= 40 && !(parent?.turns.length > 1); place++) {
    const scene = makeScene(place, 'medium')
    const task = { problem: makeProblem(scene), picture: scenePicture(scene, 1024) }
    parent = (await searchToEnd(task, embedded, { profile, seed: 4, maxTurns: 12 })).trajectory
  }
  await embedded.close?.()
  const settings = { command: 'eval', samples: 1, maxTurns: 12, seed: 1 }
  await writeRun(run, settings, { 'trajectories.jsonl': jsonLines([parent]) })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const fork = (...words: readonly string[]) => startProgram(['fork', run, '--json', ...words]).ended

const forks = async (): Promise<Trajectory[]> =>
  (await readFile(join(run, 'forks', 'trajectories.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => trajectorySchema.parse(JSON.parse(line)))

test('another box is searched from and stored beside the run; without a change the same turns follow, but for another seed', async () => {
  const changed = await fork('--turn', '1', '--box', '0.5,0.5,0.75,0.75')
  expect([changed.code, changed.stderr]).toEqual([0, expect.stringContaining(parent.problem.question)])
  expect(JSON.parse(changed.stdout)).toMatchObject({ run: join(run, 'forks'), index: 0, verdict: expect.any(String) })
  const anew = await fork('--turn', '2', '--seed', '11', '--max-turns', '3')
  expect(JSON.parse(anew.stdout)).toMatchObject({ index: 1 })
  const [first, second] = await forks()
  expect(first).toMatchObject({
    sampleIndex: 0,
    seed: parent.seed,
    profile: parent.profile,
    parent: { run: 'eval', sampleIndex: 0, policy: 'embedded', turn: 1, changed: ['box'] },
  })
  expect(first!.turns[0]).toMatchObject({ action: { boxRel: [0.5, 0.5, 0.75, 0.75] }, byHand: ['box'] })
  expect(second).toMatchObject({ sampleIndex: 1, maxTurns: 3, parent: { turn: 2, changed: ['seed'] } })
  expect(second!.turns[0]).toEqual(parent.turns[0])
  expect(await readFile(join(run, 'trajectories.jsonl'), 'utf8')).toBe(jsonLines([parent]))
})

const refused: readonly (readonly [string, readonly string[], string])[] = [
  ['a box that is none', ['--turn', '1', '--box', '0.5,0.5'], 'four fractions'],
  ['a box whose left is right of its right', ['--turn', '1', '--box', '0.9,0.1,0.2,0.5'], 'left, top, right, bottom'],
  ['a source without a box', ['--turn', '1', '--source', 'original_image'], '--box'],
  [
    'a source that was not shown',
    ['--turn', '1', '--box', '0,0,1,1', '--source', 'observation_1'],
    'Name one of original_image',
  ],
  ['a turn that is not there', ['--turn', '99', '--seed', '5'], 'so it cannot be forked at turn 99'],
  ['nothing that is changed', ['--turn', '2', '--seed', '4'], 'Nothing is changed'],
  ['the best model where there is none', ['--turn', '2', '--policy', 'auto'], 'No model can be used'],
  ['a problem that is not there', ['--turn', '1', '--problem', 'nowhere'], 'No problem is named nowhere'],
]

test('what cannot be forked is refused, and why', async () => {
  const lines = refused.map(([, words]) => ['fork', run, '--json', ...words])
  for (const [number, { code, stdout, stderr }] of (await runLines(folder, lines)).entries()) {
    const [what, , why] = refused[number]!
    expect([what, code, stdout, stderr]).toEqual([what, 2, '', expect.stringContaining(why)])
  }
})

test('forks are exported like the searches of their run, with what was written by hand only read unless wanted', async () => {
  const right = storedSearch({ seed: 1, right: true, turns: 3 })
  const turns = right.turns.map((turn, i) => (i === 1 ? { ...turn, byHand: ['box'] as const } : turn))
  const parentOf = { run: 'made', sampleIndex: 0, policy: 'embedded', turn: 2, changed: ['box'] } as const
  const made = join(folder, 'made')
  const settings = { command: 'eval', samples: 1, maxTurns: 8, seed: 1, data: 'data/probe' }
  await writeRun(made, settings, {
    'trajectories.jsonl': jsonLines([{ ...right, verdict: { kind: 'wrong', reason: '' } }]),
  })
  const log = jsonLines([{ ...right, turns, parent: parentOf }])
  await writeRun(join(made, 'forks'), { command: 'fork', of: settings }, { 'trajectories.jsonl': log })
  for (const [out, words, marks] of [
    ['read', [], [undefined, ['box'], undefined]],
    ['learned', ['--by-hand'], [undefined, undefined, undefined]],
  ] as const) {
    const to = ['--to', 'collection', '--out', join(folder, out)]
    const exported = await startProgram(['export', made, join(made, 'forks'), ...to, '--json', ...words]).ended
    expect([exported.code, exported.stderr]).toEqual([0, expect.any(String)])
    expect(JSON.parse(exported.stdout)).toMatchObject({ rows: 1, matched: 2, of: 2 })
    const [written] = await readCollection(join(folder, out))
    expect(written!.turns.map(({ byHand }) => byHand)).toEqual(marks)
    expect(JSON.parse(await readFile(join(folder, out, 'config.json'), 'utf8'))).toMatchObject({ data: 'data/probe' })
  }
  await expect(readCollection(join(made, 'forks'))).rejects.toThrow('--to collection')
})
