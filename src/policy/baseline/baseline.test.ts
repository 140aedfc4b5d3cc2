/** The baselines in the real loop on a real scene: what they look at, when they answer, and what they hand through. */
import { expect, test } from 'vitest'
import { makeProblem } from '../../probe/problem.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { makeScene } from '../../probe/scene.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { searchToEnd } from '../../search/search-many.ts'
import type { Message, Policy, Reply } from '../policy.ts'
import { blindPolicy } from './blind.ts'
import { overviewPolicy } from './overview.ts'
import { randomCropsPolicy } from './random-crops.ts'
import { promptOf } from '../../engine/engine.ts'

const scene = makeScene(5, 'easy')
const side = 1024
const task = { problem: makeProblem(scene), picture: scenePicture(scene, side) }

async function trajectoryOf(policy: Policy, seed: number, maxTurns = 32): Promise<Trajectory> {
  return (await searchToEnd(task, policy, { profile: profiles.embedded, seed, maxTurns })).trajectory
}

const reply = (text: string): Reply => ({
  text,
  finish: 'stop',
  usage: { promptTokens: 3, imageTokens: 2, replyTokens: 1 },
  sample: { prompt: promptOf({ width: 1, height: 1, data: new Uint8Array(3) }, []), reply: [], logprobs: [] },
})

/** Asks for the same corner again and again, and answers when a view holds the middle of the target. */
function cornerPolicy(log: string[] = []): Policy {
  const target = scene.objects[scene.target]!
  const take = async (message: Message): Promise<Reply> => {
    log.push(message.kind)
    if (message.kind !== 'observation') {
      return reply('<grounding>{"bbox_2d": [0, 0, 0.1, 0.1], "source": "original_image"}</grounding>')
    }
    const [x0, y0, x1, y1] = message.view!.boxPx.map((edge) => edge / side) as [number, number, number, number]
    const holds = x0 < target.x && target.x < x1 && y0 < target.y && target.y < y1
    return reply(holds ? `<answer>${target.digit}</answer>` : '<grounding>oops</grounding>')
  }
  return {
    name: 'corner',
    open: () => ({ take, answerNow: async () => reply('<answer>now</answer>'), close: () => void log.push('closed') }),
    close: async () => void log.push('policy closed'),
  }
}

test('blind answers at once, as often with each answer, and the same for the same seed', async () => {
  const policy = blindPolicy(['0', '1', '2', '3'])
  const counts = new Map<string | null, number>()
  for (let seed = 0; seed < 200; seed++) {
    const { answer, end, turns } = await trajectoryOf(policy, seed)
    expect([end, turns.length]).toEqual(['answered', 1])
    counts.set(answer, (counts.get(answer) ?? 0) + 1)
  }
  expect([...counts.keys()].toSorted()).toEqual(['0', '1', '2', '3'])
  expect(Math.min(...counts.values())).toBeGreaterThan(30)
  expect((await trajectoryOf(policy, 9)).answer).toBe((await trajectoryOf(policy, 9)).answer)
})

test('of choices blind draws one: a letter where the question names letters, else its words', async () => {
  const answersTo = async (question: string): Promise<string[]> => {
    const problem = { ...task.problem, question, choices: ['red', 'blue'] }
    const found = Array.from({ length: 20 }, (_, seed) =>
      searchToEnd({ ...task, problem }, blindPolicy(['0']), { profile: profiles.embedded, seed, maxTurns: 1 }),
    )
    return [...new Set((await Promise.all(found)).map(({ trajectory }) => trajectory.answer!))].toSorted()
  }
  expect(await answersTo('Which?\n(A) red\n(B) blue')).toEqual(['A', 'B'])
  expect(await answersTo('Which?\nA. red\nB. blue\nThe letter, please.')).toEqual(['A', 'B'])
  expect(await answersTo('Which colour is the door?')).toEqual(['blue', 'red'])
})

