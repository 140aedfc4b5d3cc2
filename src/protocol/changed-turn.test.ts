import { describe, expect, it, test } from 'vitest'
import { relativeBox, tidyBox } from './box.ts'
import { changedTurn, translatedTurn } from './changed-turn.ts'
import type { TurnPlace } from './changed-turn.ts'
import { profiles, profileWith } from './profile.ts'
import type { Profile } from './profile.ts'
import { parseTurn } from './parse-turn.ts'
import { resolveSource } from './resolve-box.ts'
import type { Turn } from './trajectory.ts'

/** Two pictures were shown: the original, and a crop of it. */
const place: TurnPlace = { count: 2, originals: 1, unitSizeOf: () => ({ width: 800, height: 400 }) }

const usage = { promptTokens: 9, imageTokens: 5, replyTokens: 4 }
const turnOf = (text: string, more: Partial<Turn> = {}): Turn => ({ text, finish: 'stop', usage, ms: 3, ...more })
const thought = 'It may be "up there" [1, 2].'

/** What a policy of the profile would write. */
const written: Readonly<Record<string, string>> = {
  grounding: `<think>${thought}</think><grounding>{"bbox_2d": [0.1, 0.2, 0.3, 0.4], "source": "original_image"}</grounding>`,
  deepeyes: `<think>${thought}</think><tool_call>{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": [10, 20, 300, 400], "label": "it"}}</tool_call>`,
  'pixel-reasoner': `<think>${thought}</think><tool_call>{"name": "crop_image_normalized", "arguments": {"bbox_2d": [0.1, 0.2, 0.3, 0.4], "target_image": 1}}</tool_call>`,
  tools: `${thought}<tool_call>{"name": "zoom", "arguments": {"bbox_2d": [0.1, 0.2, 0.3, 0.4], "source": "original_image"}}</tool_call>`,
  'qwen3-vl': `<think>${thought}</think>\n<tool_call>\n{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": [10, 20, 300, 400], "label": "it", "img_idx": 0}}\n</tool_call>`,
  'qwen3.5': `${thought}\n</think>\n\n<tool_call>\n<function=image_zoom_in_tool>\n<parameter=bbox_2d>\n[10, 20, 300, 400]\n</parameter>\n<parameter=img_idx>\n0\n</parameter>\n</function>\n</tool_call>`,
}
const answers: Readonly<Record<string, string>> = {
  grounding: `<think>${thought}</think><answer>red</answer>`,
  deepeyes: `<think>${thought}</think><answer>red</answer>`,
  'pixel-reasoner': `<think>${thought}</think>\\boxed{red}`,
  tools: `<think>${thought}</think><answer>red</answer>`,
  'qwen3-vl': `<think>${thought}</think><answer>red</answer>`,
  'qwen3.5': `${thought}</think><answer>red</answer>`,
}

const zooming = Object.values<Profile>(profiles).filter(({ dialect }) => dialect !== 'answer-only')
const named = zooming.map((profile) => [profile.name, profile] as const)

function read({ text }: Turn, profile: Profile) {
  const parsed = parseTurn(text, profile, place.unitSizeOf)
  if (!('action' in parsed) || parsed.action.kind !== 'grounding') throw new Error(`no zoom: ${text}`)
  const { boxRel, source } = parsed.action
  return { thought: parsed.thought, box: boxRel, source: resolveSource(source, place, profile) }
}

const boxRel = relativeBox(0.125, 0.25, 0.5, 0.75)
const around = boxRel.map((edge) => expect.closeTo(edge, 2))

