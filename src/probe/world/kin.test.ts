import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allStickers, askedNames } from './icons.ts'
import { alike, wordsOf } from './kin.ts'

const names = [...new Set(allStickers().map(({ icon }) => icon))]
const anyName = fc.constantFrom(...names)
const anyWords = fc
  .array(fc.stringMatching(/^[a-z]{2,8}$/), { minLength: 1, maxLength: 4 })
  .map((words) => words.join(' '))

describe('wordsOf', () => {
  it('drops what says nothing, and takes one and many for the same', () => {
    expect(wordsOf('cup of coffee')).toEqual(['cup', 'coffee'])
    expect(wordsOf('glasses')).toEqual(wordsOf('glass'))
    expect(wordsOf('Cherries')).toEqual(wordsOf('cherry'))
    expect(wordsOf('bus')).toEqual(['bus'])
  })
})

describe('alike', () => {
  it('holds both ways, and of every name with itself', () => {
    fc.assert(
      fc.property(fc.oneof(anyName, anyWords), fc.oneof(anyName, anyWords), (one, other) => {
        expect(alike(one, other)).toBe(alike(other, one))
        expect(alike(one, one)).toBe(wordsOf(one).length > 0)
      }),
    )
  })

  it('holds of names that share a word, whatever else they say', () => {
    fc.assert(
      fc.property(anyName, anyWords, (name, more) => {
        for (const word of wordsOf(name)) expect(alike(name, `${more} ${word}`)).toBe(true)
      }),
    )
  })

  it.each([
    ['cat', 'grinning cat'],
    ['cat', 'lion'],
    ['fox', 'guide dog'],
    ['dog', 'poodle'],
    ['bee', 'fly'],
    ['car', 'oncoming taxi'],
    ['sailboat', 'passenger ship'],
    ['rose', 'bouquet'],
    ['bird', 'penguin'],
    ['padlock', 'locked with key'],
    ['sunglasses', 'goggles'],
    ['locomotive', 'bullet train'],
    ['cup of coffee', 'teacup without handle'],
    ['unicorn', 'chess knight'],
    ['flag', 'flag in hole'],
    ['sign', 'stop sign'],
  ])('holds of %s and %s', (one, other) => expect(alike(one, other)).toBe(true))

  it.each([
    ['cat', 'caterpillar truck'],
    ['penguin', 'duck'],
    ['apple', 'hammer'],
    ['owl', 'bowling'],
  ])('does not hold of %s and %s', (one, other) => expect(alike(one, other)).toBe(false))

  it('leaves enough that may be asked about in one world, none of which is like a part of it', () => {
    expect(askedNames().length).toBeGreaterThanOrEqual(300)
    for (const part of ['sign', 'flag', 'frame', 'rug']) {
      expect(askedNames().filter((name) => alike(part, name))).toEqual([])
    }
  })
})
