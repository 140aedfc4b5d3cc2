/** Tools beside zoom, from what a policy writes to the pixels that it sees, kept, told again and shown. */
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Message, Policy } from '../policy/policy.ts'
import { viewsOf } from '../policy/policy.ts'
import { profileHash, profiles, profileWith } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'
import { toolNames } from '../protocol/view-tools.ts'
import { openPicture } from '../vision/open.ts'
import { storedView } from '../vision/observation-view.ts'
import type { Picture, Pixels } from '../vision/picture.ts'
import { replay, unseen } from './replay.ts'
import { searchToEnd } from './search-many.ts'

/** Pixels one to one, so that every one of them can be told. */
const asIs = {
  kind: 'budget',
  minPixels: 1,
  maxPixels: 1e4,
  minSide: 1,
  maxAspect: null,
  resampler: 'nearest',
} as const
const all = profileWith({ ...profiles.default, firstView: asIs, observationView: asIs }, { tools: toolNames })

let picture: Picture
const [width, height] = [40, 30]
beforeAll(async () => {
  // Every pixel is another.
  const data = Buffer.from(
    Array.from({ length: width * height }, (_, at) => [at % width, Math.floor(at / width), 99]).flat(),
  )
  picture = await openPicture(
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  )
})

async function run(texts: readonly string[], profile: Profile = all) {
  const told: Message[] = []
  const seen: Pixels[] = []
  const policy: Policy = {
    name: 'chat:test',
    open: () => ({
      async take(message, { turn }) {
        told.push(message)
        for (const view of viewsOf(message)) seen.push(await view.pixels())
        const text = texts[turn - 1] ?? '<answer>yes</answer>'
        return { text, finish: 'stop', usage: { promptTokens: 10, imageTokens: 5, replyTokens: 3 } }
      },
      close: () => {},
    }),
  }
  const task = { picture, problem: { docId: 'p', dataSource: 'test', question: 'Is it upright?' } }
  const { trajectory } = await searchToEnd(task, policy, { profile })
  return { trajectory, told, seen }
}

const call = (values: object): string => `<think>Hm.</think><grounding>${JSON.stringify(values)}</grounding>`
const zoom = (source: string, ...bbox_2d: readonly number[]): string => call({ bbox_2d, source })
const original = { source: 'original_image' }

/** Column and row of the original that the pixel at a place shows. */
const from = ({ width: across, data }: Pixels, x: number, y: number): number[] => [
  ...data.subarray((y * across + x) * 3, (y * across + x) * 3 + 2),
]

test('a turn gives an observation with a number; a crop of it is the right part of the original', async () => {
  const { trajectory, told, seen } = await run([
    call({ tool: 'rotate', degrees: 90, ...original }),
    zoom('observation_1', 0, 0, 0.5, 0.25),
  ])
  expect(told[1]!.text).toContain('observation_1')
  expect(seen.map((view) => [view.width, view.height])).toEqual([
    [40, 30],
    [30, 40],
    [15, 10],
  ])
  // Counter-clockwise: what was at the top right is at the top left.
  expect([from(seen[1]!, 0, 0), from(seen[1]!, 29, 0), from(seen[1]!, 0, 39)]).toEqual([
    [39, 0],
    [39, 29],
    [0, 0],
  ])
  expect([from(seen[2]!, 0, 0), from(seen[2]!, 14, 9)]).toEqual([
    [39, 0],
    [30, 14],
  ])
  expect(trajectory).toMatchObject({
    end: 'answered',
    turns: [{ action: { kind: 'tool', use: { tool: 'rotate', degrees: 90 } }, observation: 1 }, { observation: 2 }, {}],
    observations: [
      {},
      {
        parent: 0,
        boxPx: [0, 0, 40, 30],
        boxInOriginalPx: [0, 0, 40, 30],
        made: { tool: 'rotate' },
        view: { width: 30 },
      },
      { parent: 1, boxPx: [0, 0, 15, 10], boxInOriginalPx: [30, 0, 40, 15] },
    ],
  })
})

test('what was searched is kept, told again and drawn again as it was', async () => {
  const { trajectory, told, seen } = await run([
    call({ tool: 'flip', axis: 'vertical', ...original }),
    call({ tool: 'contrast', factor: 2, source: 'observation_1' }),
    zoom('observation_2', 0.25, 0.25, 0.75, 0.75),
    call({ tool: 'rotate', degrees: 270, source: 'observation_3' }),
    call({ tool: 'enlarge', factor: 2, source: 'observation_4' }),
  ])
  expect(trajectory.observations).toHaveLength(6)
  const stored = trajectorySchema.parse(JSON.parse(JSON.stringify(trajectory)))
  expect(stored).toEqual(trajectory)
  expect(replay(stored, all, unseen).map(({ message }) => message.text)).toEqual(told.map(({ text }) => text))
  for (const [index, view] of seen.entries()) expect(await storedView(picture, stored, index, all)).toEqual(view)
})

