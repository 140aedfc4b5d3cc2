import { describe, expect, it } from 'vitest'
import { conceptOf, vocabularyOf } from './choose.mjs'

describe('conceptOf', () => {
  const emoji = vocabularyOf(['alarm-clock', 'hot-pepper', 'dog-face', 'one-oclock', 'dog'])
  it('gives drawings of one thing by several sets the same name', () => {
    expect(conceptOf('fluent-emoji-flat', 'alarm-clock', emoji)).toBe('alarm clock')
    expect(conceptOf('fxemoji', 'alarmclock', emoji)).toBe('alarm clock')
    expect(conceptOf('fxemoji', 'chilipepper', emoji)).toBe('chili pepper')
    expect(conceptOf('noto-v1', 'hot-pepper', emoji)).toBe('chili pepper')
    expect(conceptOf('fxemoji', 'dogside', emoji)).toBe('dog')
    expect(conceptOf('temaki', 'boulder2', emoji)).toBe('boulder')
  })

  it('refuses what is not named plainly: second drawings, clocks, people, signs, and what nobody chose', () => {
    for (const icon of ['dog-face', 'one-oclock', 'man-artist', 'up-button', 'no-such-thing']) {
      expect(conceptOf('fluent-emoji-flat', icon, emoji)).toBeUndefined()
    }
    expect(conceptOf('mdi', 'account', emoji)).toBeUndefined()
  })
})
