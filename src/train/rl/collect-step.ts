/**
 * The searches of one step of reinforcement learning: problems drawn and opened, searched in groups by one policy, round by round
 * until enough groups differ in reward. All of it follows from the seed, the step and what the curriculum remembers.
 */
import { judgeExact } from '../../judge/exact.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Policy } from '../../policy/policy.ts'
import { pictured, picturesOf } from '../../protocol/originals.ts'
import { levels } from '../../protocol/problem.ts'
import type { Level } from '../../protocol/problem.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import type { GroupScore } from '../../runs/training.ts'
import type { Task } from '../../search/search.ts'
import { recordOf } from '../../shared/fields.ts'
import { itemAt } from '../../shared/known.ts'
import { hashSeed } from '../../shared/random.ts'
import type { Picture } from '../../vision/picture.ts'
import type { Learner } from '../learner.ts'
import type { Objective } from './advantages.ts'
import { drawPlaces, type ProblemMemory } from './curriculum.ts'
import { sampleGroups, type Sampled } from './dynamic-sampling.ts'
import { keepRollouts } from './kept-rollouts.ts'
import { rolloutGroups, type Rollouts } from './rollout.ts'

export interface SearchSettings {
  readonly objective: Objective
  readonly steps: number
  readonly problemsPerStep: number
  /**
   * Batches of problems that a step may search until it has `problemsPerStep` groups whose searches differ in reward; a step
   * that lacks some then ends the run. 1: a step learns from what it has. It changes no step that does not reach it.
   */
  readonly maxSamplingRounds: number
  readonly groupSize: number
  readonly maxTurns: number
  /** Share of each level among the problems of a step. */
  readonly mix: Readonly<Record<Level, number>>
  readonly seed: number
}

export interface SearchStepOptions {
  /** Problems of a level, opened when they are drawn. */
  readonly problems: Readonly<Record<Level, readonly (() => Promise<Task>)[]>>
  /** What is trained. The limits of its profile end a search as too many turns do, and such searches are masked alike. */
  readonly learner: Learner
  /** Default: the exact one. */
  readonly judge?: Judge
  readonly settings: SearchSettings
  readonly run: RunFolder
  /** A step is stopped between two rounds. */
  readonly signal?: AbortSignal | undefined
  /** After a round, a step has only `found` groups with a learning signal, fewer than it needs. */
  onRound?(step: number, round: number, found: number): void
}

export interface CollectedStep {
  readonly sampled: Sampled
  /** Of each group that came to a result, in all rounds. */
  readonly solved: readonly GroupScore[]
  /** From opening the problems until the last search of the last round has its verdict. */
  readonly rolloutMs: number
  /** Part of it: opening problems and drawing views in this thread, mostly while others sample. */
  readonly drawMs: number
}

export interface StepToCollect {
  readonly step: number
  readonly policy: Policy
  readonly weightOf: ProblemMemory['weightOf'] | undefined
  /** Ends its searches; it then throws `AbortedError`. */
  readonly cut: AbortSignal
}

export async function collectStep(
  options: SearchStepOptions,
  { step, policy, weightOf, cut }: StepToCollect,
): Promise<CollectedStep> {
  const { settings, problems, learner, run, signal, judge = judgeExact } = options
  const { groupSize, maxTurns, objective, mix, problemsPerStep } = settings
  const sizes = recordOf(levels, (level) => problems[level].length)
  const startedMs = performance.now()
  let drawMs = 0
  const solved: GroupScore[] = []
  const draw = async (round: number): Promise<Rollouts> => {
    // The first round has the seeds of a step without others.
    const seeds = round === 1 ? [settings.seed, step] : [settings.seed, step, round]
    const openedMs = performance.now()
    const places = drawPlaces({ count: problemsPerStep, mix, sizes, weightOf }, seeds)
    const opened = await Promise.all(places.map(({ level, index }) => itemAt(problems[level], index)()))
    drawMs += performance.now() - openedMs
    const tasks = opened.map((task) => timed(task, (ms) => (drawMs += ms)))
    const asked = { groupSize, maxTurns, profile: learner.profile, objective, seed: hashSeed(...seeds), signal: cut }
    const rollouts = await rolloutGroups(tasks, policy, judge, asked)
    for (const [i, right] of rollouts.right.entries())
      if (right !== null) solved.push({ ...itemAt(places, i), right, searches: groupSize })
    // Before anything is learned from them: where learning refuses them, they show why.
    if (round === 1)
      await keepRollouts(run, rollouts.groups, { steps: settings.steps, step, lengthsOf: learner.lengthsOf })
    return rollouts
  }
  const sampled = await sampleGroups(draw, {
    wanted: problemsPerStep,
    maxRounds: settings.maxSamplingRounds,
    objective,
    partsOf: learner.partsOf,
    signal,
    onRound: (round, found) => options.onRound?.(step, round, found),
  })
  return { sampled, solved, rolloutMs: performance.now() - startedMs, drawMs }
}

/** The task with pictures that tell how long each of their views keeps this thread. */
function timed(task: Task, tell: (ms: number) => void): Task {
  const timedPicture = (picture: Picture): Picture => ({
    ...picture,
    region(...asked) {
      const startedMs = performance.now()
      const pixels = picture.region(...asked)
      tell(performance.now() - startedMs)
      return pixels
    },
  })
  return { problem: task.problem, ...pictured(picturesOf(task).map(timedPicture)) }
}
