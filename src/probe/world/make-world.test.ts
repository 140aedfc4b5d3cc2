import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pixelBox } from '../../protocol/box.ts'
import { levels } from '../../protocol/problem.ts'
import { worldRefs } from './dataset.ts'
import { drawWorld } from './draw-world.ts'
import { confusing } from './confusion.ts'
import { worldLevels } from './levels.ts'
import { makeWorld } from './make-world.ts'
import { chanceOfAnswer, overviewScale } from './oracle.ts'
import { overlaps } from './place.ts'
import { worldQuestion } from './question.ts'
import { worldRow } from './row.ts'
import { families, looksOf, matches } from './scene.ts'
import type { World } from './scene.ts'
import { covering, solve, targetShare } from './solve.ts'

const anyRef = fc.record({
  kind: fc.constant('world' as const),
  seed: fc.nat(2 ** 32 - 1),
  level: fc.constantFrom(...levels),
  family: fc.constantFrom(...families),
  draw: fc.nat(23),
})
const anyWorld = (check: (world: World) => void): void =>
  fc.assert(
    fc.property(anyRef, (ref) => check(makeWorld(ref))),
    { numRuns: 60 },
  )

describe('makeWorld', () => {
  it('asks what has one answer, shown by its targets, over which nothing lies', () => {
    anyWorld((world) => {
      const solutions = solve(world)
      expect(solutions.map(({ answer }) => answer)).toEqual([world.answer])
      expect(solutions[0]!.boxes.every((box) => world.targets.some((target) => overlaps(box, target)))).toBe(true)
      expect(covering(world)).toBe(0)
      expect(confusing(world)).toEqual([])
    })
  })

  it('keeps every box on the picture', () => {
    anyWorld(({ width, height, exhibits, rugs, scenery, targets }) => {
      const boxes = [...exhibits, ...rugs, ...rugs.flatMap(({ stickers }) => stickers), ...scenery].map(
        ({ box }) => box,
      )
      for (const [x0, y0, x1, y1] of [...boxes, ...targets]) {
        expect(x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= width && y1 <= height).toBe(true)
      }
    })
  })

  it('keeps to the numbers of its level', () => {
    anyWorld((world) => {
      const { targetShare: share, lookAlikes, compared, counted } = worldLevels[world.level]
      // A side in whole pixels may leave the range by less than a pixel.
      expect(targetShare(world)).toBeGreaterThan(share[0] * 0.999)
      expect(targetShare(world)).toBeLessThan(share[1] * 1.001)
      expect(world.lookAlikes).toBeGreaterThanOrEqual(lookAlikes[0])
      expect(world.lookAlikes).toBeLessThanOrEqual(lookAlikes[1])
      const many = { compare: compared, count: counted }[world.question.family as string]
      const { chained } = worldLevels[world.level]
      expect(world.targets.length).toBe(many ?? ('twinOf' in world.question && chained ? 2 : 1))
      const asked = world.question.family === 'compare' ? 'comparison' : world.targets.length > 1 ? 'several' : 'one'
      expect(looksOf(world)).toBe(asked)
    })
  })

  it('holds as many look-alikes as it says: things that a question fits but for one property', () => {
    anyWorld((world) => {
      const { question } = world
      if (question.family === 'count') {
        const elsewhere = world.rugs.filter(({ colour }) => !question.rugs.includes(colour))
        const same = elsewhere.flatMap(({ stickers }) => stickers.filter(({ icon }) => icon === question.icon))
        expect(same.length).toBe(world.lookAlikes)
      } else if (question.family === 'read' || question.family === 'relation') {
        const { icon, frame } = question.of
        const { shape, colour } = frame!
        const near = world.exhibits.filter((exhibit) => {
          const same = [exhibit.icon === icon, exhibit.frame.shape === shape, exhibit.frame.colour === colour]
          return same.filter(Boolean).length === 2
        })
        expect(near.length).toBeGreaterThanOrEqual(world.lookAlikes)
        expect(world.exhibits.filter((exhibit) => matches(exhibit, question.of)).length).toBe(1)
      }
    })
  })

  it('offers four choices of which one is right', () => {
    anyWorld(({ choices, answer }) => {
      expect(new Set(choices).size).toBe(4)
      expect(choices).toContain(answer)
    })
  })

  it('asks in one sentence that names no look-alike better than the target', () => {
    anyWorld(({ question }) => {
      expect(worldQuestion(question)).toMatch(/^(What|Which|How many) [^?]*\?$/)
      expect(worldQuestion(question)).not.toContain('undefined')
    })
  })

  it('makes the same world of the same seed, and another one of another', () => {
    const ref = { kind: 'world', seed: 5, level: 'medium', family: 'read', draw: 0 } as const
    expect(makeWorld(ref)).toEqual(makeWorld(ref))
    expect(makeWorld({ ...ref, seed: 6 })).not.toEqual(makeWorld(ref))
  })
})

