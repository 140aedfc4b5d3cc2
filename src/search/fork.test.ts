import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { embeddedPolicy } from '../policy/embedded/embedded-policy.ts'
import type { Message, Policy, Reply } from '../policy/policy.ts'
import { makeProblem } from '../probe/problem.ts'
import { scenePicture } from '../probe/scene-picture.ts'
import { makeScene } from '../probe/scene.ts'
import { relativeBox } from '../protocol/box.ts'
import { sourceOf } from '../protocol/originals.ts'
import { profiles } from '../protocol/profile.ts'
import { trajectorySchema } from '../protocol/trajectory.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { planFork, sourceNamed } from './fork.ts'
import type { ForkUnder, ForkWords } from './fork.ts'
import { searchToEnd } from './search-many.ts'

const scene = makeScene(3, 'medium')
const task = { problem: makeProblem(scene), picture: scenePicture(scene, 1024) }
const profile = profiles.embedded
const target = task.problem.targetBoxRel!

let embedded: Policy
let parent: Trajectory
beforeAll(async () => {
  embedded = await embeddedPolicy({ workers: 1, temperature: 0.3 })
  parent = await firstThat(
    async (seed) => (await searchToEnd(task, embedded, { profile, seed })).trajectory,
    ({ turns, answer }) => turns.length > 2 && answer !== null,
  )
})
afterAll(() => embedded.close?.())

/** With the first seed whose search fits: which one that is depends on the weights. */
async function firstThat(
  searchWith: (seed: number) => Promise<Trajectory>,
  fits: (search: Trajectory) => boolean,
): Promise<Trajectory> {
  for (let seed = 1; seed <= 40; seed++) {
    const search = await searchWith(seed)
    if (fits(search)) return search
  }
  throw new Error('None of 40 searches fits.')
}

const likeParent = (): ForkUnder => ({ policy: 'embedded', profile, seed: parent.seed, maxTurns: 32 })

async function fork(words: ForkWords, policy = embedded, change: Partial<ForkUnder> = {}): Promise<Trajectory> {
  const going = { ...likeParent(), ...change }
  const begun = planFork(parent, words, { ...going, policy: `${policy.name} again` })
  return (await searchToEnd(task, policy, { ...going, begun })).trajectory
}

/** Reads its script by the number of the turn, and keeps what it was told. */
function scripted(script: (turn: number) => string) {
  const told: (Message | string)[] = []
  const usage = { promptTokens: 5, imageTokens: 2, replyTokens: 3 }
  const policy: Policy = {
    name: 'scripted',
    open: () => ({
      take: async (message, { turn }): Promise<Reply> => {
        told.push(message)
        return { text: script(turn), finish: 'stop', usage }
      },
      adopt: async (message, { text }) => void told.push(message, text),
      close() {},
    }),
  }
  return { policy, told, usage }
}

const texts = ({ turns }: Trajectory): string[] => turns.map(({ text }) => text)

/** The sixteenths around the middle of the target. */
function aroundTarget() {
  const low = (at: 0 | 1): number =>
    Math.min(12, Math.max(0, Math.round(((target[at] + target[at + 2]!) / 2) * 16) - 2)) / 16
  return relativeBox(low(0), low(1), low(0) + 4 / 16, low(1) + 4 / 16)
}

