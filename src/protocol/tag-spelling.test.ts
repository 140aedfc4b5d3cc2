import { describe, expect, it } from 'vitest'
import { finalAnswer, parseTurn } from './parse-turn.ts'
import { dialectOf, profiles } from './profile.ts'
import type { Turn } from './trajectory.ts'

const strict = profiles.official
const lenient = profiles.default
const grounding = { kind: 'grounding', boxRel: [0.1, 0.2, 0.3, 0.4], source: 'original_image' }

describe('tags in another spelling', () => {
  const box = '{"bbox_2d": [0.1, 0.2, 0.3, 0.4], "source": "original_image"}'
  it.each([
    [`<GROUNDING>${box}</GROUNDING>`, grounding],
    [`<Think>Here.</Think><Grounding>${box}</Grounding>`, grounding],
    [`< grounding >${box}</ grounding>`, grounding],
    ['<ANSWER>7</ANSWER>', { kind: 'answer', text: '7' }],
    ['<answer >7</answer\n>', { kind: 'answer', text: '7' }],
    ['<Answer>7', { kind: 'answer', text: '7' }],
  ])('lenient profiles read %j', (text, action) => {
    expect(parseTurn(text, lenient)).toMatchObject({ action })
    expect('action' in parseTurn(text, strict)).toBe(false)
  })

  it('is marked in its place', () => {
    const text = '<think>Seen.</think> <ANSWER> Red Door </ANSWER>'
    const { thought, answer } = dialectOf(lenient).parts(text, lenient)
    expect([thought, answer].map((span) => text.slice(span?.start, span?.end))).toEqual(['Seen.', 'Red Door'])
  })

  it('is found where the answer of the search is', () => {
    const text = '<ANSWER>Red</ANSWER>'
    const turn: Turn = {
      text,
      finish: 'stop',
      usage: { promptTokens: 0, imageTokens: 0, replyTokens: 0 },
      ms: 0,
      action: { kind: 'answer', text: 'Red' },
    }
    expect(finalAnswer([turn], lenient)).toBe('Red')
    expect(finalAnswer([turn], strict)).toBe(null)
  })
})
