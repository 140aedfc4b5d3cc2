import { describe, expect, test } from 'vitest'
import { decodeTokens, encodeText, special } from '../../model/tokenizer.ts'
import { teacherPolicy } from '../../policy/teacher/teacher.ts'
import { makeProblem } from '../../probe/problem.ts'
import { makeScene } from '../../probe/scene.ts'
import { scenePicture } from '../../probe/scene-picture.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { searchToEnd } from '../../search/search-many.ts'
import type { Policy } from '../../policy/policy.ts'
import { questionTokens, turnPrompt } from '../../policy/embedded/turn-prompt.ts'
import { random } from '../../shared/random.ts'
import { coldStartTurns, shiftNumbers, withEmptyList } from './cold-start-turns.ts'
import { batchIndices } from './sft.ts'

/** A hard search by the teacher, which overlooks things now and then and so scans quadrants, and the prompts that the small policy would have been given on its way. */
async function recorded(seed: number): Promise<{ trajectory: Trajectory; prompts: number[][] }> {
  const scene = makeScene(seed, 'hard')
  const inner = teacherPolicy({ sceneOf: () => scene, mistakeRate: 0.1 })
  const prompts: number[][] = []
  const policy: Policy = {
    name: 'recorder',
    open: (problem, options) => {
      const session = inner.open(problem, options)
      let question: number[] = []
      let last: number[] = []
      return {
        take: async (message, turn) => {
          if (message.kind === 'question') question = questionTokens(message)
          prompts.push(turnPrompt(question, last, message))
          const reply = await session.take(message, turn)
          last = encodeText(reply.text)
          return reply
        },
        close: () => session.close(),
      }
    },
  }
  const task = { picture: scenePicture(scene, 1024), problem: makeProblem(scene) }
  const { trajectory } = await searchToEnd(task, policy, { profile: profiles.embedded, seed, maxTurns: 32 })
  return { trajectory, prompts }
}

describe('cold-start turns', () => {
  test('a stored search is learned from under the very prompts that a session would see', async () => {
    const { trajectory, prompts } = await recorded(3)
    const turns = coldStartTurns(trajectory)
    expect(turns).toHaveLength(trajectory.turns.length)
    expect(turns.map(({ prompt }) => prompt)).toEqual(prompts)
    for (const [i, turn] of turns.entries()) {
      expect(decodeTokens(turn.reply)).toBe(trajectory.turns[i]!.text)
      expect(turn.reply.at(-1)).toBe(special.end)
    }
    expect(turns[0]!.boxPx).toEqual([0, 0, 1024, 1024])
    expect(turns[1]!.boxPx).toEqual(trajectory.observations[1]!.boxInOriginalPx)
    expect(coldStartTurns(trajectory, 2)).toHaveLength(2)
  })

  test('a turn that was written by hand is read, and not learned', async () => {
    const { trajectory, prompts } = await recorded(3)
    const turns = trajectory.turns.map((turn, i) => (i === 1 ? { ...turn, byHand: ['box'] as const } : turn))
    const learned = coldStartTurns({ ...trajectory, turns })
    expect(learned.map(({ prompt }) => prompt)).toEqual(prompts.filter((_, i) => i !== 1))
  })

  test('shifting numbers renames observations and nothing else', async () => {
    const { trajectory } = await recorded(3)
    const turn = coldStartTurns(trajectory).at(-1)!
    const moved = shiftNumbers(turn, random('test', 1))
    const number = (text: string): number[] => [...text.matchAll(/observation_(\d+)/g)].map((match) => Number(match[1]))
    const before = number(decodeTokens(turn.prompt))
    const after = number(decodeTokens(moved.prompt))
    const shift = after[0]! - before[0]!
    expect(after).toEqual(before.map((value) => value + shift))
    expect(Math.max(...after)).toBeLessThanOrEqual(64)
    const blank = (tokens: readonly number[]): string => decodeTokens(tokens).replace(/observation_\d+/g, 'observation')
    expect(blank(moved.prompt)).toBe(blank(turn.prompt))
    expect(blank(moved.reply)).toBe(blank(turn.reply))
  })

  test('with an empty list, a turn that drops a place goes on as the teacher does when nothing is left', async () => {
    const scanned: string[] = []
    for (let seed = 0; seed < 30; seed++) {
      for (const turn of coldStartTurns((await recorded(seed)).trajectory)) {
        const emptied = withEmptyList(turn)
        const text = decodeTokens(turn.reply)
        expect(emptied !== undefined, text).toBe(
          /(Not it|Nothing here|Nothing stands out)\. (To|Not)/.test(text) && !text.includes('scan'),
        )
        if (/Not it.*scan/.test(text)) scanned.push(text.replace(/.*Not it/, ''))
        if (!emptied) continue
        expect(decodeTokens(emptied.prompt)).toMatch(/To check: \S+ [a-h][1-8]\.<|To check: \S+ [ns][ew]\.</)
        expect(decodeTokens(emptied.prompt).replace(/ To check:.*\./, '')).toBe(
          decodeTokens(turn.prompt).replace(/ To check:.*\./, ''),
        )
        const after = decodeTokens(emptied.reply).replace(/.*(Not it|Nothing here|Nothing stands out)/, '')
        for (const written of scanned) expect(after).toBe(written)
      }
    }
    expect(scanned.length).toBeGreaterThan(0)
  })

  test('every turn comes once an epoch, in another order each time', () => {
    const settings = { batch: 4, seed: 1 }
    const indicesAt = batchIndices(12, settings)
    const epoch = (first: number): number[] => [0, 1, 2].flatMap((step) => indicesAt(first + step))
    expect([...epoch(1)].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i))
    expect(epoch(1)).toEqual(epoch(1))
    expect(epoch(4)).not.toEqual(epoch(1))
    expect([...epoch(4)].sort((a, b) => a - b)).toEqual([...epoch(1)].sort((a, b) => a - b))
  })

  test('a step is the same wherever a run goes on from, and may hold parts of several epochs', () => {
    const settings = { batch: 8, seed: 1 }
    const indicesAt = batchIndices(3, settings)
    const steps = [1, 2, 3].map((step) => indicesAt(step))
    expect(batchIndices(3, settings)(3)).toEqual(steps[2])
    const inOrder = steps.flat()
    for (let first = 0; first < inOrder.length; first += 3) {
      expect(inOrder.slice(first, first + 3).toSorted()).toEqual([0, 1, 2])
    }
  })
})
