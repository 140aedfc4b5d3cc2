import { describe, expect, it } from 'vitest'
import { pixelBox } from '../protocol/box.ts'
import { trajectoryVersion } from '../protocol/trajectory.ts'
import type { Observation, Trajectory } from '../protocol/trajectory.ts'
import { labelsOf, patternsOf } from './patterns.ts'

const usage = { promptTokens: 0, imageTokens: 0, replyTokens: 0 }
const [width, height] = [1000, 800]

/** A look at `[x0, y0, x1, y1]`, as fractions of the observation `parent`. */
type Look = readonly [parent: number, x0: number, y0: number, x1: number, y1: number]

/** A search over a picture of 1000 x 800 with the given thoughts and looks. */
function searched(looks: readonly Look[], thoughts: readonly string[] = []): Trajectory {
  const whole = pixelBox(0, 0, width, height)
  const observations: Observation[] = [
    { index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view: { width: 64, height: 64 } },
  ]
  for (const [parent, x0, y0, x1, y1] of looks) {
    const [left, top, right, bottom] = observations[parent]!.boxInOriginalPx
    const [w, h] = [right - left, bottom - top]
    const boxPx = pixelBox(x0 * w, y0 * h, x1 * w, y1 * h)
    const boxInOriginalPx = pixelBox(left + boxPx[0], top + boxPx[1], left + boxPx[2], top + boxPx[3])
    observations.push({ index: observations.length, parent, boxPx, boxInOriginalPx, view: { width: 64, height: 64 } })
  }
  return {
    version: trajectoryVersion,
    problem: { docId: 'p', dataSource: 'test', question: 'Which digit is on the red heart?', answer: '7' },
    picture: { sha256: '0'.repeat(64), width, height },
    policy: 'test',
    profile: { name: 'embedded', sha256: '0'.repeat(64) },
    maxTurns: 32,
    seed: 1,
    sampleIndex: 0,
    turns: thoughts.map((thought) => ({ text: '', finish: 'stop', thought, usage, ms: 0 })),
    observations,
    end: 'answered',
    answer: '7',
    usage,
    ms: 0,
  }
}

const labels = (looks: readonly Look[], thoughts?: readonly string[]) => labelsOf(patternsOf(searched(looks, thoughts)))

describe('patterns', () => {
  it('are none when the answer comes at once', () => {
    const trajectory = searched([], ['The red heart shows a 7.'])
    expect(patternsOf(trajectory)).toEqual({
      depth: 0,
      backTracks: 0,
      returnsToOriginal: 0,
      goalRestatements: 1,
      selfCorrections: 0,
      quadrantsScanned: 0,
      breadth: 0,
      placesChecked: 0,
      claimsOfAll: 0,
    })
    expect(labelsOf(patternsOf(trajectory))).toEqual([])
  })

  it('tell depth-first search from a single look', () => {
    expect(labels([[0, 0.1, 0.1, 0.3, 0.3]])).toEqual([])
    const deep: Look[] = [
      [0, 0.1, 0.1, 0.3, 0.3],
      [1, 0.2, 0.2, 0.4, 0.4],
      [2, 0.2, 0.2, 0.4, 0.4],
    ]
    expect(patternsOf(searched(deep))).toMatchObject({ depth: 3, backTracks: 0 })
    expect(labels(deep)).toEqual(['depth-first'])
  })

  it('count going back, to the original and to an earlier crop', () => {
    const looks: Look[] = [
      [0, 0.1, 0.1, 0.3, 0.3],
      [0, 0.6, 0.6, 0.8, 0.8],
      [2, 0.1, 0.1, 0.3, 0.3],
      [2, 0.5, 0.5, 0.9, 0.9],
    ]
    expect(patternsOf(searched(looks))).toMatchObject({ depth: 2, backTracks: 2, returnsToOriginal: 1 })
    expect(labels(looks)).toEqual(['depth-first', 'trial-and-error', 'return-to-original'])
    expect(labels(looks.slice(0, 1))).toEqual([])
  })

  it('read goal and corrections off the thoughts', () => {
    const thoughts = [
      'Goal: red heart. Some candidates.',
      'Goal: red heart. I see a star. Not it.',
      'A blue one. Nothing here.',
      'The heart is Red: digit 7.',
    ]
    expect(patternsOf(searched([], thoughts))).toMatchObject({ goalRestatements: 3, selfCorrections: 2 })
    expect(labels([], thoughts)).toEqual(['goal-maintenance', 'self-reflection'])
    expect(labels([], ['Wait, that is a sign.'])).toEqual(['self-reflection'])
    expect(patternsOf(searched([], ['Another notice, waiting rooms.'])).selfCorrections).toBe(0)
  })

  it('know the goal and second thoughts in free text', () => {
    const goals = (question: string, thought: string) => {
      const trajectory = searched([], [thought])
      return patternsOf({ ...trajectory, problem: { ...trajectory.problem, question } }).goalRestatements
    }
    const question = 'What is written on the sign to the left of the red cars beside the bakery?'
    expect(goals(question, 'I am looking for the sign beside a red car.')).toBe(1)
    expect(goals(question, 'The question asks about a sign near the bakery.')).toBe(1)
    expect(goals(question, 'A sign says SALE and a red awning hangs over it.')).toBe(0)
    expect(goals(question, 'I need to find out where the street ends.')).toBe(0)
    expect(labels([], ['On second thought, this is a heart.'])).toEqual(['self-reflection'])
    expect(labels([], ['I misread the digit.'])).toEqual(['self-reflection'])
  })

  it('tell breadth from depth, and a check of every place from a few looks', () => {
    const corners: Look[] = [
      [0, 0, 0, 0.1, 0.1],
      [0, 0.3, 0, 0.4, 0.1],
      [0, 0.6, 0, 0.7, 0.1],
      [0, 0.9, 0, 1, 0.1],
    ]
    expect(patternsOf(searched(corners))).toMatchObject({ breadth: 4, placesChecked: 4, depth: 1 })
    expect(labels(corners)).toContain('breadth-first')
    expect(labels(corners)).not.toContain('exhaustive-check')
    expect(labels(corners, ['I check each of the four.'])).toContain('exhaustive-check')
    expect(labels(corners.slice(0, 3), ['I check each of them.'])).not.toContain('exhaustive-check')
    const inward: Look[] = [
      [0, 0, 0, 0.8, 0.8],
      [0, 0.1, 0.1, 0.6, 0.6],
      [0, 0.2, 0.2, 0.4, 0.4],
    ]
    expect(patternsOf(searched(inward))).toMatchObject({ breadth: 1, placesChecked: 1 })
    expect(labels([...corners.slice(0, 2), [2, 0, 0, 0.5, 0.5]])).not.toContain('breadth-first')
  })

  it('see a scan in looks at different quadrants of one picture', () => {
    const [nw, ne, se]: Look[] = [
      [0, 0, 0, 0.5625, 0.5625],
      [0, 0.4375, 0, 1, 0.5625],
      [0, 0.5, 0.5, 1, 1],
    ]
    expect(patternsOf(searched([nw!, ne!, se!])).quadrantsScanned).toBe(3)
    expect(labels([nw!, ne!])).toContain('scanning')
    expect(patternsOf(searched([nw!, nw!])).quadrantsScanned).toBe(1)
    expect(patternsOf(searched([nw!, [1, 0.5, 0.5, 1, 1]])).quadrantsScanned).toBe(1)
    expect(patternsOf(searched([[0, 0.2, 0.2, 0.7, 0.7]])).quadrantsScanned).toBe(0)
  })
})
