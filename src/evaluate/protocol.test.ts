import { expect, it } from 'vitest'
import { profileHash, profileWith, profiles } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { otherFailuresText, profileSettings, protocolLine } from './protocol.ts'

const lineOf = (
  profile: Profile,
  hash = profileHash(profile),
  interval?: Parameters<typeof protocolLine>[0]['interval'],
): string =>
  protocolLine({
    config: {
      command: 'eval',
      benchmark: 'visual-probe',
      samples: 1,
      maxTurns: profile.maxTurns,
      seed: 0,
      profile: hash,
      protocol: profileSettings(profile),
    },
    ...(interval && { interval }),
  })

it('says so where problems share pictures, and are resampled together', () => {
  const lineOver = (over: 'problems' | 'pictures') =>
    lineOf(profiles.default, profileHash(profiles.default), { over, units: 120 })
  expect(lineOver('pictures')).toMatch(/judge exact, intervals over 120 pictures, failed searches count as wrong$/)
  expect(lineOver('problems')).toMatch(/judge exact, failed searches count as wrong$/)
})

it.each([
  ['default', 'coordinates relative, last answer, after one reminder also a reply in plain prose, judge exact'],
  ['tools', 'coordinates relative, last answer, judge exact'],
  [
    'official',
    'coordinates relative, first answer of all turns joined, also beyond a limit, pictures as Pillow reads them',
  ],
  [
    'deepeyes',
    'coordinates file, answer of the last reply, or else all of it, pictures as Pillow reads them, judge exact',
  ],
  [
    'pixel-reasoner',
    'coordinates mixed, last answer of all turns, also beyond a limit, pictures as Pillow reads them, judge exact',
  ],
] as const)('says of %s which answer counts', (name, words) => {
  expect(lineOf(profiles[name])).toContain(words)
})

it('says what a policy was told of its turns', () => {
  const told = profileWith(profiles.tools, { turnsTold: true, lastTurnAnswers: true })
  expect(lineOf(told)).toContain(
    'coordinates relative, last answer, the model is told the turn limit, an answer is requested in the last turn, judge exact',
  )
})

it('names the tools beside zoom', () => {
  expect(lineOf(profileWith(profiles.default, { tools: ['flip', 'rotate'] }))).toContain(
    'tools beside zoom: rotate, flip,',
  )
  expect(lineOf(profiles.default)).not.toContain('tools')
})

it('tells a score from before a change of its profile', () => {
  expect(lineOf(profiles.official, `f0c1bd4b0571${'0'.repeat(52)}`)).toContain(
    'profile official (f0c1bd4b; an earlier form of it: since then answers beyond a limit count, ',
  )
  expect(lineOf(profiles.official)).toMatch(/profile official \([0-9a-f]{8}\), /)
})

it.each([
  [{}, 'failed searches count as wrong'],
  [{ failures: 'left-out' }, 'failed searches left out'],
  [{ failures: 'wrong', failOnError: 0.05 }, 'failed searches count as wrong, at most 5 % of all'],
  [{ failures: 'left-out', failOnError: 12 }, 'failed searches left out, at most 12'],
] as const)('says of %j how failures count', (change, words) => {
  const config = { command: 'eval', benchmark: 'visual-probe', samples: 1, maxTurns: 2, seed: 0 }
  expect(protocolLine({ config: { ...config, ...change } })).toMatch(new RegExp(`${words}$`))
})

it('says of runs that they count failures differently', () => {
  const run = (name: string, failures?: 'wrong' | 'left-out') => {
    return { name, config: { benchmark: 'visual-probe', samples: 1, maxTurns: 2, seed: 0, failures } }
  }
  expect(otherFailuresText([run('a'), run('b', 'wrong')])).toBeUndefined()
  expect(otherFailuresText([run('a', 'left-out'), run('b', 'left-out')])).toBeUndefined()
  expect(otherFailuresText([run('a'), run('b', 'left-out'), run('c', 'wrong')])).toContain(
    'as wrong in a, c; left out in b.',
  )
})
