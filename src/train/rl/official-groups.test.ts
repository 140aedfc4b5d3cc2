/** `official`: rewards, masks and what the actor learns from a group, as the released code has it (see `test/conformance/official/README.md`). */
import { expect, it } from 'vitest'
import {
  blankPicture,
  byteModel,
  officialRows,
  rowProfile,
  said,
  type Script,
  type SearchRow,
} from '../../../test/official-rows.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Policy } from '../../policy/policy.ts'
import { completed } from '../../protocol/trajectory.ts'
import { groupOf, policyData, rolloutGroups } from './rollout.ts'

interface GroupRow {
  readonly picture: SearchRow['picture']
  readonly maxTurns: number
  readonly searches: readonly { readonly replies: readonly Script[]; readonly judge: readonly string[] }[]
  readonly rewards: readonly number[]
  readonly masked: readonly boolean[]
  readonly used: boolean
  /** For each search: tokens with a gradient, and the coefficient of each. */
  readonly gradients: readonly (readonly [tokens: number, coefficient: number])[]
  /** The same where exceeded searches are not masked. */
  readonly unmasked: readonly (readonly [tokens: number, coefficient: number])[]
}

/** Searches are opened in their order; every reply carries the index of its search in place of log-probabilities. */
function scripted({ searches }: GroupRow): Policy {
  let opened = 0
  return {
    name: 'scripted',
    open: () => {
      const index = opened++
      const { replies } = searches[index]!
      return {
        async take(_, { turn }) {
          const { reply, tokens } = said(replies[Math.min(turn, replies.length) - 1]!, byteModel)
          const sample = { prompt: [], reply: tokens, logprobs: tokens.map(() => index) }
          return { ...reply, usage: { promptTokens: 1, imageTokens: 0, replyTokens: tokens.length }, sample }
        },
        close: () => {},
      }
    },
  }
}

const judge: Judge = async (_, answer) => {
  const kind = answer === 'unclear' ? 'unjudged' : answer === 'red' ? 'correct' : 'wrong'
  return { kind, reason: 'scripted' }
}

it.each(officialRows<GroupRow>('groups').map((row, at) => [at + 1, row] as const))('group %i', async (_, row) => {
  const profile = rowProfile(row)
  const problem = { docId: 'p', dataSource: 'test', question: 'Which colour?', answer: 'red' }
  const tasks = [{ picture: blankPicture(row.picture), problem }]
  const options = {
    groupSize: row.searches.length,
    maxTurns: row.maxTurns,
    profile,
    seed: 1,
    objective: 'official',
  } as const
  if (row.searches.some((search) => search.judge[0] === 'no idea')) {
    await expect(rolloutGroups(tasks, scripted(row), judge, options)).rejects.toThrow('not judged')
    expect(row.used).toBe(false)
    return
  }
  const { groups } = await rolloutGroups(tasks, scripted(row), judge, options)
  const { rollouts, zeroSpread } = groups[0]!
  expect(rollouts.map(({ reward }) => reward)).toEqual(row.rewards)
  expect(rollouts.map(({ trajectory }) => !completed(trajectory.end))).toEqual(row.masked)
  expect(!zeroSpread).toBe(row.used)
  for (const [objective, gradients] of [
    ['official', row.gradients],
    ['official-unmasked', row.unmasked],
  ] as const) {
    const data = policyData([groupOf(rollouts, objective)], objective)
    for (const [index, [tokens, coefficient]] of gradients.entries()) {
      const learned = data.filter(({ oldLogprobs }) => oldLogprobs![0] === index).flatMap((datum) => datum.advantages!)
      // A coefficient of 0 is the same as no gradient.
      expect(learned).toHaveLength(coefficient === 0 ? 0 : tokens)
      for (const found of learned) expect(found / coefficient).toBeCloseTo(1, 4)
    }
  }
})
