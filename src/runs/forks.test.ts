import { expect, test } from 'vitest'
import type { Parent } from '../protocol/trajectory.ts'
import { departsFrom, forkCommand, runNameOf } from './forks.ts'

const run = (path: string, command = 'eval') => ({ path, settings: { command } })
const forksOf = (path: string) => ({
  path: `${path}/forks`,
  settings: { command: forkCommand, of: { command: 'eval' } },
})

test.each([
  ['runs/eval', runNameOf(run('runs/eval')), 'eval'],
  ['its forks', runNameOf(forksOf('runs/eval')), 'eval/forks'],
  ['a run that has the name of its forks', runNameOf(run('runs/forks')), 'forks'],
  ['the forks of that', runNameOf(forksOf('runs/forks')), 'forks/forks'],
])('the name of %s tells which run it is', (_, name, expected) => expect(name).toBe(expected))

test.each<[string, string | undefined, string, 'run' | 'forks']>([
  ['a search of the run', 'eval', 'runs/eval', 'run'],
  ['a search of the run, whose folder got another name since', 'eval', 'runs/moved', 'run'],
  ['a fork', 'eval/forks', 'runs/eval', 'forks'],
  ['a fork, in a run whose folder got another name since', 'eval/forks', 'runs/moved', 'forks'],
  ['a fork, as earlier versions named it', 'forks', 'runs/eval', 'forks'],
  ['a search of a run that has the name of its forks', 'forks', 'runs/forks', 'run'],
  ['a fork in a run that has the name of its forks', 'forks/forks', 'runs/forks', 'forks'],
])('a fork of %s departs from there alone', (_, named, path, expected) => {
  const parent: Parent = {
    ...(named !== undefined && { run: named }),
    sampleIndex: 0,
    policy: 'p',
    turn: 1,
    changed: [],
  }
  const at = forksOf(path)
  const found = { run: departsFrom(parent, at, run(path)), forks: departsFrom(parent, at, at) }
  expect(found).toEqual({ run: expected === 'run', forks: expected === 'forks' })
})

test('a fork of an ask departs from an ask of its own run, and one in a training set from none that is there', () => {
  const parent: Parent = { sampleIndex: 0, ask: 1, policy: 'p', turn: 1, changed: [] }
  const served = run('runs/served', 'serve')
  expect([served, run('runs/other')].map((from) => departsFrom(parent, served, from))).toEqual([true, false])
  const set = run('runs/eval', 'collect')
  expect(departsFrom({ ...parent, run: 'eval' }, set, set)).toBe(false)
})