describe('a changed turn', () => {
  test.each(named)('%s: another box, and nothing else', (_, profile) => {
    const before = turnOf(written[profile.dialect]!)
    const after = changedTurn(before, { look: { boxRel, source: 0 } }, profile, place)
    expect(read(after, profile)).toEqual({ thought: read(before, profile).thought, box: around, source: { index: 0 } })
    expect(after).toMatchObject({ usage, ms: 3, byHand: ['box'] })
    // All but the numbers stays as it was.
    const bare = ({ text }: Turn): string => text.replace(/\[[\d., ]+\](?=[^[]*$)/, '')
    expect(bare(after)).toBe(bare(before))
  })

  test.each(named)('%s: another thought, and nothing else', (_, profile) => {
    const before = turnOf(written[profile.dialect]!)
    const after = changedTurn(before, { thought: ' No: below. ' }, profile, place)
    expect(read(after, profile)).toEqual({ ...read(before, profile), thought: 'No: below.' })
    expect(after.byHand).toEqual(['thought'])
  })

  test.each(named)('%s: a box in place of an answer', (_, profile) => {
    const after = changedTurn(
      turnOf(answers[profile.dialect]!),
      { look: { boxRel, source: 0 }, thought: 'On.' },
      profile,
      place,
    )
    expect(read(after, profile)).toEqual({ thought: 'On.', box: around, source: { index: 0 } })
    expect(after.byHand).toEqual(['box', 'thought'])
  })

  test.each(named.filter(([, { sources, dialect }]) => sources !== 'originals' && dialect !== 'deepeyes'))(
    '%s: a look into a crop',
    (_, profile) => {
      const after = changedTurn(turnOf(written[profile.dialect]!), { look: { boxRel, source: 1 } }, profile, place)
      expect(read(after, profile)).toMatchObject({ box: around, source: { index: 1 } })
    },
  )

  it('is written in the unit of the profile', () => {
    for (const coordinates of ['relative', 'percent', 'thousand', 'pixel'] as const) {
      const profile = profileWith(profiles.default, { coordinates })
      const after = changedTurn(turnOf(answers['grounding']!), { look: { boxRel, source: 1 } }, profile, place)
      expect(read(after, profile)).toMatchObject({ box: around, source: { index: 1 } })
    }
  })

  it('has its thought where the server had it', () => {
    const call = '<grounding>{"bbox_2d": [0.1, 0.2, 0.3, 0.4], "source": "original_image"}</grounding>'
    const before = turnOf(`I look. ${call}`, { thinking: 'Left.' })
    expect(changedTurn(before, { thought: 'Right.' }, profiles.default, place)).toMatchObject({
      text: ` ${call}`,
      thinking: 'Right.',
    })
  })

  it.each([
    [
      'a crop under a profile that looks into originals alone',
      profiles['qwen3-vl'],
      { look: { boxRel, source: 1 } },
      'look-not-writable',
    ],
    ['a box under a profile without zoom', profiles.direct, { look: { boxRel, source: 0 } }, 'look-not-writable'],
    [
      'a thought that closes itself',
      profiles.default,
      { thought: 'a</think><answer>1</answer>' },
      'thought-not-writable',
    ],
  ])('is refused for %s', (_, profile, change, code) => {
    const before = turnOf(written[profile.dialect] ?? 'red')
    expect(() => changedTurn(before, change, profile, place)).toThrow(expect.objectContaining({ code }))
  })
})

describe('a turn of another profile', () => {
  const zoom = (profile: Profile): Turn => {
    const text = written[profile.dialect]!
    const parsed = parseTurn(text, profile, place.unitSizeOf)
    return turnOf(text, { thought, action: 'action' in parsed ? parsed.action : (undefined as never) })
  }

  test.each(named)('of default becomes one of %s that looks at the same place', (_, profile) => {
    const after = translatedTurn(zoom(profiles.default), profile, place)
    expect(read(after, profile)).toMatchObject({
      thought,
      box: [0.1, 0.2, 0.3, 0.4].map((edge) => expect.closeTo(edge, 2)),
    })
  })

  it('stays as it is where it is read alike', () => {
    const before = zoom(profiles.embedded)
    expect(translatedTurn(before, profiles.default, place)).toBe(before)
  })

  it('is refused where it has no form', () => {
    const answered = turnOf(answers['grounding']!, { action: { kind: 'answer', text: 'red' } })
    expect(() => translatedTurn(answered, profiles['pixel-reasoner'], place)).toThrow(/Choose a policy/)
  })
})

test('a box that was drawn is tidied: its corners in order, inside the picture, and on its steps', () => {
  expect(tidyBox([0.9, 1.2, 0.3, -1])).toEqual([0.3, 0, 0.9, 1])
  expect(tidyBox([0.26, 0.25, 0.31, 0.5], 1 / 16)).toEqual([0.25, 0.25, 0.3125, 0.5])
})
