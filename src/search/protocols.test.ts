import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Message, Policy, Reply } from '../policy/policy.ts'
import { dialectOf } from '../protocol/profile.ts'
import { profiles } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { openPicture } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import { searchToEnd } from './search-many.ts'

const width = 1000
const height = 500
const problem = { docId: 'p1', dataSource: 'test', question: 'Which?' }
let picture: Picture

beforeAll(async () => {
  const background = { r: 10, g: 20, b: 30 }
  picture = await openPicture(
    await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  )
})

const roomyUsage = { promptTokens: 10, imageTokens: 5, replyTokens: 1 }

/** Plays its steps in turn, then repeats the last one. */
async function play(profile: Profile, ...steps: readonly (string | Partial<Reply>)[]) {
  const told: Message[] = []
  const policy: Policy = {
    name: 'scripted',
    open: () => ({
      async take(message, { turn }) {
        told.push(message)
        const step = steps[Math.min(turn, steps.length) - 1]!
        return { text: '', finish: 'stop', usage: roomyUsage, ...(typeof step === 'string' ? { text: step } : step) }
      },
      close: () => {},
    }),
  }
  const { trajectory } = await searchToEnd({ picture, problem }, policy, { profile })
  return { told, trajectory, boxes: trajectory.observations.map(({ boxInOriginalPx }) => boxInOriginalPx) }
}

const zoom = (bbox: string, source = 'original_image') =>
  `<grounding>{"bbox_2d": [${bbox}], "source": "${source}"}</grounding>`
const half = zoom('0, 0, 0.5, 0.5')
const call = (name: string, values: object) => `<tool_call>${JSON.stringify({ name, arguments: values })}</tool_call>`

describe('the released loop (reference 5)', () => {
  const { official } = profiles

  it('halts a reply after a call', () => {
    expect(dialectOf(official)).toMatchObject({ stop: ['</grounding>'] })
    expect(dialectOf(official).functions).toBeUndefined()
  })

  // 5.6, each after the fixed prefix of the prompt.
  it.each([
    ['<grounding>?</grounding>', "'NoneType' object has no attribute 'group'"],
    [zoom('0, 0, 1'), ''],
    [zoom('0, 0, 1, 1', 'a "b'), `The 'source' argument "a "b" does not match the pattern 'observation_([0-9]*)'.`],
    [zoom('0, 0, 1e306, 1'), 'cannot convert float infinity to integer'],
    [zoom('0, 0, 1, 1', 'observation_1'), 'Error in predicting the source observation: "observation_1".'],
    [zoom('100, 200, 300, 400'), 'The bounding box is not valid in width: [100000, 100000, 999, 499]'],
    [zoom('0.1, 0.9, 0.5, 0.2'), 'The bounding box is not valid in height: [100, 450, 500, 100]'],
    [zoom('0, 0, 0.9, 0.008'), 'The absolute aspect ratio of the bounding box exceeds 200, which is too large.'],
    [zoom('1e20, 0, 0.5, 0.5'), 'The bounding box is not valid in width: [99999999999999991611392, 0, 500, 250]'],
  ])('tells back the mistake of %s', async (step, error) => {
    const { told } = await play({ ...official, prompts: { ...official.prompts, error: '<{error}>' } }, step, 'void')
    expect(told[1]).toEqual({ kind: 'error', text: `<${error}>` })
  })

  it('goes on after a complete call that met the token limit', async () => {
    const { trajectory } = await play(official, { text: half, finish: 'length' }, '<answer>red</answer>')
    expect(trajectory).toMatchObject({ end: 'answered', answer: 'red', turns: [{ observation: 1 }, {}] })
  })

  it.each([
    ['official', 12],
    ['official-train', 6],
    ['official-32', 32],
  ] as const)('%s ends over-turn at %i turns, the call of the last one not carried out', async (name, turns) => {
    const { trajectory } = await play(profiles[name], half)
    expect(trajectory).toMatchObject({ end: 'over-turn', answer: null })
    expect([trajectory.turns.length, trajectory.observations.length]).toEqual([turns, turns])
  })

  it('reads an answer beyond the limit, as the released scorer does', async () => {
    const { trajectory } = await play(profiles['official-train'], half, `<answer> red</answer>${half}`)
    expect(trajectory).toMatchObject({ end: 'over-turn', answer: ' red' })
    const full = {
      text: `<answer>red</answer>${half}`,
      usage: { promptTokens: 30_668, imageTokens: 0, replyTokens: 100 },
    }
    expect((await play(official, full)).trajectory).toMatchObject({ end: 'over-context', answer: 'red' })
    const images = await play({ ...official, maxImages: 1 }, full.text)
    expect(images.trajectory).toMatchObject({ end: 'over-image', answer: 'red' })
  })

  it('ends over-image with the twelfth picture, whatever is left of the turns', async () => {
    const { trajectory } = await play({ ...official, maxTurns: 20 }, half)
    expect(trajectory).toMatchObject({ end: 'over-image' })
    expect([trajectory.turns.length, trajectory.observations.length]).toEqual([12, 12])
  })

  it('ends over-context from 30,768 tokens on: prompt, pictures and replies of all turns', async () => {
    const first = (promptTokens: number) => ({ text: half, usage: { promptTokens, imageTokens: 0, replyTokens: 100 } })
    const full = await play(official, first(30_668), '<answer>red</answer>')
    expect(full.trajectory).toMatchObject({ end: 'over-context', turns: [{ text: half }] })
    expect(full.boxes).toHaveLength(1)
    // 30,758 with the reply, and 10 of the observation: rolled back.
    const rolledBack = await play(official, first(30_658), '<answer>red</answer>')
    expect(rolledBack.trajectory).toMatchObject({ end: 'over-context', turns: [{ text: half }] })
    expect(rolledBack.boxes).toHaveLength(1)
    const fits = await play(official, first(30_657), '<answer>red</answer>')
    expect(fits.trajectory).toMatchObject({ end: 'answered' })
  })

  it('rolls an error back that fills the context', async () => {
    const step = { text: zoom('0, 0, 1'), usage: { promptTokens: 30_658, imageTokens: 0, replyTokens: 100 } }
    const { trajectory } = await play(official, step, '<answer>red</answer>')
    expect(trajectory).toMatchObject({ end: 'over-context', turns: [{ error: { code: 'bad-box' } }] })
  })
})

