import { describe, expect, it } from 'vitest'
import { parseScore } from './parse-score.ts'

describe('parseScore', () => {
  it.each([
    ['Score: 1', 'correct', 'correct'],
    ['Score: 0', 'wrong', 'wrong'],
    ['SCORE:1', 'correct', 'correct'],
    ['The two agree.\nScore: 1.', 'correct', 'correct'],
    ['Score: 0 at first sight. On reflection, score:\n1', 'correct', 'correct'],
    ['Score: 1\nBecause white is white.', 'correct', 'correct'],
    ['<think>Score: 0? No.</think>Score: 1', 'correct', 'correct'],
    // What the released scorer takes for right, and a person would not.
    ['Score: 10', 'correct', undefined],
    ['Score: 0.1', 'correct', undefined],
    ['Score: 1/2', 'correct', undefined],
    ['Score: 0 or 1', 'wrong', undefined],
    ['Score: **1**', 'correct', undefined],
    ['Score: 0 (other words)', 'wrong', undefined],
    ['**Score:** 1', undefined, undefined],
    ['Score: one', undefined, undefined],
    ['Score:', undefined, undefined],
    ['1', undefined, undefined],
    ['', undefined, undefined],
    ['<think>I lean to Score: 1, but', undefined, undefined],
  ])('reads %j as %s, strictly as %s', (reply, official, strict) => {
    expect(parseScore(reply, 'official')).toBe(official)
    expect(parseScore(reply, 'strict')).toBe(strict)
  })
})
