import sharp from 'sharp'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { everyPixel } from '../../test/every-pixel.ts'
import type { Message, Policy, Reply } from '../policy/policy.ts'
import type { Problem } from '../protocol/problem.ts'
import { profileHash, profiles } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'
import { ContextLengthError, TransportError, UserError } from '../shared/errors.ts'
import { openPicture } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import type { SearchEvent } from './events.ts'
import { search } from './search.ts'
import type { SearchOptions } from './search.ts'
import { searchToEnd } from './search-many.ts'
import { promptOf } from '../engine/engine.ts'

const width = 250
const height = 200
const problem: Problem = { docId: 'p1', dataSource: 'test', question: 'Which colour is it?', answer: 'red' }
let picture: Picture

/** Every pixel names its own place: red is its column, green its row. */
beforeAll(async () => {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set([x, y, 7], (y * width + x) * 3)
  picture = await openPicture(
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  )
})

type Step = string | Error | Partial<Reply> | ((message: Message, signal?: AbortSignal) => Promise<string>)

/** Plays its steps in turn, then repeats the last one; keeps what it was told. */
function scripted(...steps: readonly Step[]) {
  const told: Message[] = []
  const close = vi.fn<() => void>()
  const policy: Policy = {
    name: 'scripted',
    open: () => ({
      async take(message, { turn, signal }) {
        told.push(message)
        const step = steps[Math.min(turn, steps.length) - 1]!
        if (step instanceof Error) throw step
        const reply = typeof step === 'function' ? await step(message, signal) : step
        const usage = { promptTokens: 1000, imageTokens: 900, replyTokens: 10 }
        return { text: '', finish: 'stop', usage, ...(typeof reply === 'string' ? { text: reply } : reply) }
      },
      close,
    }),
  }
  return { policy, told, close }
}

const zoom = (box: string, source = 'original_image'): string =>
  `<think>Closer.</think><grounding>{"bbox_2d": [${box}], "source": "${source}"}</grounding>`
const half = zoom('0, 0, 0.5, 0.5')
const answer = '<think>Seen.</think><answer>red</answer>'

const official: Profile = { ...profiles.official, firstView: everyPixel, observationView: everyPixel }
const roomy: Profile = { ...official, maxTurns: 32, maxImages: null, contextLimit: null }

const run = (policy: Policy, profile: Profile = roomy, more: Partial<SearchOptions> = {}) =>
  searchToEnd({ picture, problem }, policy, { profile, seed: 5, ...more })