describe('a fork of an embedded search', () => {
  test('without a change and with the same seed goes on as its parent did, from every turn', async () => {
    for (let turn = 1; turn <= parent.turns.length; turn++) {
      const again = await fork({ turn })
      expect(texts(again)).toEqual(texts(parent))
      expect(again).toMatchObject({ observations: parent.observations, end: parent.end, answer: parent.answer })
      expect(again.usage).toEqual(parent.usage)
      expect(again.parent).toEqual({ sampleIndex: 0, policy: 'embedded', turn, changed: ['policy'] })
      expect(trajectorySchema.parse(again)).toEqual(again)
    }
  })

  test('with another box sees what is there, and goes on from it', async () => {
    const boxRel = aroundTarget()
    const other = await firstThat(
      (seed) => fork({ turn: 1, look: { boxRel, source: 0 } }, embedded, { seed }),
      ({ answer }) => answer === task.problem.answer,
    )
    expect(other.turns[0]).toMatchObject({ action: { kind: 'grounding', boxRel }, byHand: ['box'], observation: 1 })
    expect(other.turns[0]!.thought).toBe(parent.turns[0]!.thought)
    expect(other.observations[1]!.boxInOriginalPx).toEqual(boxRel.map((edge) => edge * 1024))
    expect(other.turns[1]).not.toHaveProperty('byHand')
    expect(other.parent).toMatchObject({ turn: 1, changed: expect.arrayContaining(['box', 'policy']) })
  })

  test('looks at the smallest box in its own coordinates around the one that was drawn', async () => {
    const drawn = { boxRel: relativeBox(0.7, 0.45, 0.26, 0.31), source: 0 }
    const { turns } = await fork({ turn: 1, look: drawn })
    expect(turns[0]!.action).toMatchObject({ boxRel: [0.25, 0.25, 0.75, 0.5] })
  })

  test('goes on from a thought in its own words, and names the fix for any other', async () => {
    const thought = parent.turns[0]!.thought!
    const same = await fork({ turn: 1, thought })
    expect(texts(same).slice(0, 1)).toEqual(texts(parent).slice(0, 1))
    expect(same.turns[0]!.byHand).toEqual(['thought'])
    await expect(fork({ turn: 1, thought: 'It may be on the left.' })).rejects.toMatchObject({
      code: 'turn-not-readable',
      message: expect.stringContaining('Leave the thought as it is'),
    })
  })
})