test('contrast is that of Pillow about the mean grey, and a crop keeps its levels', async () => {
  const { seen } = await run([
    call({ tool: 'contrast', factor: 3, ...original }),
    zoom('observation_1', 0, 0, 0.5, 0.5),
  ])
  const [whole, more, crop] = seen as [Pixels, Pixels, Pixels]
  const grey = whole.data.reduce((sum, level, at) => sum + level * [0.299, 0.587, 0.114][at % 3]!, 0) / (width * height)
  const expected = (level: number): number =>
    Math.min(255, Math.max(0, Math.round(Math.round(grey) + 3 * (level - Math.round(grey)))))
  expect([...more.data]).toEqual([...whole.data].map(expected))
  expect([...crop.data.subarray(0, 30)]).toEqual([...more.data.subarray(0, 30)])
})

test('a picture is enlarged as far as its profile allows, and no further', async () => {
  const { trajectory, seen } = await run([
    call({ tool: 'enlarge', factor: 2, ...original }),
    call({ tool: 'enlarge', factor: 10, source: 'observation_1' }),
    call({ tool: 'enlarge', factor: 2, source: 'observation_2' }),
  ])
  expect(seen.map((view) => [view.width, view.height])).toEqual([
    [40, 30],
    [80, 60],
    [115, 86],
  ])
  expect(trajectory.turns[2]!.error).toMatchObject({ code: 'no-effect' })
})

test.each([
  [
    { tool: 'sharpen', ...original },
    'unknown-tool',
    'There is no tool "sharpen": there are zoom, rotate, flip, contrast, enlarge.',
  ],
  [
    { tool: 'rotate', degrees: 45, ...original },
    'bad-argument',
    '"degrees" of rotate has to be 90, 180 or 270, not 45.',
  ],
  [{ tool: 'rotate', degrees: 360, ...original }, 'bad-argument', 'not 360'],
  [{ tool: 'rotate', ...original }, 'bad-argument', 'not left out'],
  [{ tool: 'flip', axis: 'diagonal', ...original }, 'bad-argument', '"horizontal" or "vertical"'],
  [{ tool: 'contrast', factor: 0, ...original }, 'bad-argument', 'from 0.1 to 10'],
  [{ tool: 'enlarge', factor: 'twice', ...original }, 'bad-argument', 'above 1'],
  [{ tool: 'flip', axis: 'vertical', source: 'observation_4' }, 'no-such-source', 'There is no "observation_4" yet'],
  [{ tool: 'flip', axis: 'vertical', source: 'it' }, 'bad-source', '"original_image"'],
  [{ tool: 'flip', axis: 'vertical' }, 'bad-call', 'could not be read'],
])('%j is a mistake that is told', async (values, code, said) => {
  const { trajectory, told } = await run([call(values)])
  expect(trajectory.turns[0]!.error?.code).toBe(code)
  expect(told[1]!.text).toContain(said)
  expect(told[1]!.text).not.toContain('zoom failed')
  expect(trajectory.end).toBe('answered')
})

test.each([
  [
    { tool: 'rotate', degrees: -90, ...original },
    { tool: 'rotate', degrees: 270 },
  ],
  [
    { tool: 'rotate', degrees: 450, ...original },
    { tool: 'rotate', degrees: 90 },
  ],
  [
    { tool: 'Rotate', angle: '180', ...original },
    { tool: 'rotate', degrees: 180 },
  ],
  [
    { name: 'image_flip_tool', direction: 'Horizontal', ...original },
    { tool: 'flip', axis: 'horizontal' },
  ],
])('%j is understood', async (values, use) => {
  expect((await run([call(values)])).trajectory.observations[1]!.made).toEqual(use)
})

const use = fc.oneof(
  fc.constantFrom(90, 180, 270).map((degrees) => ({ tool: 'rotate', degrees })),
  fc.constantFrom('horizontal', 'vertical').map((axis) => ({ tool: 'flip', axis })),
)

