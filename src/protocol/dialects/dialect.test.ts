import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTurn, finalAnswer } from '../parse-turn.ts'
import { profileWith, profiles } from '../profile.ts'
import type { Profile } from '../profile.ts'
import type { Turn } from '../trajectory.ts'
import { dialectOf } from '../profile.ts'

const { tools, direct } = profiles
const deepeyes = profiles['deepeyes-lenient']
const pixelReasoner = profiles['pixel-reasoner-lenient']
const call = (name: string, values: unknown) => `<tool_call>${JSON.stringify({ name, arguments: values })}</tool_call>`
const size = { width: 1000, height: 500 }
const parse = (text: string, profile: Profile) => parseTurn(text, profile, () => size)
const answer = (text: string) => ({ action: { kind: 'answer', text } })

describe('deepeyes', () => {
  const good = call('image_zoom_in_tool', { bbox_2d: [100, 100, 300, 200], label: 'cup' })
  const grounding = { kind: 'grounding', boxRel: [0.1, 0.2, 0.3, 0.4], source: 'original_image' }

  it.each([
    good,
    `<think>Small.</think> ${good} and more`,
    good.replace('</tool_call>', ''),
    `<tool_call>\n{'name': 'image_zoom_in_tool', 'arguments': {'bbox_2d': (100, 100, 300, 200)}}\n</tool_call>`,
    good + call('image_zoom_in_tool', { bbox_2d: [0, 0, 1, 1] }),
  ])('reads pixels of the original picture from the first call of %s', (text) => {
    expect(parse(text, deepeyes)).toMatchObject({ action: grounding })
  })

  it('lets an answer beat a call, and takes the first answer', () => {
    expect(parse(`${good}<answer> red </answer><answer>blue</answer>`, deepeyes)).toMatchObject(answer('red'))
    expect(parse('<answer>red', deepeyes)).toMatchObject({ code: 'no-action' })
    expect(parse('It is red.', deepeyes)).toEqual({
      thought: 'It is red.',
      error: expect.any(String),
      code: 'no-action',
    })
  })

  it.each([
    [call('image_rotate_tool', { angle: 90 }), 'bad-call'],
    ['<tool_call>', 'bad-call'],
    ['<tool_call>{"name": "image_zoom_in_tool"}</tool_call>', 'bad-call'],
    [call('image_zoom_in_tool', { label: 'cup' }), 'bad-call'],
    [call('image_zoom_in_tool', { bbox_2d: [1, 2, 3] }), 'bad-box'],
    ['<tool_call>{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": [1/2, 0, 1, 1]}}</tool_call>', 'bad-call'],
    ['<tool_call>__import__("os").system("true")</tool_call>', 'bad-call'],
  ])('answers %s with %s', (text, code) => {
    expect(parse(text, deepeyes)).toMatchObject({ code })
  })

  it('says how a call is written after one that cannot be read', () => {
    expect(parse('<tool_call>?</tool_call>', deepeyes)).toMatchObject({
      error: expect.stringContaining(dialectOf(deepeyes).callForm),
    })
  })
})

describe('pixel-reasoner', () => {
  const crop = (target_image: unknown, bbox_2d: unknown = [0.1, 0.2, 0.3, 0.4]) =>
    call('crop_image_normalized', { bbox_2d, target_image })

  it('counts pictures from 1, the original', () => {
    expect(parse(`A sign.\n${crop(1)}`, pixelReasoner)).toEqual({
      thought: 'A sign.',
      action: { kind: 'grounding', boxRel: [0.1, 0.2, 0.3, 0.4], source: 'original_image' },
    })
    expect(parse(crop(3), pixelReasoner)).toMatchObject({ action: { source: 'observation_2' } })
    for (const target of [0, -1, 1.5, '1', null, 1e30]) {
      expect(parse(crop(target), pixelReasoner)).toMatchObject({ code: 'bad-call' })
    }
  })

  it('calls where the text ends with a call, the last one', () => {
    expect(parse(crop(1) + crop(2), pixelReasoner)).toMatchObject({ action: { source: 'observation_1' } })
    expect(parse(`\\boxed{red} ${crop(1)}`, pixelReasoner)).toMatchObject({ action: { kind: 'grounding' } })
    expect(parse(`${crop(1)} or not`, pixelReasoner)).toMatchObject({ code: 'no-action' })
    expect(parse(`${crop(1)} \\boxed{red}`, pixelReasoner)).toMatchObject(answer('red'))
    const loose = crop(1).replaceAll('"', "'")
    expect(parse(loose, { ...pixelReasoner, parse: 'strict' })).toMatchObject({ code: 'bad-call' })
    expect(parse(`${loose}\n`, pixelReasoner)).toMatchObject({ action: { kind: 'grounding' } })
  })

  it.each([
    ['So: \\boxed{red}.', 'red'],
    ['\\boxed{blue}, no: boxed{red}', 'red'],
    ['\\boxed{blue}, no: \\boxed{ red }', 'red'],
    ['\\boxed{\\frac{1}{2}}', '\\frac{1}{2}'],
    ['\\boxed{a \\boxed{b} c}', 'a \\boxed{b} c'],
    ['} { \\boxed{red}', 'red'],
    ['\\boxed{never closed, \\boxed{red}', 'red'],
  ])('reads the box of %s', (text, expected) => {
    expect(parse(text, pixelReasoner)).toMatchObject(answer(expected))
  })

  it('takes no answer from a box that is not closed', () => {
    expect(parse('\\boxed{red', pixelReasoner)).toMatchObject({ code: 'no-action' })
  })
})