describe('a fork', () => {
  const zoom = (box: string, source = 'original_image'): string =>
    `<think>Closer.</think><grounding>{"bbox_2d": [${box}], "source": "${source}"}</grounding>`

  test('tells a policy the same messages and replies as the search before, then takes its turns', async () => {
    const first = scripted(
      (turn) =>
        [zoom('0, 0, 0.5, 0.5'), zoom('9, 9, 9, 9'), zoom('0, 0, 1, 1', 'observation_1')][turn - 1] ??
        '<answer>3</answer>',
    )
    const origin = (await searchToEnd(task, first.policy, { profile: profiles.default })).trajectory
    expect(origin.turns).toHaveLength(4)
    const next = scripted(() => '<answer>4</answer>')
    const words = { turn: 3, look: { boxRel: relativeBox(0.5, 0.5, 1, 1), source: 1 } }
    const plan = { policy: 'next', profile: profiles.default, seed: 0, maxTurns: 8, named: { run: 'eval' } }
    const begun = planFork(origin, words, plan)
    const { trajectory, replies } = await searchToEnd(task, next.policy, {
      profile: profiles.default,
      maxTurns: 8,
      begun,
    })
    const messages = next.told.filter((one) => typeof one !== 'string')
    const said = (all: readonly Message[]) => all.map(({ kind, text }) => [kind, text])
    expect(said(messages.slice(0, 3))).toEqual(said(first.told.slice(0, 3).filter((one) => typeof one !== 'string')))
    expect(next.told.filter((one) => typeof one === 'string')).toEqual([
      ...texts(origin).slice(0, 2),
      zoom('0.5, 0.5, 1, 1', 'observation_1'),
    ])
    expect(messages[3]).toMatchObject({ kind: 'observation', index: 2 })
    expect(trajectory).toMatchObject({
      answer: '4',
      observations: [...origin.observations.slice(0, 2), { parent: 1, boxInOriginalPx: [256, 256, 511, 511] }],
      usage: { promptTokens: 20, replyTokens: 12 },
      parent: { run: 'eval', sampleIndex: 0, policy: 'scripted', turn: 3, changed: ['box', 'policy'] },
    })
    expect(replies).toHaveLength(4)
  })

  test('carries out an invalid box as the environment does: the policy reads the error', async () => {
    const next = scripted(() => '<answer>4</answer>')
    const belowOnePixel = { boxRel: relativeBox(0.5, 0.5, 0.5001, 0.75), source: 0 }
    const empty = await fork({ turn: 1, look: belowOnePixel }, next.policy, { profile: profiles.default })
    expect(empty.turns[0]).toMatchObject({ error: { code: 'empty-width' }, byHand: ['box'] })
    expect(next.told[2]).toMatchObject({ kind: 'error', text: expect.stringContaining('covers no width') })
  })

  test.each(['default', 'tools', 'official', 'qwen3.5'] as const)(
    'goes on under the profile %s, with the same looks in its form and its views',
    async (name) => {
      const other = profiles[name]
      const next = scripted(() => '<think>So.</think><answer>4</answer>')
      // Qwen's tool looks into originals alone.
      const turn = name === 'qwen3.5' ? 3 : parent.turns.length
      const begun = planFork(parent, { turn }, { policy: 'next', profile: other, seed: parent.seed, maxTurns: 12 })
      const { trajectory } = await searchToEnd(task, next.policy, {
        profile: other,
        seed: parent.seed,
        maxTurns: 12,
        begun,
      })
      expect(trajectory).toMatchObject({ answer: '4', parent: { turn, changed: ['policy', 'profile'] } })
      const places = ({ observations }: Trajectory) => observations.map(({ boxInOriginalPx }) => boxInOriginalPx)
      for (const [i, place] of places(trajectory).entries()) {
        for (const [at, edge] of place.entries())
          expect(Math.abs(edge - places(parent)[i]![at]!)).toBeLessThanOrEqual(2)
      }
      expect(trajectory.observations[0]!.view.width).toBeGreaterThan(64)
    },
  )

  test('stops where an unchanged turn leads elsewhere than in its parent', async () => {
    const { observations } = parent
    const moved = observations.map((one) => (one.index === 1 ? { ...one, view: { width: 8, height: 8 } } : one))
    const begun = { ...planFork(parent, { turn: 3 }, { ...likeParent(), policy: 'x' }), observations: moved }
    await expect(searchToEnd(task, embedded, { profile, seed: parent.seed, begun })).rejects.toMatchObject({
      code: 'fork-differs',
    })
  })

  test('is refused for a policy that only goes on from its own turns, and closes its session', async () => {
    let closed = 0
    const own: Policy = {
      name: 'own',
      open: () => ({
        take: async () => ({ text: '', finish: 'stop', usage: parent.usage }),
        close: () => void closed++,
      }),
    }
    await expect(fork({ turn: 2 }, own)).rejects.toMatchObject({ code: 'policy-cannot-go-on' })
    expect(closed).toBe(1)
    expect((await fork({ turn: 1 }, own)).end).toBe('void')
  })

  test.each<[string, ForkWords, Partial<ForkUnder>, string]>([
    ['a turn before the first', { turn: 0 }, {}, 'no-such-turn'],
    ['a turn after the last', { turn: 99 }, {}, 'no-such-turn'],
    ['no change', { turn: 2 }, {}, 'fork-unchanged'],
    ['a source that comes later', { turn: 1, look: { boxRel: aroundTarget(), source: 1 } }, {}, 'no-such-source'],
    [
      'a box without an inside',
      { turn: 1, look: { boxRel: relativeBox(0.5, 0.5, 0.5, 0.75), source: 0 } },
      {},
      'fork-box-empty',
    ],
    ['a limit without a turn left', { turn: 2, thought: 'x' }, { maxTurns: 2 }, 'fork-over-limit'],
  ])('is refused for %s', (_, words, change, code) => {
    expect(() => planFork(parent, words, { ...likeParent(), ...change })).toThrow(expect.objectContaining({ code }))
  })

  test('names its source as the policy does', () => {
    expect(sourceNamed('observation_1', parent, 2)).toBe(1)
    expect(() => sourceNamed('observation_1', parent, 1)).toThrow(/Name one of original_image\./)
    expect(sourceOf(parent, 1)).toBe(0)
    expect(sourceOf(parent, parent.turns.length)).toBe(0)
  })
})