describe('other protocols in the same loop', () => {
  it('deepeyes-lenient: pixels of the picture as it was shown, crops of the original, on the grid', async () => {
    const look = (...bbox_2d: number[]) => call('image_zoom_in_tool', { bbox_2d, label: 'it' })
    const { trajectory, boxes, told } = await play(
      profiles['deepeyes-lenient'],
      look(252, 126, 504, 252),
      look(0, 0, 20, 20),
      look(5, 5, 5, 9),
      '<answer>red</answer>',
    )
    // Shown at 1008 x 504: a pixel of the picture is 1.008 of the view.
    expect(trajectory.observations.map(({ view }) => [view.width, view.height])).toEqual([
      [1008, 504],
      [252, 112],
      [56, 56],
    ])
    expect(boxes).toEqual([
      [0, 0, 1000, 500],
      [250, 125, 500, 250],
      [0, 0, 20, 20],
    ])
    expect(told.map(({ kind }) => kind)).toEqual(['question', 'observation', 'observation', 'error'])
    expect(told[1]!.text).toMatch(/^<tool_response><image>[^]*<\/tool_response>$/)
    expect(trajectory).toMatchObject({ end: 'answered', answer: 'red' })
  })

  it('pixel-reasoner-lenient: padded crops of a picture by its number, four calls and no fifth', async () => {
    const crop = (target_image: number, ...bbox_2d: number[]) =>
      call('crop_image_normalized', { bbox_2d, target_image })
    const profile = profiles['pixel-reasoner-lenient']
    const { trajectory, boxes } = await play(
      profile,
      crop(1, 0.2, 0.2, 0.4, 0.4),
      crop(2, 0.5, 0.5, 0.5, 0.5),
      crop(4, 0, 0, 0.5, 0.5),
      crop(1, 0, 0, 0.2, 0.2),
    )
    expect(boxes).toEqual([
      [0, 0, 1000, 500],
      [100, 50, 500, 250],
      [260, 130, 340, 170],
      [0, 0, 300, 150],
    ])
    expect(trajectory.turns.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      'no-such-source',
      undefined,
      undefined,
    ])
    expect(trajectory).toMatchObject({ end: 'over-turn', answer: null })
    expect((await play(profile, 'So \\boxed{red}.')).trajectory).toMatchObject({ end: 'answered', answer: 'red' })
    expect((await play(profile, 'It is red.')).trajectory).toMatchObject({ end: 'void', answer: null })
  })

  it('tools: a call of the declared function, then plain words', async () => {
    const { trajectory, boxes } = await play(
      profiles.tools,
      `Closer.${call('zoom', { bbox_2d: [0, 0, 0.5, 0.5], source: 'original_image' })}`,
      call('zoom', { bbox_2d: [0, 0, 0.5, 0.5], source: 'observation_1' }),
      'It is red.',
    )
    expect(boxes.slice(1)).toEqual([
      [0, 0, 500, 250],
      [0, 0, 250, 125],
    ])
    expect(trajectory).toMatchObject({ end: 'answered', answer: 'It is red.' })
  })

  it('direct: one turn, whose words are the answer', async () => {
    expect((await play(profiles.direct, 'red')).trajectory).toMatchObject({ end: 'answered', answer: 'red' })
    expect((await play(profiles.direct, { text: 'red and', finish: 'length' })).trajectory.end).toBe('void')
  })
})
