import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { levels } from '../protocol/problem.ts'
import { random } from '../shared/random.ts'
import { makeProblem, sceneFrom } from './problem.ts'
import { colours, levelSpecs, makeScene, shapes } from './scene.ts'
import type { Scene } from './scene.ts'

const anyScene = fc
  .record({ seed: fc.nat({ max: 2 ** 32 - 1 }), level: fc.constantFrom(...levels) })
  .map(({ seed, level }) => makeScene(seed, level))

function check(numRuns: number, property: (scene: Scene) => void): void {
  fc.assert(fc.property(anyScene, property), { numRuns })
}

describe('makeScene', () => {
  it('makes the same scene for the same seed, another for another', () => {
    check(200, (scene) => {
      expect(makeScene(scene.seed, scene.level)).toEqual(scene)
      expect(makeScene(scene.seed + 1, scene.level).ground).not.toEqual(scene.ground)
    })
  })

  it('asks a question that exactly one object answers', () => {
    check(3000, (scene) => {
      const question = makeProblem(scene).question
      const asked = scene.objects.filter(
        ({ colour, shape }) => question === `Which digit is on the ${colour} ${shape}?`,
      )
      expect(asked).toEqual([scene.objects[scene.target]])
    })
  })

  it('keeps to the sides of its level and inside the picture', () => {
    check(500, ({ level, objects }) => {
      const { side, rareSide, rareShare } = levelSpecs[level]
      const within = (value: number, [low, high]: readonly [number, number]): boolean => value >= low && value <= high
      for (const object of objects) {
        expect(within(object.side, side) || (rareShare > 0 && within(object.side, rareSide))).toBe(true)
        for (const at of [object.x, object.y]) expect(within(at, [object.side / 2, 1 - object.side / 2])).toBe(true)
      }
    })
  })

  it('lets nothing touch an object', () => {
    check(500, ({ objects, clutter }) => {
      for (const [i, a] of objects.entries()) {
        const touching = [
          ...objects.slice(i + 1).filter((b) => {
            return Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) <= (a.side + b.side) / 2
          }),
          ...clutter.filter((item) => {
            return Math.hypot(a.x - item.x, a.y - item.y) <= (Math.max(item.width, item.height) + a.side) / 2
          }),
        ]
        expect(touching).toEqual([])
      }
    })
  })

  it('surrounds the target with things that look like it', () => {
    check(500, ({ level, objects, target }) => {
      const { colour, shape } = objects[target]!
      const { sameColour, sameShape } = levelSpecs[level]
      const ofColour = objects.filter((object) => object.colour === colour).length - 1
      const ofShape = objects.filter((object) => object.shape === shape).length - 1
      expect(ofColour).toBeLessThanOrEqual(sameColour[1])
      // An object that finds no room is left out; the target's own look-alikes find room nearly always.
      expect(ofColour).toBeGreaterThanOrEqual(Math.min(1, sameColour[0]))
      expect(ofShape).toBeGreaterThanOrEqual(sameShape[0] - 1)
    })
  })

  it('gives the target the digit that is asked for', () => {
    for (const digit of [0, 4, 9]) {
      const scene = makeScene(77, 'medium', digit)
      expect(scene.objects[scene.target]!.digit).toBe(digit)
    }
  })

  it('cannot be answered without looking: about a tenth of blind guesses is right', () => {
    const rng = random('blind')
    const right = { constant: 0, byQuestion: 0 }
    let drawnFirst = 0
    const lastAnswer = new Map<string, number>()
    const total = 4000
    for (let seed = 0; seed < total; seed++) {
      const scene = makeScene(seed, rng.pick(levels))
      const { digit } = scene.objects[scene.target]!
      const question = makeProblem(scene).question
      if (digit === 7) right.constant++
      if (digit === lastAnswer.get(question)) right.byQuestion++
      lastAnswer.set(question, digit)
      if (scene.target === 0) drawnFirst += scene.objects.length
    }
    for (const count of Object.values(right)) {
      expect(count / total).toBeGreaterThan(0.08)
      expect(count / total).toBeLessThan(0.12)
    }
    // The target is as likely to be drawn first as any other object.
    expect(drawnFirst / total).toBeGreaterThan(0.85)
    expect(drawnFirst / total).toBeLessThan(1.15)
    expect(lastAnswer.size).toBe(colours.length * shapes.length)
  })
})

describe('makeProblem', () => {
  it('names the scene, its answer and where to read it', () => {
    const scene = sceneFrom({ kind: 'shapes', seed: 12, level: 'hard', digit: 3 })
    const { x, y } = scene.objects[scene.target]!
    const problem = makeProblem(scene)
    expect(problem).toMatchObject({
      docId: 'shapes_hard_12',
      dataSource: 'visual_probe_shapes_hard',
      question: makeProblem(scene).question,
      answer: '3',
      level: 'hard',
    })
    const [x0, y0, x1, y1] = problem.targetBoxRel!
    expect([x0 < x, x < x1, y0 < y, y < y1]).toEqual([true, true, true, true])
    expect([x0, y0, x1, y1].every((edge) => edge >= 0 && edge <= 1)).toBe(true)
  })
})
