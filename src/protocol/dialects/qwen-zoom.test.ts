/** Replies as Qwen3-VL and Qwen3.5 write them, in either form of call. */
import { describe, expect, it } from 'vitest'
import { parseTurn } from '../parse-turn.ts'
import { dialectOf, profiles } from '../profile.ts'
import { resolveBox, resolveSource } from '../resolve-box.ts'
import { relativeBox } from '../box.ts'

const json = (values: object): string =>
  `<tool_call>\n${JSON.stringify({ name: 'image_zoom_in_tool', arguments: values })}\n</tool_call>`
const xml = (values: Readonly<Record<string, string>>): string =>
  `<tool_call>\n<function=image_zoom_in_tool>\n${Object.entries(values)
    .map(([key, value]) => `<parameter=${key}>\n${value}\n</parameter>\n`)
    .join('')}</function>\n</tool_call>`
const box = '[100, 200, 300, 400]'
const called = xml({ bbox_2d: box, label: 'the sign', img_idx: '0' })
const zoom = { kind: 'grounding', boxRel: [0.1, 0.2, 0.3, 0.4], source: 'original_image' }

describe.each([profiles['qwen3-vl'], profiles['qwen3.5']])('$name', (profile) => {
  const parse = (text: string) => parseTurn(text, profile)

  it.each([
    ['JSON', json({ bbox_2d: [100, 200, 300, 400], label: 'the sign', img_idx: 0 })],
    ['JSON behind a thought', `<think>\nSmall.\n</think>\n\n${json({ bbox_2d: [100, 200, 300, 400], img_idx: 0 })}`],
    ['JSON whose box is text', json({ bbox_2d: box, label: 'x', img_idx: '0' })],
    [
      'JSON whose arguments are text',
      json({ bbox_2d: [100, 200, 300, 400] }).replace(
        /("arguments":)(\{.*?\})/,
        (_, a: string, b: string) => a + JSON.stringify(b),
      ),
    ],
    ['JSON that was cut at its stop string', json({ bbox_2d: [100, 200, 300, 400] }).replace('</tool_call>', '')],
    ['the first of several', json({ bbox_2d: [100, 200, 300, 400] }) + json({ bbox_2d: [0, 0, 1, 1] })],
    ['XML', called],
    ['XML behind a thought that the template opened', `The sign is small.\n</think>\n\n${called}`],
    ['XML on one line', called.replaceAll('\n', '')],
    ['XML without the tags around it', called.replaceAll(/\n?<\/?tool_call>\n?/g, '')],
    ['XML without closing tags', called.replaceAll(/\n<\/[^>]*>/g, '')],
    ['XML without the picture', xml({ bbox_2d: box })],
    ['XML with its box in another list', xml({ bbox_2d: `[${box}]`, img_idx: '0' })],
  ])('reads %s', (_, text) => {
    expect(parse(text)).toMatchObject({ action: zoom })
  })

  it.each([
    ['It is red.', 'It is red.'],
    ['<think>\nHm: <tool_call>?\n</think>\n\nIt is red.', 'It is red.'],
    ['Hm.\n</think>\n\nThe sign says <answer>CAFE</answer>', 'CAFE'],
  ])('takes a reply without a call for the answer: %j', (text, answer) => {
    expect(parse(text)).toMatchObject({ action: { kind: 'answer', text: answer } })
  })

  it.each([
    [json({ label: 'x' }), 'bad-call'],
    ['<tool_call>\n{"name": "search_tool", "arguments": {}}\n</tool_call>', 'bad-call'],
    ['<tool_call>\n<function=search_tool>\n</function>\n</tool_call>', 'bad-call'],
    [xml({ bbox_2d: 'the sign' }), 'bad-box'],
    [xml({ bbox_2d: '[0.1, 0.2, 0.3, 0.4]' }), 'wrong-unit'],
    [xml({ bbox_2d: '[1, 2, 3]' }), 'bad-box'],
  ])('tells back %j', (text, code) => {
    expect(parse(text)).toMatchObject({ code })
  })

  it('names originals alone: whatever is called a crop is the original', () => {
    const later = parse(json({ bbox_2d: [100, 200, 300, 400], img_idx: 2 }))
    expect(later).toMatchObject({ action: { kind: 'grounding' } })
    const [one, three] = [
      { count: 4, originals: 1 },
      { count: 6, originals: 3 },
    ]
    for (const source of ['original_image', 'original_image_3', 'observation_1'])
      expect(resolveSource(source, one, profile)).toEqual({ index: 0 })
    expect(resolveSource('original_image_3', three, profile)).toEqual({ index: 2 })
    expect(resolveSource('original_image_4', three, profile)).toEqual({ index: 0 })
  })

  it('shows at least 32 pixels, as its own agent does', () => {
    const cut = (...corners: [number, number, number, number]) => {
      const resolved = resolveBox(relativeBox(...corners), { width: 1000, height: 500 }, profile)
      return 'boxPx' in resolved ? resolved.boxPx : resolved.code
    }
    expect(cut(0.1, 0.2, 0.3, 0.4)).toEqual([100, 100, 300, 200])
    // 10 x 20 pixels, enlarged 3.2 times about (505, 110).
    expect(cut(0.5, 0.2, 0.51, 0.24)).toEqual([489, 78, 521, 142])
    // In a corner there is no room for it.
    expect(cut(0, 0, 0.01, 0.02)).toEqual([0, 0, 10, 10])
    expect(cut(0.9, 0.9, 1.2, 1.2)).toEqual([900, 450, 1000, 500])
    expect(cut(0.5, 0.5, 0.5, 0.6)).toBe('empty-width')
  })

  it('halts behind a call', () => {
    expect(dialectOf(profile).stop).toEqual(['</tool_call>'])
  })
})