describe('solve', () => {
  const ref = { kind: 'world', seed: 8, level: 'easy', family: 'attribute', draw: 3 } as const
  it('finds a second answer where a look-alike was made the same as the target', () => {
    const world = makeWorld(ref)
    if (world.question.family !== 'attribute') throw new Error('another family')
    const { of } = world.question
    const twin = world.exhibits.find((exhibit) => matches(exhibit, of))!
    const other = { ...twin, flag: { ...twin.flag!, colour: 'white' as const } }
    expect(solve({ ...world, exhibits: [...world.exhibits, other] }).length).toBe(of.flag === undefined ? 2 : 1)
    expect(solve({ ...world, exhibits: world.exhibits.filter((exhibit) => exhibit !== twin) })).toEqual([])
  })

  it('sees a leaf on a target', () => {
    const world = makeWorld(ref)
    const [x0, y0, x1, y1] = world.targets[0]!
    const leaf = { x: (x0 + x1) / 2, y: (y0 + y1) / 2, length: (x1 - x0) * 2, turn: 0, tone: 0 }
    expect(covering({ ...world, leaves: [leaf] })).toBe(1)
  })

  it('does not take a neighbour for certain when another is about as near', () => {
    const world = makeWorld({ ...ref, family: 'relation' })
    const [beside] = solve(world)[0]!.boxes.slice(1)
    const [x0, y0, x1, y1] = beside!
    const close = { icon: 'crab', drawing: 'fluent-emoji-flat:crab', box: pixelBox(x0 + 3, y0 + 3, x1 + 3, y1 + 3) }
    expect(solve({ ...world, scenery: [close] }).length).toBe(2)
  })
})

describe('the oracle', () => {
  it('is helped by the overview on easy, near chance on hard, and right with crops', () => {
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    for (const level of levels) {
      const worlds = worldRefs('test', 60, 3, level).map(makeWorld)
      const blind = mean(worlds.map((world) => chanceOfAnswer(world, 0)))
      const overview = mean(worlds.map((world) => chanceOfAnswer(world, overviewScale(world, world.width))))
      expect(mean(worlds.map((world) => chanceOfAnswer(world, 1)))).toBe(1)
      expect(blind).toBeLessThan(0.2)
      if (level === 'easy') expect(overview).toBeGreaterThan(0.95)
      if (level === 'hard') expect(overview - blind).toBeLessThan(0.05)
    }
  })

  it('tells hard worlds that are drawn small to be beyond crops, too', () => {
    const world = makeWorld({ kind: 'world', seed: 4, level: 'hard', family: 'read', draw: 0 })
    expect(chanceOfAnswer(world, 0.25)).toBe(0)
  })
})

describe('worldRow', () => {
  it('has boxes as fractions that hold the targets', () => {
    fc.assert(
      fc.property(anyRef, (ref) => {
        const world = makeWorld(ref)
        const row = worldRow(world, ref, world, 'jpg')
        const [x0, y0, x1, y1] = row.target_box
        expect(0 <= x0 && x0 < x1 && x1 <= 1 && 0 <= y0 && y0 < y1 && y1 <= 1).toBe(true)
        expect(row.choices['ABCD'.indexOf(row.choice)]).toBe(row.solution)
        expect(row.difficulty.targets).toBe(row.target_boxes.length)
      }),
      { numRuns: 20 },
    )
  })
})

describe('drawWorld', () => {
  const world = makeWorld({ kind: 'world', seed: 2, level: 'easy', family: 'read', draw: 0 })
  const whole = pixelBox(0, 0, world.width, world.height)

  it('gives the same pixels every time', async () => {
    const size = { width: 300, height: 200 }
    expect(await drawWorld(world, whole, size)).toEqual(await drawWorld(world, whole, size))
  })

  it('shows the target: without it the picture is another one there, and only there', async () => {
    const [x0, y0, x1, y1] = world.targets[0]!
    const without = { ...world, exhibits: world.exhibits.filter(({ box }) => box[0] !== x0 || box[1] !== y0) }
    const differs = async (box: ReturnType<typeof pixelBox>): Promise<number> => {
      const size = { width: box[2] - box[0], height: box[3] - box[1] }
      const [{ data: a }, { data: b }] = [await drawWorld(world, box, size), await drawWorld(without, box, size)]
      return a.reduce((sum, value, n) => sum + (value === b[n] ? 0 : 1), 0) / a.length
    }
    expect(await differs(pixelBox(x0, y0, x1, y1))).toBeGreaterThan(0.2)
    expect(await differs(pixelBox(0, 0, Math.max(1, x0 - 40), world.height))).toBe(0)
  })

  it.each([
    ['texture', undefined],
    ['a photograph', { name: 'black-canyon', crop: [100, 100, 700, 500], mirrored: true } as const],
  ])('joins bands of %s without a seam: a part drawn alone is that part of a larger drawing', async (_, photograph) => {
    const on = { ...world, photograph } as World
    const upper = pixelBox(100, 400, 400, 640)
    const larger = await drawWorld(on, pixelBox(100, 0, 400, 1200), { width: 300, height: 1200 })
    const alone = await drawWorld(on, upper, { width: 300, height: 240 })
    const within = larger.data.subarray(400 * 300 * 3, 640 * 300 * 3)
    // Rounding moves the rim of a shape here and there; a seam would be a row, 1 in 240.
    const off = alone.data.reduce((sum, value, n) => sum + (Math.abs(value - within[n]!) > 12 ? 1 : 0), 0)
    expect(off / alone.data.length).toBeLessThan(1 / 1000)
  })
})