describe('turned and mirrored in any order', () => {
  test('four quarters, and a mirror twice, give the same bytes', async () => {
    const quarter = { tool: 'rotate', degrees: 90 }
    for (const uses of [
      [quarter, quarter, quarter, quarter],
      [
        { tool: 'flip', axis: 'horizontal' },
        { tool: 'flip', axis: 'horizontal' },
      ],
      [
        { tool: 'flip', axis: 'horizontal' },
        { tool: 'flip', axis: 'vertical' },
        { tool: 'rotate', degrees: 180 },
      ],
    ]) {
      const chained = uses.map((one, at) => call({ ...one, source: at === 0 ? 'original_image' : `observation_${at}` }))
      const { seen } = await run(chained)
      expect(seen.at(-1)).toEqual(seen[0])
    }
  })

  test('a crop shows the part of the view that was asked for, and its box on the original holds these pixels', async () => {
    const corner = fc.double({ min: 0, max: 1, noNaN: true })
    await fc.assert(
      fc.asyncProperty(fc.array(use, { minLength: 1, maxLength: 4 }), corner, corner, async (uses, cx, cy) => {
        const chained = uses.map((one, at) =>
          call({ ...one, source: at === 0 ? 'original_image' : `observation_${at}` }),
        )
        const [x0, y0] = [cx * 0.6, cy * 0.6]
        const { trajectory, seen } = await run([
          ...chained,
          zoom(`observation_${uses.length}`, x0, y0, x0 + 0.3, y0 + 0.3),
        ])
        const [turned, crop] = seen.slice(-2) as [Pixels, Pixels]
        const { boxPx, boxInOriginalPx } = trajectory.observations.at(-1)!
        for (let y = 0; y < crop.height; y++) {
          for (let x = 0; x < crop.width; x++) {
            const shown = from(crop, x, y)
            expect(shown).toEqual(from(turned, boxPx[0] + x, boxPx[1] + y))
            expect(shown[0]).toBeGreaterThanOrEqual(boxInOriginalPx[0])
            expect(shown[0]).toBeLessThan(boxInOriginalPx[2])
            expect(shown[1]).toBeGreaterThanOrEqual(boxInOriginalPx[1])
            expect(shown[1]).toBeLessThan(boxInOriginalPx[3])
          }
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('a profile', () => {
  test('has none unless they are asked for; with them its hash is another, whatever their order', async () => {
    const { trajectory } = await run([call({ tool: 'rotate', degrees: 90, ...original })], profiles.default)
    expect(trajectory.turns[0]!.error?.code).toBe('bad-call')
    const hash = (...tools: Profile['tools'] & {}): string => profileHash(profileWith(profiles.default, { tools }))
    expect(hash('flip', 'rotate')).toBe(hash('rotate', 'flip', 'rotate'))
    expect(new Set([profileHash(profiles.default), hash('flip'), hash('flip', 'rotate')]).size).toBe(3)
    expect(profileWith(profiles.default, { tools: ['flip'] }).prompts.system).not.toContain('rotate')
  })

  test.each(['official', 'official-32', 'direct', 'embedded', 'deepeyes-lenient', 'pixel-reasoner-lenient'] as const)(
    '%s cannot have them',
    (name) => {
      expect(() => profileWith(profiles[name], { tools: ['rotate'] })).toThrow(
        'Use one of default, tools, qwen3-vl, qwen3.5.',
      )
    },
  )
})

describe('functions', () => {
  const native = (name: string, values: object): string =>
    `<tool_call>${JSON.stringify({ name, arguments: values })}</tool_call>`
  const xml = `<tool_call>\n<function=image_rotate_tool>\n<parameter=degrees>\n90\n</parameter>\n<parameter=img_idx>\n0\n</parameter>\n</function>\n</tool_call>`

  test.each([
    [
      'tools',
      native('rotate', { degrees: 90, ...original }),
      native('zoom', { bbox_2d: [0, 0, 0.5, 0.5], source: 'observation_1' }),
    ],
    [
      'qwen3-vl',
      native('image_rotate_tool', { degrees: 90, img_idx: 0 }),
      native('image_zoom_in_tool', { bbox_2d: [0, 0, 500, 500], img_idx: 1 }),
    ],
    ['qwen3.5', xml, native('image_zoom_in_tool', { bbox_2d: [0, 0, 500, 500], img_idx: 1 })],
  ] as const)('of %s: what one shows can be zoomed into', async (name, first, then) => {
    const profile = profileWith(
      { ...profiles[name], observationView: asIs, firstView: asIs, crop: profiles.default.crop },
      { tools: ['rotate'] },
    )
    const { trajectory } = await run([first, then], profile)
    expect(trajectory.observations).toMatchObject([
      {},
      { made: { tool: 'rotate', degrees: 90 } },
      { parent: 1, boxInOriginalPx: [20, 0, 40, 15] },
    ])
  })

  test('a picture is counted that was not shown: it is told', async () => {
    const profile = profileWith(profiles['qwen3-vl'], { tools: ['rotate'] })
    const { trajectory } = await run([native('image_rotate_tool', { degrees: 90, img_idx: 3 })], profile)
    expect(trajectory.turns[0]!.error?.code).toBe('no-such-source')
  })
})
