/** Hints for whoever chose the coordinates, from what searches hold. */
import { describe, expect, it } from 'vitest'
import { pixelBox, relativeBox } from '../protocol/box.ts'
import { profileWith, profiles } from '../protocol/profile.ts'
import type { Trajectory, Turn } from '../protocol/trajectory.ts'
import { boxHints } from './box-hints.ts'

const pixel = profileWith(profiles.default, { coordinates: 'pixel' })
const usage = { promptTokens: 1_400, imageTokens: 1_280, replyTokens: 10 }
const turn = (more: Partial<Turn>): Turn => ({ text: '', finish: 'stop', usage, ms: 1, ...more })
const zoom = (...box: [number, number, number, number]): Turn =>
  turn({ action: { kind: 'grounding', boxRel: relativeBox(...box), source: 'original_image' } })
const mistake = turn({ error: { code: 'wrong-unit', error: 'no' } })

function searched(turns: readonly Turn[], policy = 'chat:vlm'): Trajectory {
  const whole = pixelBox(0, 0, 4_000, 3_000)
  const first = { index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view: { width: 1_120, height: 840 } }
  const problem = { docId: 'p', dataSource: 'test', question: 'Which digit?' }
  return { policy, problem, turns, observations: [first] } as unknown as Trajectory
}

describe('boxes in another unit', () => {
  it('name the other coordinates, with their count', () => {
    const [hint] = boxHints(searched([mistake, zoom(0, 0, 1, 1), mistake]), profiles.default)
    expect(hint).toMatch(/^2 of 3 boxes .*--coordinates thousand or pixel/)
  })

  it('are also seen where a strict profile cut them off at the edges', () => {
    expect(boxHints(searched([zoom(0, 0, 512, 411)]), profiles.official)).toHaveLength(1)
    expect(boxHints(searched([zoom(-0.1, 0, 1.1, 1)]), profiles.official)).toEqual([])
  })
})

describe('a server that shrinks pictures', () => {
  const first = (promptTokens: number) => [turn({ usage: { ...usage, promptTokens } })]

  it('is found out by its count of tokens, where boxes are in pixels', () => {
    // 40 x 30 tokens and the text.
    expect(boxHints(searched(first(1_380)), pixel)).toEqual([])
    expect(boxHints(searched(first(500)), pixel)).toEqual([
      expect.stringMatching(/500 tokens .* 1200 .*--max-pixels \d+/),
    ])
  })

  it('does not matter elsewhere', () => {
    expect(boxHints(searched(first(500)), profiles.default)).toEqual([])
    expect(boxHints(searched(first(500), 'embedded'), pixel)).toEqual([])
    expect(boxHints(searched([]), pixel)).toEqual([])
  })
})