test('overview makes the policy answer in its first turn, and says so when it cannot', async () => {
  const log: string[] = []
  const { answer, turns } = await trajectoryOf(overviewPolicy(cornerPolicy(log)), 1)
  expect([answer, turns.length, log]).toEqual(['now', 1, ['closed']])
  const mute: Policy = { name: 'mute', open: () => ({ take: async () => reply(''), close() {} }) }
  await expect(trajectoryOf(overviewPolicy(mute), 1)).rejects.toMatchObject({ code: 'policy-cannot-answer-now' })
})

test('random crops go anywhere at the sizes given, and the policy under them decides when to answer', async () => {
  const policy = randomCropsPolicy(cornerPolicy())
  const found = await Promise.all(Array.from({ length: 40 }, (_, seed) => trajectoryOf(policy, seed)))
  const boxes = found.flatMap(({ observations }) => observations.slice(1).map(({ boxPx }) => boxPx))
  const sides = boxes.map(([x0, , x1]) => (x1 - x0) / side)
  expect(Math.min(...sides)).toBeGreaterThan(1 / 16 - 0.003)
  expect(Math.max(...sides)).toBeLessThan(1 / 4 + 0.003)
  // Log-uniform: as many below the geometric mean as above it.
  expect(sides.filter((own) => own < 1 / 8).length / sides.length).toBeCloseTo(0.5, 1)
  const middles = boxes.map(([x0, , x1]) => (x0 + x1) / 2 / side)
  expect(middles.reduce((sum, x) => sum + x, 0) / middles.length).toBeCloseTo(0.5, 1)

  for (const { end, answer, turns } of found) {
    expect(['answered', 'over-turn']).toContain(end)
    if (end === 'answered') expect(answer).toBe(task.problem.answer)
    expect(turns.every(({ error, usage }) => error === undefined && usage.replyTokens === 1)).toBe(true)
  }
  const answered = found.filter(({ end }) => end === 'answered').length
  expect(answered).toBeGreaterThan(5)
  const answeredEarly = found.filter(({ end, turns }) => end === 'answered' && turns.length <= 6).length
  expect(answered).toBeGreaterThan(answeredEarly)
})

test('random crops are the same for the same seed, are not what was asked for, and carry no tokens', async () => {
  const policy = randomCropsPolicy(cornerPolicy(), [0.2, 0.2])
  const options = { profile: profiles.embedded, seed: 3, maxTurns: 4 }
  const first = await searchToEnd(task, policy, options)
  const second = await searchToEnd(task, policy, options)
  const places = ({ trajectory }: typeof first) => trajectory.observations.map(({ boxPx }) => boxPx)
  expect(places(first)).toEqual(places(second))
  expect(new Set(places(first).map(String)).size).toBe(4)
  const zooms = first.replies.filter(({ text }) => text.includes('<grounding>'))
  expect(zooms.every(({ sample }) => sample === undefined)).toBe(true)
})

test('a turn that asks for no zoom, or that came to nothing, is left as it is', async () => {
  const zoom = '<think>There.</think><grounding>{"bbox_2d": [0, 0, 1, 1], "source": "original_image"}</grounding>'
  const failure = { code: 'reply-cut', message: 'too long' }
  for (const said of [reply('I see nothing.'), { ...reply(zoom), failure }]) {
    const inner: Policy = { name: 'inner', open: () => ({ take: async () => said, close() {} }) }
    const { turns, end } = await trajectoryOf(randomCropsPolicy(inner), 1)
    expect([turns.map(({ text }) => text), end]).toEqual([[said.text], 'failure' in said ? 'failed' : 'void'])
  }
})

test('closing a baseline closes the policy under it', async () => {
  const log: string[] = []
  await overviewPolicy(cornerPolicy(log)).close?.()
  await randomCropsPolicy(cornerPolicy(log)).close?.()
  expect(log).toEqual(['policy closed', 'policy closed'])
})
