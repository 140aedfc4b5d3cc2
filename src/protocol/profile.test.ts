import { describe, expect, test } from 'vitest'
import { UserError } from '../shared/errors.ts'
import { fitSize } from '../vision/fit.ts'
import { embeddedProfileWith, profileHash, profiles, profileWith, viewSideWithin } from './profile.ts'
import { coordinateWords } from './prompts.ts'

describe('profiles', () => {
  test('stored scores name these hashes: a change to one changes what scores mean', () => {
    const hashes = [profiles.default, profiles.official, profiles.embedded].map((profile) =>
      profileHash(profile).slice(0, 12),
    )
    expect(hashes).toEqual(['436a14adaa09', '7c774527bbe2', '5bc164adadc1'])
  })

  test('what a protocol adds is part of the hash', () => {
    const { official } = profiles
    const crops = [{ padding: 0.1 }, { edges: 'nearest' as const }, { minSide: 2 }].map((change) => ({
      ...official,
      crop: { ...official.crop, ...change },
    }))
    const all = [official, { ...official, dialect: 'tools' as const }, ...crops].map(profileHash)
    expect(new Set(all).size).toBe(5)
  })

  test.each([
    ['default', { maxTurns: 32, pictures: { reading: 'displayed', narrow: 'enlarged' } }],
    [
      'official',
      { maxTurns: 12, maxImages: 12, contextLimit: 32_768, pictures: { reading: 'pillow', narrow: 'skipped' } },
    ],
    ['official-train', { maxTurns: 6, maxImages: 12, contextLimit: 32_768 }],
    ['official-32', { maxTurns: 32, maxImages: 32, contextLimit: 128_000 }],
    ['direct', { maxTurns: 1, dialect: 'answer-only' }],
    ['tools', { dialect: 'tools', coordinates: 'relative' }],
    ['deepeyes', { maxTurns: 11, coordinates: 'file', callAndAnswer: 'answer', crop: { edges: 'beyond', padding: 0 } }],
    ['deepeyes', { pictures: { reading: 'pillow', narrow: 'enlarged' } }],
    ['deepeyes-lenient', { pictures: { reading: 'displayed', narrow: 'enlarged' } }],
    ['pixel-reasoner', { pictures: { reading: 'pillow', narrow: 'enlarged' } }],
    ['deepeyes-lenient', { maxTurns: 11, coordinates: 'pixel', callAndAnswer: 'answer', crop: { padding: 0 } }],
    ['pixel-reasoner', { maxTurns: 5, coordinates: 'mixed', crop: { edges: 'even', padding: 0.1, minSide: 29 } }],
    ['pixel-reasoner-lenient', { maxTurns: 5, coordinates: 'relative', crop: { padding: 0.1, minSide: 29 } }],
  ] as const)('%s is %j', (name, expected) => {
    expect(profiles[name]).toMatchObject({ name, ...expected })
  })

  test('every profile is known by its own name', () => {
    for (const [name, profile] of Object.entries(profiles)) expect(profile.name).toBe(name)
  })

  test('other coordinates change what the prompt says, under the same name and another hash', () => {
    for (const profile of [profiles.default, profiles.tools, profiles.deepeyes, profiles['pixel-reasoner-lenient']]) {
      const thousand = profileWith(profile, { coordinates: 'thousand' })
      expect(thousand).toMatchObject({ name: profile.name, coordinates: 'thousand', maxImages: profile.maxImages })
      expect(thousand.prompts.system).toContain(coordinateWords.thousand)
      expect(thousand.prompts.system).not.toContain(coordinateWords[profile.coordinates])
      expect(profileHash(thousand)).not.toBe(profileHash(profile))
      expect(
        profileHash({ ...profileWith(thousand, {}), prompts: profile.prompts, coordinates: profile.coordinates }),
      ).toBe(profileHash(profile))
    }
  })

  test('a picture limit can be set or lifted, and has to be one', () => {
    expect(profileWith(profiles.official, { maxImages: 30 }).maxImages).toBe(30)
    expect(profileWith(profiles.official, { maxImages: null }).maxImages).toBe(null)
    expect(profileHash(profileWith(profiles.official, {}))).toBe(profileHash(profiles.official))
    for (const maxImages of [0, -1, 1.5, Number.NaN]) {
      expect(() => profileWith(profiles.official, { maxImages })).toThrow(/whole number of at least 1/)
    }
  })

  test('views for boxes in pixels stand on the grid of the model, where no server shrinks them', () => {
    const { firstView, observationView } = profileWith(profiles.default, { coordinates: 'pixel' })
    for (const rule of [firstView, observationView]) expect(rule).toMatchObject({ kind: 'grid', cell: 28 })
    for (const [width, height] of [
      [1080, 1920],
      [4000, 3000],
      [900, 1000],
      [30, 20],
      [9000, 60],
    ] as const) {
      const seen = fitSize({ width, height }, firstView)
      expect([seen.width % 28, seen.height % 28]).toEqual([0, 0])
      expect(seen.width * seen.height).toBeLessThanOrEqual(1_003_520)
    }
    const larger = profileWith(profiles.default, { coordinates: 'pixel', maxPixels: 4_000_000 })
    expect(larger.firstView).toMatchObject({ kind: 'grid', maxPixels: 4_000_000 })
    expect(profileWith(profiles.deepeyes, {})).toEqual(profiles.deepeyes)
  })

  test('views can be held to a number of pixels, within what the profile allows', () => {
    for (const profile of [profiles.official, profiles.deepeyes]) {
      const held = profileWith(profile, { maxPixels: 500_000 })
      for (const name of ['firstView', 'observationView'] as const) {
        expect(held[name]).toEqual({ ...profile[name], maxPixels: 500_000 })
      }
      expect(profileHash(held)).not.toBe(profileHash(profile))
    }
    expect(profileHash(profileWith(profiles.official, { maxPixels: 2_000_000 }))).toBe(profileHash(profiles.official))
    expect(() => profileWith(profiles.official, { maxPixels: 39_999 })).toThrow('at least 40000 pixels')
    expect(() => profileWith(profiles.embedded, { maxPixels: 4096 })).toThrow('always 4096 pixels')
    expect([256, 1023, 1024, 4096, 5000, 1e9].map(viewSideWithin)).toEqual([16, 16, 32, 64, 64, 256])
    expect(() => viewSideWithin(255)).toThrow(UserError)
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
    [50, 'Use 48'],
    [0, 'Use 16'],
    [272, 'Use 256'],
    [64.5, 'Use 64'],
  ])('a side of %d pixels is refused with one that can be had', (viewSide, fix) => {
    expect(() => embeddedProfileWith({ viewSide, contextLimit: null })).toThrow(UserError)
    expect(() => embeddedProfileWith({ viewSide, contextLimit: null })).toThrow(fix)
  })
})