describe('tools', () => {
  const zoom = call('zoom', { bbox_2d: [0.1, 0.2, 0.3, 0.4], source: 'observation_1' })

  it('declares its function, and reads a call of it behind what was said', () => {
    expect(dialectOf(tools).functions?.()).toMatchObject([{ type: 'function', function: { name: 'zoom' } }])
    expect(parse(`Closer.${zoom}`, tools)).toEqual({
      thought: 'Closer.',
      action: { kind: 'grounding', boxRel: [0.1, 0.2, 0.3, 0.4], source: 'observation_1' },
    })
    const asText = call('zoom', JSON.stringify({ bbox_2d: [0.1, 0.2, 0.3, 0.4], source: 'observation_1' }))
    expect(parse(asText, tools)).toMatchObject({ action: { source: 'observation_1' } })
  })

  it('takes a tagged answer, or else a reply without a call', () => {
    for (const name of ['functions.zoom', 'default_api:zoom', 'Zoom', 'zoom<|channel|>commentary'])
      expect(parse(zoom.replace('"zoom"', JSON.stringify(name)), tools)).toHaveProperty('action.kind', 'grounding')
    expect(parse(zoom.replace('"zoom"', '"unzoom"'), tools)).toMatchObject({ code: 'bad-call' })
    expect(parse('I see it. <answer>red</answer>', tools)).toEqual({ thought: 'I see it.', ...answer('red') })
    expect(parse('It is red.', tools)).toEqual(answer('It is red.'))
    expect(parse('<think>Hm.</think>\nIt is red.', tools)).toEqual({ thought: 'Hm.', ...answer('It is red.') })
    expect(parse('<think>Hm', tools)).toMatchObject({ code: 'no-action' })
    expect(parse(' \n', tools)).toMatchObject({ code: 'no-action' })
  })

  it('takes no text beside a broken call for an answer', () => {
    for (const text of ['Hm. <tool_call>{}</tool_call>', call('zoom', {}), call('rotate', { by: 90 })]) {
      expect(parse(text, tools)).toMatchObject({ code: 'bad-call' })
    }
  })
})

describe('answer-only', () => {
  it('reads a tag, or else the whole reply without its thinking, and never a call', () => {
    expect(parse('<answer>red</answer>', direct)).toEqual(answer('red'))
    expect(parse('<think>Hm.</think> red', direct)).toEqual({ thought: 'Hm.', ...answer('red') })
    expect(parse('red', direct)).toEqual(answer('red'))
    expect(parse('<grounding>{}</grounding>', direct)).toMatchObject(answer('<grounding>{}</grounding>'))
    expect(parse('', direct)).toMatchObject({ code: 'no-action' })
  })
})

describe('every profile', () => {
  it.each(Object.values(profiles))(
    '$name quotes the whole form of its calls, and shows one picture a message',
    (profile) => {
      const { callForm } = dialectOf(profile)
      expect(callForm.length).toBeLessThanOrEqual(120)
      const { question, observation, error } = profile.prompts
      expect([question, observation, error].map((text) => text.split('<image>').length - 1)).toEqual([1, 1, 0])
      expect(question).toContain('{question}')
    },
  )

  it('finds the answer that counts in the words of its dialect', () => {
    const turns = (profile: Profile, ...texts: string[]) =>
      texts.map((text) => ({ text, ...parse(text, profile) }) as unknown as Turn)
    const final = (profile: Profile, ...texts: string[]) => finalAnswer(turns(profile, ...texts), profile)
    expect(final(pixelReasoner, 'one', 'It is \\boxed{red}')).toBe('red')
    expect(final(direct, 'red')).toBe('red')
    expect(final(tools, call('zoom', {}), 'It is red.')).toBe('It is red.')
    expect(final(deepeyes, '<answer>red</answer><answer>blue</answer>')).toBe('red')
    expect(final(pixelReasoner, '<answer>red</answer>')).toBe(null)
  })

  const pieces = [
    '<tool_call>',
    '</tool_call>',
    '<answer>',
    '</answer>',
    '<think>',
    '</think>',
    '\\boxed{',
    '{"name": "zoom", "arguments": ',
    '{"name": "crop_image_normalized", "arguments": ',
    '{"name": "image_zoom_in_tool", "arguments": ',
    '{"bbox_2d": [0.1, 0.2, 0.3, 0.4], "target_image": 1, "source": "original_image"}',
    '"bbox_2d": ',
    '[[',
    '}',
    '{',
    '[',
    ']',
    '"',
    '\\',
    '1e999',
    '__proto__',
    '\ud800',
    '\n',
    ', ',
    '0',
  ]
  const all: readonly Profile[] = Object.values(profiles).flatMap((profile) => [
    profile,
    profileWith({ ...profile, parse: profile.parse === 'strict' ? 'lenient' : 'strict' }, { coordinates: 'pixel' }),
  ])

  it('gives an action with finite numbers or a short error for any text', () => {
    const hostile = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(hostile, fc.constantFrom(...all), (text, profile) => {
        const turn = parse(text, profile)
        if ('error' in turn) return turn.error.length < 400
        return turn.action.kind !== 'grounding' || turn.action.boxRel.every(Number.isFinite)
      }),
      { numRuns: 5_000 },
    )
  })

  it.each(pieces)('reads 100 kB of %j without a hitch', { timeout: 60_000 }, (piece) => {
    const much = piece.repeat(Math.ceil(100_000 / piece.length))
    const texts = [much, `<tool_call>${much}</tool_call>`, `\\boxed{${much}}`]
    for (const profile of all) {
      for (const text of texts) expect(parse(text, profile)).toSatisfy((turn) => 'action' in turn || 'error' in turn)
    }
  })
})