describe('a search', () => {
  it('answers in the first turn', async () => {
    const { policy, told, close } = scripted(answer)
    const { trajectory, replies } = await run(policy)
    expect(trajectory).toMatchObject({
      version: 1,
      problem,
      picture: { sha256: picture.sha256, width, height },
      policy: 'scripted',
      profile: { name: 'official', sha256: profileHash(roomy) },
      maxTurns: 32,
      seed: 5,
      sampleIndex: 0,
      end: 'answered',
      answer: 'red',
      usage: { promptTokens: 1000, imageTokens: 900, replyTokens: 10 },
      observations: [{ index: 0, parent: null, boxPx: [0, 0, width, height], view: { width, height } }],
      turns: [{ text: answer, thought: 'Seen.', action: { kind: 'answer', text: 'red' } }],
    })
    expect(told).toMatchObject([
      { kind: 'question', system: roomy.prompts.system, text: '<image>\nWhich colour is it?' },
    ])
    expect(replies.map(({ text }) => text)).toEqual([answer])
    expect(close).toHaveBeenCalledOnce()
    expect(trajectorySchema.parse(JSON.parse(JSON.stringify(trajectory)))).toEqual(trajectory)
  })

  it('keeps and shows thinking that came apart, and reads nothing from it', async () => {
    const thinking = `First ${half}, then <answer>blue</answer>.`
    const { policy, told } = scripted({ text: half, thinking }, { text: '<answer>red</answer>', thinking: ' ' })
    const shown: string[] = []
    const { trajectory } = await searchToEnd({ picture, problem }, policy, {
      profile: { ...profiles.default, firstView: everyPixel, observationView: everyPixel },
      onEvent: (event) => void (event.kind === 'thinking' && shown.push(event.text)),
    })
    expect(trajectory).toMatchObject({ end: 'answered', answer: 'red' })
    expect(trajectory.turns[0]).toMatchObject({
      text: half,
      thinking,
      thought: `${thinking}\n\nCloser.`,
      observation: 1,
    })
    expect(trajectory.turns[1]!.thought).toBeUndefined()
    expect(shown).toEqual([`${thinking}\n\nCloser.`])
    expect(told).toHaveLength(2)
    expect(trajectorySchema.parse(JSON.parse(JSON.stringify(trajectory)))).toEqual(trajectory)
  })

  it('fails by a turn that says nothing of the policy, and keeps that turn', async () => {
    const failure = { code: 'reply-cut', message: 'The reply was cut off.' }
    const { trajectory } = await run(scripted(half, { text: '<think>So', finish: 'length', failure }).policy)
    expect(trajectory).toMatchObject({ end: 'failed', failure, answer: null, turns: [{}, { text: '<think>So' }] })
  })

  it('crops crops of the full-resolution picture', async () => {
    const { policy, told } = scripted(zoom('0.4, 0.5, 0.8, 0.9'), zoom('0.1, 0.25, 0.5, 0.75', 'observation_1'), answer)
    const { trajectory } = await run(policy)
    expect(trajectory.observations.slice(1)).toEqual([
      {
        index: 1,
        parent: 0,
        boxPx: [100, 100, 200, 180],
        boxInOriginalPx: [100, 100, 200, 180],
        view: { width: 100, height: 80 },
      },
      {
        index: 2,
        parent: 1,
        boxPx: [10, 20, 50, 60],
        boxInOriginalPx: [110, 120, 150, 160],
        view: { width: 40, height: 40 },
      },
    ])
    expect(trajectory.turns.map(({ observation }) => observation)).toEqual([1, 2, undefined])
    const { view } = told[2] as Extract<Message, { kind: 'observation' }>
    expect(view.boxPx).toEqual([110, 120, 150, 160])
    const { data, ...size } = await view.pixels()
    expect(size).toEqual({ width: 40, height: 40 })
    expect([data[0], data[1], data.at(-3), data.at(-2)]).toEqual([110, 120, 149, 159])
  })

  it('tells what happens, as it happens', async () => {
    const { policy } = scripted(half, 'nothing to read here <grounding>?</grounding>', answer)
    const events: SearchEvent[] = []
    for await (const event of search({ picture, problem }, policy, { profile: roomy, seed: 1 })) events.push(event)
    expect(events.map(({ kind }) => kind)).toEqual([
      'observed',
      'thinking',
      'acted',
      'observed',
      'thinking',
      'acted',
      'thinking',
      'acted',
      'ended',
    ])
    expect(events[2]).toMatchObject({ turn: 1, taken: { observation: 1 }, reply: { text: half } })
    expect(events[5]).toMatchObject({ turn: 2, taken: { error: { code: 'bad-call' } } })
  })

  it('hands the sampled tokens to the trainer and keeps them out of the trajectory', async () => {
    const view = { width: 1, height: 1, data: new Uint8Array(3) }
    const sample = { prompt: promptOf(view, [1, 2]), reply: [3], logprobs: [-0.5] }
    const { trajectory, replies } = await run(scripted({ text: answer, sample }).policy)
    expect(replies[0]!.sample).toBe(sample)
    expect(JSON.stringify(trajectory)).not.toContain('logprobs')
  })

  it('shows 64 x 64 views and fixed texts with the embedded profile', async () => {
    const { policy, told } = scripted(half, zoom('0.5, 0, 0.4, 1'), answer)
    await run(policy, profiles.embedded)
    expect(told.map(({ text }) => text)).toEqual([
      '<image>\nWhich colour is it?',
      'observation_1\n<image>',
      'error: empty-width',
    ])
    const first = told[0] as Extract<Message, { kind: 'question' }>
    expect(first.system).toBe('Find the target and answer.')
    expect(await first.view!.pixels()).toMatchObject({ width: 64, height: 64 })
  })
})

