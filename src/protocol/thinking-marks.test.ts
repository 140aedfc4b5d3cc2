/** Thinking that stands in the text of a reply is no act of it, whichever marks a model writes around it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTurn } from './parse-turn.ts'
import { profiles } from './profile.ts'
import { firstThinkingSpan, openThinking, outsideThinking, splitAtThinking, thinkingOpens } from './thinking-marks.ts'

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

describe.each([
  ['<THINK>', '</THINK>'],
  ['<Think>', '</Think>'],
  ['<thoughts>', '</thoughts>'],
  ['<analysis>', '</analysis>'],
  ['<REASONING>', '</REASONING>'],
  ['<|START_THINKING|>', '<|END_THINKING|>'],
  ['<|channel>thought\n', '<channel|>'],
  ['Here are my reasoning steps:\n', '\n[BEGIN FINAL RESPONSE]\n'],
])('%s…%s, as other models write them', (open, close) => {
  test.each(['default', 'deepeyes-lenient', 'tools', 'direct'] as const)('%s answers with what is said', (name) => {
    const drafted = `${open}Maybe <answer>9</answer>, no.${close}`
    expect(parseTurn(`${drafted}<answer>7</answer>`, profiles[name])).toMatchObject({ action: { text: '7' } })
    if (name === 'direct') expect(parseTurn(`${drafted}7`, profiles[name])).toMatchObject({ action: { text: '7' } })
  })

  test('is open until it is closed', () => {
    expect([thinkingOpens(`${open}Maybe`), openThinking(`${open}Maybe`)?.trim()]).toEqual([0, 'Maybe'])
    expect(openThinking(`${open}Maybe${close}7`)).toBeUndefined()
  })
})

test.each([
  'analysisMaybe <answer>9</answer>, no.assistantfinal',
  '<|channel|>commentary<|message|>Maybe <answer>9</answer>, no.<|end|><|start|>assistant<|channel|>final<|message|>',
])('gpt-oss says what stands behind %s', (text) => {
  expect(parseTurn(`${text}It is 7.`, profiles.direct)).toMatchObject({ action: { text: 'It is 7.' } })
  expect(parseTurn(`${text}<answer>7</answer>`, profiles.default)).toMatchObject({ action: { text: '7' } })
})

test('marks are found where lower case would move them', () => {
  expect(splitAtThinking('İ<think>a</think>b')).toEqual({ said: 'b', thought: 'İ<think>a' })
})

test.each(['The analysis shows it.', 'I think of [1, 2].', 'a < think > b', '<thinker>', '</ think>'])(
  '%s has no mark',
  (text) => {
    expect([splitAtThinking(text), thinkingOpens(text)]).toEqual([undefined, undefined])
  },
)

test('marks are found in any case beside letters that grow when they are lowered', () => {
  expect(splitAtThinking('[THINK]İ or 9?[/THINK]7')).toEqual({ thought: '[THINK]İ or 9?', said: '7' })
})

describe('thinking behind the answer', () => {
  const again = '<think>Small.</think><answer>7</answer>\n<think>Or <answer>9</answer>? No.</think>\n'

  test.each(['default', 'deepeyes-lenient', 'tools', 'direct'] as const)('does not answer: %s', (name) => {
    expect(parseTurn(again, profiles[name])).toMatchObject({ action: { text: '7' } })
  })

  test('puts no answer together from what stands on either side of it', () => {
    const said = '<answer>7<think>Or 8?</think>9</answer>'
    const { action } = parseTurn(said, profiles.default) as { action: { text: string } }
    expect(said).toContain(action.text)
  })

  test('leaves a plain answer one', () => {
    expect(parseTurn('It is 7.\n<think>Sure?</think>', profiles.direct)).toMatchObject({ action: { text: 'It is 7.' } })
  })

  test.each([
    ['a<think>b</think>c<think>d</think>e', 'ace'],
    ['b</think>c<think>d</think>e', 'ce'],
    ['<think>a<think>b</think>c</think>d', 'd'],
    ['<think>a</think>b<think>c', 'b<think>c'],
    ['a', undefined],
  ])('%j says %j', (text, said) => {
    expect(outsideThinking(text)).toBe(said)
  })
})

/** A text of marks and words, and every closed thinking in it, by trying all places. */
const text = fc
  .array(fc.constantFrom(...marks.flat(), 'a ', 'b', '<answer>7</answer>', '\n'), { maxLength: 14 })
  .map((parts) => parts.join(''))
const places = (mark: string, of: string): number[] =>
  [...of].map((_, at) => at).filter((at) => mark !== '' && of.startsWith(mark, at))

test('the first thinking that is opened and closed is found, or the first that is only closed', () => {
  fc.assert(
    fc.property(text, (of) => {
      const blocks = marks.flatMap(([open, close]) => {
        const opened = places(open, of)[0]
        if (open === '' && places('<think>', of).length > 0) return []
        const start = opened === undefined ? 0 : opened + open.length
        return places(close, of)
          .filter((at) => at >= start)
          .map((end) => ({ start, end, closed: end + close.length, opened: opened !== undefined }))
      })
      const best = (wanted: boolean) =>
        blocks
          .filter(({ opened }) => opened === wanted)
          .reduce((a, b) => (b.end < a.end ? b : a), { end: Infinity } as never)
      const { opened: _, ...first } = (
        blocks.some(({ opened }) => opened) ? best(true) : best(false)
      ) as (typeof blocks)[0]
      expect(firstThinkingSpan(of)).toEqual(blocks.length === 0 ? undefined : first)
    }),
  )
})

test('what stands behind the last mark that closes is what is said', () => {
  fc.assert(
    fc.property(text, (of) => {
      const ends = marks.flatMap(([, close]) => places(close, of).map((at) => ({ at, end: at + close.length })))
      const last = ends.toSorted((a, b) => b.at - a.at)[0]
      expect(splitAtThinking(of)).toEqual(last && { thought: of.slice(0, last.at), said: of.slice(last.end) })
    }),
  )
})
