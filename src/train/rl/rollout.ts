/** Groups of searches by the policy that is being trained, judged, with the tokens to learn from. */
import type { Datum } from '../../engine/engine.ts'
import { judgeTrajectory } from '../../judge/judge.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Policy, TokenSample } from '../../policy/policy.ts'
import type { Profile } from '../../protocol/profile.ts'
import { countReasons } from '../../protocol/reason.ts'
import { completed, type Trajectory } from '../../protocol/trajectory.ts'
import { MiniO3Error } from '../../shared/errors.ts'
import type { Task } from '../../search/search.ts'
import { searchGroup, type SearchResult } from '../../search/search-many.ts'
import { advantages, type GroupAdvantages, type Objective, tokenCoefficients } from './advantages.ts'

export interface Rollout {
  readonly trajectory: Trajectory
  /** One a turn. */
  readonly samples: readonly TokenSample[]
  /** 1 for a right answer, else 0. */
  readonly reward: number
}

export interface Rollouts {
  readonly groups: readonly (readonly Rollout[])[]
  /** Of each group that is left out, why. */
  readonly lost: readonly string[]
}

/**
 * `groupSize` searches for each task, all at once, so that the sampler can batch them. A search that failed, or that nobody
 * judged, says nothing about the policy: its whole group is left out, since its rewards have no mean. Throws `MiniO3Error`
 * when more than half of the groups are lost.
 */
export async function rolloutGroups(
  tasks: readonly Task[],
  policy: Policy,
  judge: Judge,
  options: { readonly groupSize: number; readonly maxTurns: number; readonly profile: Profile; readonly seed: number },
): Promise<Rollouts> {
  const { groupSize, ...search } = options
  const told = await Promise.all(
    tasks.map(async (task) => {
      const group = await searchGroup(task, policy, { ...search, samples: groupSize })
      const failed = group.find(({ trajectory }) => trajectory.end === 'failed')?.trajectory
      if (failed) return `a search for ${task.problem.docId} failed: ${failed.failure?.message ?? 'no reason given'}`
      const rollouts = await Promise.all(group.map((result) => rolloutOf(result, policy, judge)))
      const unjudged = rollouts.flatMap(({ trajectory: { verdict } }) => (verdict?.kind === 'unjudged' ? verdict : []))
      return unjudged[0] ? `an answer to ${task.problem.docId} was not judged: ${unjudged[0].reason}` : rollouts
    }),
  )
  const lost = told.filter((each) => typeof each === 'string')
  if (lost.length * 2 > tasks.length) {
    throw new MiniO3Error(
      'search-failed',
      `Of ${tasks.length} groups of searches ${lost.length} came to nothing: ${lossText(lost)}` +
        '\nRepeat the command to go on from the last checkpoint.',
    )
  }
  return { groups: told.filter((each) => typeof each !== 'string'), lost }
}

const mostLosses = 3

/** The commonest reasons with their counts. */
function lossText(lost: readonly string[]): string {
  const reasons = countReasons(lost.map((message) => ({ kind: 'failed', code: 'group-lost', message })))
  return reasons
    .slice(0, mostLosses)
    .map(({ count, message }) => `${count} x ${message}`)
    .join('; ')
}

async function rolloutOf({ trajectory, replies }: SearchResult, policy: Policy, judge: Judge): Promise<Rollout> {
  const judged = await judgeTrajectory(trajectory, judge)
  const samples = replies.map(({ sample }) => {
    if (!sample) throw new Error(`the policy ${policy.name} does not tell its tokens and cannot be trained`)
    return sample
  })
  return { trajectory: judged, samples, reward: judged.verdict?.kind === 'correct' ? 1 : 0 }
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
export function policyData(
  groups: readonly (readonly Rollout[])[],
  groupwise: readonly GroupAdvantages[],
  objective: Objective,
): Datum[] {
  const counts = groups.map((group) =>
    group.map((rollout) => learnedFrom(rollout, objective).reduce((sum, { reply }) => sum + reply.length, 0)),
  )
  const coefficients = tokenCoefficients(groupwise, counts)
  return groups.flatMap((group, g) =>
    group.flatMap((rollout, i) => {
      const coefficient = coefficients[g]![i]!
      if (coefficient === 0) return []
      // A turn of no token at all teaches nothing.
      const spoken = learnedFrom(rollout, objective).filter(({ reply }) => reply.length > 0)
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

/**
 * The turns with a gradient. The released mask ends with the last end mark, which a turn that was cut off at its token limit lacks:
 * `official` learns nothing from such a last turn, and its tokens do not count.
 */
function learnedFrom({ trajectory, samples }: Rollout, objective: Objective): readonly TokenSample[] {
  const isCut = trajectory.end === 'void' && trajectory.turns.at(-1)?.finish === 'length'
  return objective === 'official' && isCut ? samples.slice(0, -1) : samples
}