describe('mistakes', () => {
  it('are told back, use up a turn, and bring no picture', async () => {
    const { policy, told } = scripted(
      zoom('0.5, 0, 0.5, 1'),
      zoom('0, 0, 1, 1', 'observation_1'),
      '<grounding>x</grounding>',
      answer,
    )
    const { trajectory } = await run(policy)
    expect(told.slice(1).map(({ kind }) => kind)).toEqual(['error', 'error', 'error'])
    expect(trajectory.turns.map(({ error }) => error?.code)).toEqual([
      'empty-width',
      'no-such-source',
      'bad-call',
      undefined,
    ])
    expect(trajectory.turns[0]!.action).toMatchObject({ kind: 'grounding', boxRel: [0.5, 0, 0.5, 1] })
    expect(trajectory).toMatchObject({ end: 'answered', observations: [{ index: 0 }] })
  })

  it('shift the labels of later observations in the official numbering, and not in the consistent one', async () => {
    const steps = [zoom('1, 1, 0, 0'), half, zoom('0, 0, 0.5, 0.5', 'observation_2'), answer]
    const numbered = {
      ...roomy,
      prompts: { ...roomy.prompts, observation: 'Action {action} Observation {observation} <image>' },
    }
    const first = scripted(...steps)
    const { trajectory } = await run(first.policy, numbered)
    expect(first.told[2]).toMatchObject({ index: 1, text: 'Action 1 Observation 2 <image>' })
    expect(trajectory.turns[2]!.error?.code).toBe('no-such-source')
    const second = scripted(...steps)
    await run(second.policy, { ...numbered, observationNumbering: 'consistent' })
    expect(second.told[2]).toMatchObject({ index: 1, text: 'Action 0 Observation 1 <image>' })
  })

  it('read pixels of the view of the source that they name', async () => {
    const pixel: Profile = { ...profiles.embedded, coordinates: 'pixel' }
    const { policy } = scripted(zoom('0, 0, 32, 32'), zoom('32, 32, 64, 64', 'observation_1'), answer)
    const { trajectory } = await run(policy, pixel)
    expect(trajectory.observations.map(({ boxInOriginalPx }) => boxInOriginalPx)).toEqual([
      [0, 0, 250, 200],
      [0, 0, 125, 100],
      [62, 50, 124, 99],
    ])
  })
})

