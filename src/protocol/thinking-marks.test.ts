/** Thinking that stands in the text of a reply is no act of it, whichever marks a model writes around it. */
import { describe, expect, test } from 'vitest'
import { parseTurn } from './parse-turn.ts'
import { profiles } from './profile.ts'

const marks = [
  ['<think>', '</think>'],
  ['', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['<reasoning>', '</reasoning>'],
  ['<seed:think>', '</seed:think>'],
  ['[THINK]', '[/THINK]'],
  ['◁think▷', '◁/think▷'],
  ['<|channel|>analysis<|message|>', '<|channel|>final<|message|>'],
] as const

describe.each(marks)('%s…%s', (open, close) => {
  const drafted = `${open}maybe <answer>9</answer>, no${close}\n`

  test.each(['default', 'deepeyes-lenient', 'tools', 'direct'] as const)(
    '%s answers with what stands behind it',
    (name) => {
      const { action, thought } = { action: undefined, ...parseTurn(`${drafted}<answer>7</answer>`, profiles[name]) }
      expect(action).toEqual({ kind: 'answer', text: '7' })
      if (name === 'default') expect(thought).toBe('maybe <answer>9</answer>, no')
    },
  )

  test('a call behind it is made', () => {
    const call = '<grounding>{"bbox_2d": [0.5, 0.5, 0.7, 0.7], "source": "original_image"}</grounding>'
    expect(parseTurn(drafted + call, profiles.default)).toMatchObject({ action: { kind: 'grounding' } })
  })

  test('a plain answer behind it is one', () => {
    expect(parseTurn(`${drafted}It is 7.`, profiles.direct)).toMatchObject({ action: { text: 'It is 7.' } })
  })
})
