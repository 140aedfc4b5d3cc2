/** Under `default` an answer in plain prose is not thrown away: the form is told once, and then all of the reply is the answer. */
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Message, Policy, Reply } from '../policy/policy.ts'
import { profileWith, profiles } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { reasonOf } from '../protocol/reason.ts'
import { answeredPlainly, trajectorySchema } from '../protocol/trajectory.ts'
import { openPicture } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import { replay } from './replay.ts'
import { searchToEnd } from './search-many.ts'

let picture: Picture
beforeAll(async () => {
  const create = { width: 250, height: 200, channels: 3, background: '#c33' } as const
  picture = await openPicture(await sharp({ create }).png().toBuffer())
})

const zoom = '<think>Closer.</think><grounding>{"bbox_2d": [0, 0, 0.5, 0.5], "source": "original_image"}</grounding>'
const prose = 'It is red.'
type Step = string | Partial<Reply>

async function run(steps: readonly Step[], profile: Profile = profiles.default, maxTurns = 8) {
  const told: Message[] = []
  const policy: Policy = {
    name: 'chat:test',
    open: () => ({
      take: async (message, { turn }) => {
        told.push(message)
        const step = steps[Math.min(turn, steps.length) - 1]!
        const usage = { promptTokens: 10, imageTokens: 5, replyTokens: 3 }
        return { text: '', finish: 'stop', usage, ...(typeof step === 'string' ? { text: step } : step) }
      },
      close: () => {},
    }),
  }
  const task = { picture, problem: { docId: 'p', dataSource: 'test', question: 'Which colour?' } }
  const { trajectory } = await searchToEnd(task, policy, { profile, maxTurns })
  return { trajectory, told, ends: [trajectory.end, trajectory.answer, trajectory.turns.length] }
}

describe('a reply in plain prose', () => {
  it('is reminded of the form, and taken for the answer when it comes again', async () => {
    const { trajectory, told } = await run([zoom, `<think>Hm.</think> ${prose}`])
    expect(trajectory).toMatchObject({ end: 'answered', answer: prose })
    expect(trajectory.turns.map(({ action, error, thought }) => [action?.kind, error?.code, thought])).toEqual([
      ['grounding', undefined, 'Closer.'],
      [undefined, 'no-action', 'Hm.'],
      ['answer', undefined, 'Hm.'],
    ])
    expect(told.at(-1)).toMatchObject({ kind: 'error', text: expect.stringContaining('<answer>your answer</answer>') })
    expect(told.at(-1)!.text).not.toContain('zoom failed')
    expect(answeredPlainly(trajectory)).toBe(true)
    expect(reasonOf(trajectory)).toMatchObject({
      kind: 'plain',
      code: 'plain-answer',
      example: expect.stringContaining(prose),
    })
    expect(trajectorySchema.safeParse(JSON.parse(JSON.stringify(trajectory))).success).toBe(true)
    // As the search was told it.
    const view = { key: '', boxPx: trajectory.observations[0]!.boxPx, pixels: () => picture as never }
    const again = replay(trajectory, profiles.default, () => view)
    expect(again.map(({ message }) => message.text)).toEqual(told.map(({ text }) => text))
  })

  it('is marked by a model that heeds the reminder', async () => {
    const { trajectory, ends } = await run([prose, '<answer>red</answer>'])
    expect(ends).toEqual(['answered', 'red', 2])
    expect(answeredPlainly(trajectory)).toBe(false)
  })

  it.each([
    ['is reminded once a search', [prose, zoom, prose], 8, ['answered', prose, 3]],
    ['counts at once where no turn is left', [prose], 1, ['answered', prose, 1]],
    ['counts at the last turn', [zoom, zoom, prose], 3, ['answered', prose, 3]],
    ['of broken marks alone is none', ['</', '</ >.'], 8, ['void', null, 2]],
    ['of a tag alone is none', ['<think>x</think><answer>', '<think>x</think></answer>'], 8, ['void', null, 2]],
    ['loses a tag without its partner', ['</answer>', `<think>x</think>${prose}</answer>`], 8, ['answered', prose, 2]],
    ['that is empty is none', ['', ''], 8, ['void', null, 2]],
    [
      'behind a thought that is never closed is its last paragraph',
      ['<think>Hm.', `<think>A sign.\n\n${prose}`],
      8,
      ['answered', prose, 2],
    ],
    ['that is thinking alone is none', ['<think>Hm.</think>', '<think>Hm.'], 8, ['void', null, 2]],
    ['that was cut off is none, and not reminded', [{ text: prose, finish: 'length' }], 8, ['void', null, 1]],
  ] as const)('%s', async (_, steps, maxTurns, expected) => {
    expect((await run(steps, profiles.default, maxTurns)).ends).toEqual(expected)
  })

  it.each(['official', 'official-train', 'official-32', 'deepeyes-lenient', 'pixel-reasoner-lenient'] as const)(
    'ends the search without an answer under %s',
    async (name) => {
      expect((await run([prose], profiles[name])).ends).toEqual(['void', null, 1])
    },
  )

  it('is asked for in the last turn where the profile says so, and the model is told the turn limit', async () => {
    const profile = profileWith(profiles.default, { turnsTold: true, lastTurnAnswers: true })
    const { trajectory, told, ends } = await run([zoom, zoom, prose], profile, 3)
    expect(ends).toEqual(['answered', prose, 3])
    const texts = told.map(({ text }) => text)
    expect(texts.map((text) => text.includes('3 turns at most'))).toEqual([true, false, false])
    expect(texts.map((text) => text.includes('your last turn'))).toEqual([false, false, true])
    const view = { key: '', boxPx: trajectory.observations[0]!.boxPx, pixels: () => picture as never }
    expect(replay(trajectory, profile, () => view).map(({ message }) => message.text)).toEqual(texts)
    const untold = await run([zoom, zoom, prose], profiles.default, 3)
    expect(untold.told.map(({ text }) => text).join()).not.toMatch(/turns at most|last turn/)
  })

  it('is not said to be written for another profile where it is garbled in the format of its own', async () => {
    const { trajectory } = await run(['<grounding>{"bbox_2d": </grounding', 'so <answer>'], profiles.embedded)
    expect(reasonOf(trajectory)).toMatchObject({ kind: 'void', message: expect.not.stringContaining('--profile') })
  })

  it.each([
    ['<tool_call>{"name": "image_zoom_in_tool", "arguments": {}}</tool_call>', '--profile'],
    ['I cannot see it.', 'plain prose.'],
  ])('that is written for another profile says so: %s', async (text, said) => {
    const { trajectory } = await run([text, text])
    expect(reasonOf(trajectory)!.message).toContain(said)
  })
})