describe('ends', () => {
  it('over-turn: a call in the last turn is not carried out, and an answer beside it counts', async () => {
    const { policy, told } = scripted(`<answer>red</answer>${half}`)
    const { trajectory } = await run(policy, roomy, { maxTurns: 3 })
    expect(trajectory).toMatchObject({ end: 'over-turn', answer: 'red', maxTurns: 3 })
    expect(trajectory.turns).toHaveLength(3)
    expect(trajectory.observations).toHaveLength(3)
    expect(told).toHaveLength(3)
  })

  it('over-turn: by mistakes alone', async () => {
    expect((await run(scripted('<grounding></grounding>').policy, roomy, { maxTurns: 4 })).trajectory.end).toBe(
      'over-turn',
    )
  })

  it('over-image: at the cap, the original included; mistakes take no place', async () => {
    const { policy } = scripted(half, zoom('1, 1, 0, 0'), half)
    const { trajectory } = await run(policy, { ...roomy, maxImages: 3 })
    expect(trajectory).toMatchObject({ end: 'over-image', answer: null })
    expect(trajectory.turns).toHaveLength(4)
    expect(trajectory.observations).toHaveLength(3)
  })

  it('over-context: when the reply fills it, the call is not carried out', async () => {
    const bounded = { ...roomy, contextLimit: 3000, contextReserve: 985 }
    const { trajectory } = await run(scripted(half).policy, bounded)
    // 1010 after the first turn; 2020 after the second, of 2015.
    expect(trajectory).toMatchObject({ end: 'over-context', answer: null })
    expect(trajectory.turns.map(({ observation }) => observation)).toEqual([1, undefined])
    expect(trajectory.observations).toHaveLength(2)
  })

  it('over-context: when an observation fills it, it is rolled back and the reply to it does not count', async () => {
    const bounded = { ...roomy, contextLimit: 3000, contextReserve: 990 }
    const { trajectory, replies } = await run(scripted(half, answer).policy, bounded)
    // 1010 after the first turn; 2010 with the observation, of 2010.
    expect(trajectory).toMatchObject({ end: 'over-context', answer: null, usage: { promptTokens: 1000 } })
    expect(trajectory.turns).toHaveLength(1)
    expect(trajectory.turns[0]!.observation).toBeUndefined()
    expect(trajectory.observations).toHaveLength(1)
    expect(replies).toHaveLength(1)
  })

  it('over-context: when the policy says that the observation does not fit', async () => {
    const events: SearchEvent[] = []
    const { policy } = scripted(half, new ContextLengthError('too long'))
    for await (const event of search({ picture, problem }, policy, { profile: roomy })) events.push(event)
    const { trajectory } = events.pop() as Extract<SearchEvent, { kind: 'ended' }>
    expect(trajectory).toMatchObject({ end: 'over-context', observations: [{ index: 0 }] })
    // Whoever followed the events knows that the observation does not stand.
    expect(events.slice(-2)).toMatchObject([
      { kind: 'observed', observation: { index: 1 } },
      { kind: 'taken-back', turn: 1, observation: 1 },
    ])
  })

  it.each([
    ['text without an action', 'I give up.', null],
    ['text behind the answer', '<answer>red</answer> I think', 'red'],
    ['an answer that was cut off', { text: '<answer>re', finish: 'length' }, null],
    ['an answer at the token limit', { text: '<answer>red</answer>', finish: 'length' }, 'red'],
    ['nothing', '', null],
  ] as const)('void: %s', async (_, step, expected) => {
    const { trajectory } = await run(scripted(half, step).policy)
    expect(trajectory).toMatchObject({ end: 'void', answer: expected })
  })

  it('answered: the first or the last of the answers of all turns counts', async () => {
    const steps = [`<answer>blue</answer>${half}`, answer]
    expect((await run(scripted(...steps).policy)).trajectory.answer).toBe('blue')
    expect((await run(scripted(...steps).policy, { ...roomy, answerPick: 'last' })).trajectory.answer).toBe('red')
  })

  it('failed: a policy that breaks, with its reason', async () => {
    const { policy, close } = scripted(half, new TransportError('connection-cut', 'The server hung up.'))
    const { trajectory } = await run(policy)
    expect(trajectory).toMatchObject({
      end: 'failed',
      answer: null,
      failure: { code: 'connection-cut', message: 'The server hung up.' },
    })
    expect(trajectory.turns).toHaveLength(1)
    expect(close).toHaveBeenCalledOnce()
    expect(trajectorySchema.safeParse(JSON.parse(JSON.stringify(trajectory))).success).toBe(true)
  })

  it('failed: a question that does not fit', async () => {
    const { trajectory } = await run(scripted(new ContextLengthError('too long')).policy)
    expect(trajectory).toMatchObject({ end: 'failed', turns: [], failure: { code: 'context-length' } })
  })

  it('failed: a policy that never comes back within the time of its profile', async () => {
    const { policy, close } = scripted(half, () => new Promise(() => {}))
    const { trajectory } = await run(policy, { ...roomy, wallClockMs: 30 })
    expect(trajectory).toMatchObject({ end: 'failed', failure: { code: 'wall-clock' } })
    expect(close).toHaveBeenCalledOnce()
  })
})

describe('stopping', () => {
  it('throws an AbortError within a turn, even when the policy does not listen', async () => {
    const controller = new AbortController()
    const { policy, close } = scripted(half, () => {
      setImmediate(() => controller.abort(new Error('enough')))
      return new Promise(() => {})
    })
    const attempt = run(policy, { ...roomy, wallClockMs: 60_000 }, { signal: controller.signal })
    await expect(attempt).rejects.toMatchObject({ name: 'AbortError', code: 'aborted' })
    expect(close).toHaveBeenCalledOnce()
  })

  it('tells the policy', async () => {
    const controller = new AbortController()
    let heard = false
    const { policy } = scripted(
      (_, signal) =>
        new Promise(() => {
          signal!.addEventListener('abort', () => (heard = true))
          controller.abort()
        }),
    )
    await expect(run(policy, roomy, { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' })
    expect(heard).toBe(true)
  })

  it('does not start when aborted before', async () => {
    const { policy, told } = scripted(answer)
    await expect(run(policy, roomy, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    expect(told).toEqual([])
  })

  it('closes the session when the reader leaves', async () => {
    const { policy, close } = scripted(half)
    for await (const event of search({ picture, problem }, policy, { profile: roomy, seed: 1 })) {
      if (event.kind === 'acted') break
    }
    expect(close).toHaveBeenCalledOnce()
  })

  it("throws the user's mistakes", async () => {
    const { policy, close } = scripted(new UserError('no-key', 'Set the key.'))
    await expect(run(policy)).rejects.toMatchObject({ code: 'no-key' })
    expect(close).toHaveBeenCalledOnce()
    await expect(run(scripted(answer).policy, roomy, { maxTurns: 0 })).rejects.toMatchObject({ code: 'bad-max-turns' })
  })
})
