/** Groups of searches by the policy that is being trained, judged, with the tokens to learn from. */
import type { Datum } from '../../engine/engine.ts'
import { judgeTrajectory } from '../../judge/judge.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Policy, TokenSample } from '../../policy/policy.ts'
import type { Profile } from '../../protocol/profile.ts'
import { completed, type Trajectory } from '../../protocol/trajectory.ts'
import { MiniO3Error } from '../../shared/errors.ts'
import type { Task } from '../../search/search.ts'
import { searchGroup } from '../../search/search-many.ts'
import { advantages, type GroupAdvantages, type Objective, tokenCoefficients } from './advantages.ts'

export interface Rollout {
  readonly trajectory: Trajectory
  /** One a turn. */
  readonly samples: readonly TokenSample[]
  /** 1 for a right answer, else 0. */
  readonly reward: number
}

/**
 * `groupSize` searches for each task, all at once, so that the sampler can batch them. Throws `MiniO3Error` when one of
 * them failed: that says nothing about the policy, so it is never scored.
 */
export async function rolloutGroups(
  tasks: readonly Task[],
  policy: Policy,
  judge: Judge,
  options: { readonly groupSize: number; readonly maxTurns: number; readonly profile: Profile; readonly seed: number },
): Promise<Rollout[][]> {
  const { groupSize, ...search } = options
  return Promise.all(
    tasks.map(async (task) => {
      const group = await searchGroup(task, policy, { ...search, samples: groupSize })
      const failed = group.find(({ trajectory }) => trajectory.end === 'failed')?.trajectory
      if (failed) {
        throw new MiniO3Error(
          'search-failed',
          `A search for ${task.problem.docId} failed: ${failed.failure?.message ?? 'no reason given'}. ` +
            'Repeat the command to go on from the last checkpoint.',
        )
      }
      return Promise.all(
        group.map(async ({ trajectory, replies }) => {
          const judged = await judgeTrajectory(trajectory, judge)
          const samples = replies.map(({ sample }) => {
            if (!sample) throw new Error(`the policy ${policy.name} does not tell its tokens and cannot be trained`)
            return sample
          })
          return { trajectory: judged, samples, reward: judged.verdict?.kind === 'correct' ? 1 : 0 }
        }),
      )
    }),
  )
}

/** The advantages of each group. A search that ran into a limit is not completed, and has reward 0. */
export function groupAdvantages(groups: readonly (readonly Rollout[])[], mode: Objective): GroupAdvantages[] {
  return groups.map((group) =>
    advantages(
      group.map(({ reward }) => reward),
      group.map(({ trajectory }) => completed(trajectory.end)),
      { mode },
    ),
  )
}

/** The turns of one optimiser step, with per-token advantages that carry every normalisation; masked ones left out. */
export function policyData(groups: readonly (readonly Rollout[])[], groupwise: readonly GroupAdvantages[]): Datum[] {
  const counts = groups.map((group) =>
    group.map(({ samples }) => samples.reduce((sum, { reply }) => sum + reply.length, 0)),
  )
  const coefficients = tokenCoefficients(groupwise, counts)
  return groups.flatMap((group, g) =>
    group.flatMap(({ samples }, i) => {
      const coefficient = coefficients[g]![i]!
      if (coefficient === 0) return []
      // A turn of no token at all teaches nothing.
      const spoken = samples.filter(({ reply }) => reply.length > 0)
      return spoken.map(({ prompt, reply, logprobs, formed }) => ({
        prompt,
        reply,
        formed,
        advantages: reply.map(() => coefficient),
        oldLogprobs: logprobs,
      }))
    }),
  )
}
