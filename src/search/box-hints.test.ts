/** Hints for whoever chose the coordinates, from what searches hold. */
import { describe, expect, it } from 'vitest'
import { pixelBox, relativeBox } from '../protocol/box.ts'
import { profileWith, profiles } from '../protocol/profile.ts'
import { parseTurn } from '../protocol/parse-turn.ts'
import type { Profile } from '../protocol/profile.ts'
import type { TurnError } from '../protocol/turn-error.ts'
import type { Trajectory, Turn } from '../protocol/trajectory.ts'
import { boxHints } from './box-hints.ts'

const pixel = profileWith(profiles.default, { coordinates: 'pixel' })
const shown = { width: 1_120, height: 840 }
const usage = { promptTokens: 1_400, imageTokens: 1_280, replyTokens: 10 }
const turn = (more: Partial<Turn>): Turn => ({ text: '', finish: 'stop', usage, ms: 1, ...more })
const zoom = (...box: [number, number, number, number]): Turn =>
  turn({ action: { kind: 'grounding', boxRel: relativeBox(...box), source: 'original_image' } })
/** What the model is told of a box that it wrote in another unit than it was asked for. */
const told = (box: string, profile: Profile = profiles.default): Turn =>
  turn({
    error: parseTurn(
      `<grounding>{"bbox_2d": ${box}, "source": "original_image"}</grounding>`,
      profile,
      () => shown,
    ) as TurnError,
  })
const mistake = told('[612, 300, 801, 411]')

function searched(turns: readonly Turn[], policy = 'chat:vlm'): Trajectory {
  const whole = pixelBox(0, 0, 4_000, 3_000)
  const first = { index: 0, parent: null, boxPx: whole, boxInOriginalPx: whole, view: shown }
  const problem = { docId: 'p', dataSource: 'test', question: 'Which digit?' }
  return { policy, problem, turns, observations: [first] } as unknown as Trajectory
}

describe('boxes in another unit', () => {
  it('name the other coordinates, with their count', () => {
    const [hint] = boxHints(searched([mistake, zoom(0, 0, 1, 1), mistake]), profiles.default)
    expect(hint).toMatch(/^2 of 3 boxes .*--coordinates thousand or pixel/)
  })

  const thousand = profileWith(profiles.default, { coordinates: 'thousand' })
  it.each([
    [['[10, 20, 40, 50]'], profiles.default, 'percent'],
    [['[10, 20, 40, 100]', '[0, 0, 50, 50]'], profiles.default, 'percent'],
    [['["3%", "5%", "10%", "12%"]'], thousand, 'percent'],
    [['[10, 20, 40, 50]', '[612, 300, 801, 411]'], profiles.default, 'thousand or pixel'],
    [['["60px", "30px", "80px", "41px"]'], profiles.default, 'pixel'],
    [['[612, 300, 1080, 411]'], profiles.default, 'pixel'],
    [['[1612, 300, 1900, 411]'], thousand, 'pixel'],
    [['[0.1, 0.2, 0.3, 0.4]'], thousand, 'relative'],
    [['[0.1, 0.2, 0.3, 0.4]'], pixel, 'relative'],
    [['[2612, 300, 2900, 411]'], pixel, 'relative, percent, thousand; doctor finds out which'],
  ])('name the unit of the numbers: %j', (boxes, profile, unit) => {
    const [hint] = boxHints(searched(boxes.map((box) => told(box, profile))), profile)
    expect(hint).toContain(`--coordinates ${unit}.`)
  })

  it('are thousandths where the numbers lie outside of every view', () => {
    const small = { ...searched([mistake]), observations: [{ view: { width: 500, height: 400 } }] }
    expect(boxHints(small as unknown as Trajectory, profiles.default)[0]).toContain('--coordinates thousand.')
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
