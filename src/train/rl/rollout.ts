/**
 * Rollouts for GRPO: groups of searches for the same problem by the policy that is being trained, each judged (reward 1 or 0, as in
 * the paper: the answer alone, no reward for form or for zooming), with the tokens to learn from. A search is sampled turn by turn,
 * and only tokens that the policy wrote are trained; observations are context. A group in which a search failed or was not judged is
 * left out as a whole, since its mean would say nothing about the policy.
 */
import type { Datum } from '../../engine/engine.ts'
import { judgeTrajectory } from '../../judge/judge.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Policy, TokenSample } from '../../policy/policy.ts'
import { dialectOf } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { reasonText } from '../../protocol/reason.ts'
import { countReasons } from '../../protocol/reason-count.ts'
import { answeredPlainly, completed, type Trajectory } from '../../protocol/trajectory.ts'
import { MiniO3Error } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import { sum } from '../../shared/numbers.ts'
import { StoppedEarlyError, watchFailures } from '../../search/failing-alike.ts'
import type { Task } from '../../search/search.ts'
import { searchGroup, type SearchResult } from '../../search/search-many.ts'
import { advantages, type GroupAdvantages, isReleased, type Objective, tokenCoefficients } from './advantages.ts'

export interface Rollout {
  readonly trajectory: Trajectory
  /** One a turn. */
  readonly samples: readonly TokenSample[]
  /** 1 for a right answer, else 0. */
  readonly reward: number
  /**
   * The policy ended its last turn with an end mark. False where a token limit cut it off, and where it ended at the tag at
   * which turns halt, as every turn does that asks for one view too many.
   */
  readonly closed: boolean
}

/** The searches of one problem, with an advantage for each of them. */
export interface RolloutGroup extends GroupAdvantages {
  readonly rollouts: readonly Rollout[]
}

export interface Rollouts {
  readonly groups: readonly RolloutGroup[]
  /** For each task, in order, how many of its searches were right; null: its group is left out. */
  readonly right: readonly (number | null)[]
  /** Of each group that is left out, why. */
  readonly lost: readonly string[]
}

/**
 * `groupSize` searches for each task, all at once, so that the sampler can batch them. A search that failed, or that nobody
 * judged, says nothing about the policy: its whole group is left out, since its rewards have no mean. Throws `MiniO3Error`
 * when more than half of the groups are lost, and as soon as searches fail alike one after the other.
 */
export async function rolloutGroups(
  tasks: readonly Task[],
  policy: Policy,
  judge: Judge,
  options: {
    readonly groupSize: number
    readonly maxTurns: number
    readonly profile: Profile
    readonly seed: number
    readonly objective: Objective
    /** Cuts the searches off. */
    readonly signal?: AbortSignal | undefined
  },
): Promise<Rollouts> {
  const { groupSize, objective, ...search } = options
  const watch = watchFailures({ owed: tasks.length * groupSize, served: true, serverOnly: true, stop: options.signal })
  const finish = async (trajectory: Trajectory): Promise<Trajectory> => {
    watch.see(trajectory)
    return trajectory
  }
  const outcomes = await Promise.all(
    tasks.map(async (task) => {
      const group = await searchGroup(task, policy, { ...search, signal: watch.signal, samples: groupSize, finish })
      const failed = group.find(({ trajectory }) => trajectory.end === 'failed')?.trajectory
      if (failed) return `a search for "${task.problem.docId}" failed: ${failed.failure?.message ?? 'no reason given'}`
      const rollouts = await Promise.all(group.map((result) => rolloutOf(result, policy, judge, options.profile)))
      const unjudged = rollouts.flatMap(({ trajectory: { verdict } }) => (verdict?.kind === 'unjudged' ? verdict : []))
      return unjudged[0]
        ? `an answer to "${task.problem.docId}" was not judged: ${unjudged[0].reason}`
        : groupOf(rollouts, objective)
    }),
  ).catch((error: unknown) => {
    throw failingAlike(watch.instead(error))
  })
  const lost = outcomes.filter((each) => typeof each === 'string')
  if (lost.length * 2 > tasks.length) {
    throw new MiniO3Error(
      'search-failed',
      `${lost.length} of ${tasks.length} groups of searches were lost: ${lossText(lost)}` +
        '\nRepeat the command to resume from the last checkpoint.',
    )
  }
  return {
    groups: outcomes.filter((each) => typeof each !== 'string'),
    right: outcomes.map((each) => (typeof each === 'string' ? null : sum(each.rollouts.map(({ reward }) => reward)))),
    lost,
  }
}

function failingAlike(error: unknown): unknown {
  if (!(error instanceof StoppedEarlyError)) return error
  const message = `${error.message} ${reasonText(error.reason)}\nRepeat the command to resume from the last checkpoint.`
  return new MiniO3Error('search-failed', message, { cause: error })
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

async function rolloutOf(
  { trajectory, replies }: SearchResult,
  policy: Policy,
  judge: Judge,
  profile: Profile,
): Promise<Rollout> {
  const judged = await judgeTrajectory(trajectory, judge, undefined)
  const samples = replies.map(({ sample }) => {
    if (!sample) throw new Error(`the policy ${policy.name} does not report its tokens and cannot be trained`)
    return sample
  })
  // The form is to be learnt with the rest: a right answer that is not marked earns nothing.
  const reward = judged.verdict?.kind === 'correct' && !answeredPlainly(judged) ? 1 : 0
  return { trajectory: judged, samples, reward, closed: isClosed(judged, profile) }
}

function isClosed({ turns, end }: Trajectory, profile: Profile): boolean {
  const last = turns.at(-1)
  const halted = dialectOf(profile).stop.some((tag) => last?.text.endsWith(tag))
  return completed(end) && last?.finish !== 'length' && !halted
}

/** Searches of one problem as a group. */
export function groupOf(rollouts: readonly Rollout[], objective: Objective): RolloutGroup {
  const rewards = rollouts.map(({ reward }) => reward)
  const done = rollouts.map(({ trajectory }) => completed(trajectory.end))
  return { rollouts, ...advantages(rewards, done, { mode: objective }) }
}

/** The turns of one optimiser step, with per-token advantages that carry every normalisation; masked ones left out. */
export function policyData(groups: readonly RolloutGroup[], objective: Objective): Datum[] {
  const counts = groups.map(({ rollouts }) =>
    rollouts.map((rollout) => learnedFrom(rollout, objective).reduce((sum, { reply }) => sum + reply.length, 0)),
  )
  const coefficients = tokenCoefficients(groups, counts)
  return groups.flatMap(({ rollouts }, g) =>
    rollouts.flatMap((rollout, i) => {
      const coefficient = itemAt(itemAt(coefficients, g), i)
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
 * The turns with a gradient. The attention mask of the released code ends at the last end mark, those of messages to the policy
 * included: the tokens of a last turn that has none are not learned from, and do not count.
 */
function learnedFrom({ samples, closed }: Rollout, objective: Objective): readonly TokenSample[] {
  return isReleased(objective) && !closed ? samples.slice(0, -1) : samples
}
