import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dialectOf, type Profile, profiles } from '../profile.ts'

/** What each part of the text says. */
function partsOf(text: string, profile: Profile): Record<string, string> {
  const parts = Object.entries(dialectOf(profile).parts(text, profile))
  return Object.fromEntries(parts.map(([name, { start, end }]) => [name, text.slice(start, end)]))
}

const zoom = (values: string): string =>
  `<tool_call>\n{"name": "image_zoom_in_tool", "arguments": ${values}}\n</tool_call>`

describe('the parts of a turn', () => {
  test.each([
    [
      'default',
      '<think>It is <grounding> small.</think> <grounding>{"bbox_2d": [0.1, 0.2, 0.3, 0.4], "source": "observation_2"}</grounding>',
      { thought: 'It is <grounding> small.', box: '[0.1, 0.2, 0.3, 0.4]', source: '"observation_2"' },
    ],
    [
      'official',
      'Somewhere left.\n<grounding>{"bbox_2d": [0, 0, 0.5, 1], "source": "original_image"}</grounding>',
      { thought: 'Somewhere left.', box: '[0, 0, 0.5, 1]', source: '"original_image"' },
    ],
    ['default', '<think>Red.</think><answer> a red one </answer>', { thought: 'Red.', answer: 'a red one' }],
    ['default', '<think>Red.</think><answer>A', { thought: 'Red.', answer: 'A' }],
    ['official', '<think>Red.</think><answer>A', { thought: 'Red.' }],
    [
      'default',
      "<think>x</think><grounding>{'source': original_image, 'bbox_2d': (1, 2, 3, 4)",
      { thought: 'x', source: 'original_image', box: '(1, 2, 3, 4)' },
    ],
    ['default', 'Nothing of the kind', { thought: 'Nothing of the kind' }],
    ['default', '<think>x</think><grounding>{"bbox_2d": [0.1, 0.2</grounding>', { thought: 'x' }],
    [
      'deepeyes-lenient',
      `<think>The sign.</think>${zoom('{"bbox_2d": [4, 6, 20, 18], "label": "the sign"}')}${zoom('{"bbox_2d": [0, 0, 1, 1]}')}`,
      { thought: 'The sign.', box: '[4, 6, 20, 18]' },
    ],
    [
      'pixel-reasoner',
      'Let me see.<tool_call>{"name": "crop_image_normalized", "arguments": {"bbox_2d": [0, 0, 1, 1], "target_image": 2}}</tool_call>',
      { thought: 'Let me see.', box: '[0, 0, 1, 1]', source: '2' },
    ],
    ['pixel-reasoner', 'So \\boxed{first} or \\boxed{the {second} one}', { thought: 'So', answer: 'the {second} one' }],
    [
      'qwen3-vl',
      `Closer.\n${zoom('{"bbox_2d": [400, 250, 600, 420], "label": "x", "img_idx": 0}')}`,
      { thought: 'Closer.', box: '[400, 250, 600, 420]', source: '0' },
    ],
    [
      'qwen3.5',
      'A sign, <answer>left</answer>?\n</think>\n\n<tool_call>\n<function=image_zoom_in_tool>\n<parameter=bbox_2d>\n[400, 250, 600, 420]\n' +
        '</parameter>\n<parameter=img_idx>\n1\n</parameter>\n</function>\n</tool_call>',
      { thought: 'A sign, <answer>left</answer>?', box: '[400, 250, 600, 420]', source: '1' },
    ],
    ['qwen3.5', 'Sure.\n</think>\n\nIt is green. ', { thought: 'Sure.', answer: 'It is green.' }],
    ['qwen3-vl', 'It is green.', { answer: 'It is green.' }],
    ['direct', '<think>Hm.</think>B', { thought: 'Hm.', answer: 'B' }],
    [
      'tools',
      'Look.<tool_call>{"name":"zoom","arguments":"{\\"bbox_2d\\": [0, 0, 1, 1], \\"source\\": 1}"}</tool_call>',
      { thought: 'Look.', box: '[0, 0, 1, 1]', source: '1' },
    ],
    ['default', '', {}],
  ] as const)('%s: %s', (name, text, parts) => {
    expect(partsOf(text, profiles[name])).toEqual(parts)
  })

  test('agree with what its readers read, and never throw, whatever stands there', () => {
    const tags = ['think', 'grounding', 'answer', 'tool_call'].flatMap((tag) => [`<${tag}>`, `</${tag}>`])
    const call = '{"bbox_2d": [0, 1, 2, 3], "source": "original_image"}'
    const pieces = fc.constantFrom(...tags, call, '{"bbox_2d":', '\\boxed{', '}', 'word', ' ', '\n', '"')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), fc.constantFrom(...Object.values(profiles)), (list, profile) => {
        const text = list.join('')
        const { thought, call } = dialectOf(profile)
        const parts = partsOf(text, profile)
        for (const part of Object.values(parts)) expect(part.trim()).not.toBe('')
        expect(parts['thought'] ?? '').toBe((thought(text) ?? '').trim())
        if (parts['box'] !== undefined) expect(call(text, { ...profile, parse: 'lenient' })).toBeDefined()
      }),
      { numRuns: 300 },
    )
  })
})
