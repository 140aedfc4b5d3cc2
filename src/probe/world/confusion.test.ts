import { describe, expect, it } from 'vitest'
import { pixelBox } from '../../protocol/box.ts'
import { clutterFor, confusing, groundsFor, mayStand } from './confusion.ts'
import { makeWorld } from './make-world.ts'
import { photographs } from './photograph.ts'
import type { World } from './scene.ts'

const cat = { icon: 'cat', frame: { shape: 'round', colour: 'red' } } as const
const readOfCat = { question: { family: 'read', of: cat }, choices: ['A', 'B', 'C', 'D'] } as const
const flagOfCat = { question: { family: 'attribute', part: 'flag', of: cat }, choices: ['red'] } as const
const whichBoat = {
  question: { family: 'identity', of: { text: 'AB-23' } },
  choices: ['sailboat', 'hammer', 'lemon', 'rose'],
} as const

describe('mayStand', () => {
  it('lets in the thing itself and what is like none, and nothing between', () => {
    const may = mayStand(readOfCat)
    expect(['cat', 'hammer', 'penguin'].map(may)).toEqual([true, true, true])
    expect(['lion', 'grinning cat', 'paw prints'].map(may)).toEqual([false, false, false])
  })

  it('keeps out what looks like a part that the question speaks of, and only then', () => {
    expect(['stop sign', 'flag in hole', 'picnic site'].map(mayStand(readOfCat))).toEqual([false, true, true])
    expect(['stop sign', 'flag in hole'].map(mayStand(flagOfCat))).toEqual([true, false])
  })

  it('keeps out what is like a wrong choice: somebody might see it and take it', () => {
    expect(['passenger ship', 'claw hammer', 'bouquet', 'cat'].map(mayStand(whichBoat))).toEqual([
      false,
      false,
      false,
      true,
    ])
  })
})

describe('what fills a world', () => {
  it('is thousands of stickers in any case', () => {
    for (const asked of [readOfCat, flagOfCat, whichBoat]) expect(clutterFor(asked).length).toBeGreaterThan(1800)
  })

  it('is no photograph that shows what is asked', () => {
    expect(groundsFor(readOfCat).length).toBe(photographs.length)
    expect(groundsFor(whichBoat)).not.toContain('nagasaki-boats')
    expect(groundsFor(whichBoat)).toContain('march-pastoral')
  })
})

describe('confusing', () => {
  const world = makeWorld({ kind: 'world', seed: 12, level: 'easy', family: 'read', draw: 0 })
  const { photograph: _, ...drawn } = world
  const asked = { ...drawn, question: readOfCat.question } as World
  const box = pixelBox(0, 0, 9, 9)
  const shown = (icon: string, drawing: string): readonly string[] =>
    confusing({ ...asked, rugs: [], exhibits: [], scenery: [{ icon, drawing, box }] } as World)

  it('finds nothing in a world as it was made', () => expect(confusing(world)).toEqual([]))

  it('finds a sticker that is like what is asked, or that is called what it does not show', () => {
    expect(shown('lion', 'fluent-emoji-flat:lion')).toEqual(['fluent-emoji-flat:lion'])
    expect(shown('cat', 'fxemoji:catside')).toEqual([])
    expect(shown('hammer', 'fluent-emoji-flat:lion')).toEqual(['fluent-emoji-flat:lion'])
    expect(shown('hammer', 'mdi:no-such-icon')).toEqual(['mdi:no-such-icon'])
  })

  it('finds choices that may be taken for each other, and a photograph of one', () => {
    const choices = ['sailboat', 'motor boat', 'hammer', 'lemon']
    const alone = { ...world, rugs: [], exhibits: [], scenery: [], choices, question: whichBoat.question }
    const photograph = { name: 'nagasaki-boats', crop: [60, 60, 400, 300], mirrored: false } as const
    expect(confusing({ ...alone, photograph })).toEqual(['sailboat', 'nagasaki-boats'])
  })
})
