import { describe, expect, test } from 'vitest'
import { UserError } from '../shared/errors.ts'
import { embeddedProfileWith, profileHash, profiles } from './profile.ts'

describe('profiles', () => {
  test('stored scores name these hashes: a change to one changes what scores mean', () => {
    const hashes = [profiles.default, profiles.official].map((profile) => profileHash(profile).slice(0, 12))
    expect(hashes).toEqual(['6af0c882d672', 'f0c1bd4b0571'])
  })

  test('the embedded profile under its own budget is itself', () => {
    const same = embeddedProfileWith({ viewSide: 64, contextLimit: null })
    expect(profileHash(same)).toBe(profileHash(profiles.embedded))
  })

  test('another budget is another profile', () => {
    const budgets = [
      { viewSide: 32, contextLimit: null },
      { viewSide: 64, contextLimit: 400 },
    ]
    const hashes = [profiles.embedded, ...budgets.map(embeddedProfileWith)].map(profileHash)
    expect(new Set(hashes).size).toBe(3)
    expect(embeddedProfileWith({ viewSide: 32, contextLimit: 400 })).toMatchObject({
      firstView: { width: 32, height: 32 },
      observationView: { width: 32, height: 32 },
      contextLimit: 400,
    })
  })

  test.each([
    [50, 'Take 48'],
    [0, 'Take 16'],
    [272, 'Take 256'],
    [64.5, 'Take 64'],
  ])('a side of %d pixels is refused with one that can be had', (viewSide, fix) => {
    expect(() => embeddedProfileWith({ viewSide, contextLimit: null })).toThrow(UserError)
    expect(() => embeddedProfileWith({ viewSide, contextLimit: null })).toThrow(fix)
  })
})
