import { expect, test } from 'vitest'
import { profileHash, profiles } from '../../protocol/profile.ts'
import { chosenProfile } from './profile.ts'

const chat = { policy: 'chat:some' } as const

test('views of a model behind a server can be bounded', () => {
  const { firstView, observationView } = chosenProfile({ ...chat, maxPixels: 500_000 })
  expect(firstView).toEqual({ ...profiles.default.firstView, maxPixels: 500_000 })
  expect(observationView).toEqual({ ...profiles.default.observationView, maxPixels: 500_000 })
  expect(chosenProfile(chat)).toEqual(profiles.default)
})

test.each([{ maxPixels: 500_000 }, { maxImages: 3 }, { coordinates: 'pixel' }, { profile: 'official' }] as const)(
  'the embedded policy takes no %j',
  (changes) => {
    expect(() => chosenProfile({ policy: 'embedded', ...changes })).toThrow(/only works with --profile embedded/)
  },
)

test('a bound below the least view of the profile is refused', () => {
  expect(() => chosenProfile({ ...chat, maxPixels: 100 })).toThrow(/at least 40000 pixels/)
})

test.each(['official', 'official-32', 'deepeyes', 'pixel-reasoner'] as const)('%s says nothing of turns', (profile) => {
  expect(() => chosenProfile({ ...chat, profile, finalAnswer: true })).toThrow(/released code/)
  expect(() => chosenProfile({ ...chat, profile, tellTurns: true })).toThrow(/--tell-turns/)
})

test('tools beside zoom are part of the profile, where it can have them', () => {
  const turned = chosenProfile({ ...chat, tools: ['rotate'] })
  expect(turned).toMatchObject({ name: 'default', tools: ['rotate'] })
  expect(profileHash(turned)).not.toBe(profileHash(profiles.default))
  expect(() => chosenProfile({ ...chat, profile: 'official', tools: ['rotate'] })).toThrow(/Use one of default, tools/)
  expect(() => chosenProfile({ policy: 'embedded', tools: ['rotate'] })).toThrow(/only works with --profile embedded/)
})

test('what a policy is told of its turns is part of the profile', () => {
  const told = chosenProfile({ ...chat, finalAnswer: true, tellTurns: true })
  expect(told).toEqual({ ...profiles.default, lastTurnAnswers: true, turnsTold: true })
  expect(profileHash(told)).not.toBe(profileHash(profiles.default))
})
