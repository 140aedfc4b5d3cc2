/** `mini-o3 rl`: stage 2, GRPO with over-turn masking, from a cold-start checkpoint. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { BenchmarkEntry } from '../../benchmark/entry.ts'
import { lossClips, policyLosses, type PolicyLoss, type TokenUsage } from '../../engine/engine.ts'
import { engineNamed } from '../../engine/open-engine.ts'
import { weightsHash } from '../../engine/weights-hash.ts'
import { coldStartCheckpoint } from '../../policy/embedded/embedded-policy.ts'
import { checkQuestion } from '../../policy/embedded/sampler-policy.ts'
import { parseGoal } from '../../probe/problem.ts'
import { levels } from '../../protocol/problem.ts'
import { countReasons } from '../../protocol/reason-count.ts'
import type { Reason } from '../../protocol/reason.ts'
import type { Level, Problem } from '../../protocol/problem.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { openProblem } from '../../search/owed-samples.ts'
import type { Task } from '../../search/search.ts'
import { sha256 } from '../../shared/canonical.ts'
import { AbortedError, UserError } from '../../shared/errors.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Progress } from '../../shared/progress.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { isReleased, objectives } from '../../train/rl/advantages.ts'
import { curricula } from '../../train/rl/curriculum.ts'
import { releasedSamplingRounds } from '../../train/rl/dynamic-sampling.ts'
import { embeddedLearner, vlmLearner } from '../../train/learner.ts'
import { planRl } from '../../train/plan.ts'
import { planVlmRl } from '../../train/vlm/plan-vlm.ts'
import { whatBroke } from '../../runs/training-health.ts'
import { checkAhead, defaultRlSettings, runRl, whyUnlearned } from '../../train/rl/run-rl.ts'
import { policyFile, readSteps } from '../../runs/training.ts'
import type { RlMetrics, RunRlSettings } from '../../train/rl/run-rl.ts'
import { plainTable } from '../../evaluate/document/table.ts'
import { changeTable } from '../../evaluate/figures/learning.ts'
import { reasonLines, reasonTeller } from '../incomplete.ts'
import { inCommandRun } from '../command-run.ts'
import { engineOptions, openEngine, printPlan, useOf } from '../options/engine.ts'
import { judgeOptions } from '../options/judge.ts'
import { costNotes } from '../options/token-price.ts'
import { withJudge } from '../../judge/open-judge.ts'
import type { OpenedJudge } from '../../judge/open-judge.ts'
import { columns, print, printJson, say } from '../print/output.ts'
import { rlNotes, smoothedSteps } from './rl-notes.ts'
import { readEntries } from '../search-run.ts'
import { budgetOf, budgetOptions, sayTradeOff } from '../options/view-budget.ts'
import { hasModelFiles, openVlm, vlmOptions } from '../options/vlm.ts'
import type { VlmOptions } from '../options/vlm.ts'
import { addCommand } from '../options/command.ts'
import { maxPixelsOption } from '../options/profile.ts'
import { decimal, inGroup, oneOf, only, required, restrict, text, valuesOf, whole } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { dataOption, learningRates, runOptions, seedOption } from '../options/shared.ts'
import { recordOf } from '../../shared/fields.ts'

const own = defaultRlSettings
const count = { min: 1, max: 10_000_000 }
const share = { min: 0, max: 1 }

/** The range of each loss where none is given. */
function clipText(side: 'clipLow' | 'clipHigh'): string {
  return policyLosses.map((name) => `${name}: ${lossClips[name][side]}`).join(', ')
}

/** Options that config.json stores unchanged. */
const settingOptions = inGroup('Training', {
  objective: oneOf(
    '<name>',
    'paper, or official (the released code), with over-turn masking; vanilla, or official-unmasked, the same without it',
    objectives,
    { fallback: own.objective },
  ),
  steps: whole('number of training steps, each with a new batch of searches', { ...count, fallback: own.steps }),
  problemsPerStep: whole('problems per step', { ...count, fallback: own.problemsPerStep }),
  groupSize: whole('searches per problem', { min: 2, max: 1024, fallback: own.groupSize }),
  updates: whole('optimiser steps per batch', { ...count, fallback: own.updates }),
  maxTurns: whole('turn limit during training', { min: 1, max: 1000, fallback: own.maxTurns }),
  learningRate: decimal('<r>', 'learning rate after the warm-up', { ...learningRates, fallback: own.learningRate }),
  warmupSteps: whole('optimiser steps of learning-rate warm-up', { min: 0, fallback: own.warmupSteps }),
  loss: oneOf('<name>', 'policy loss; those other than ppo need a server that offers them', policyLosses, {
    fallback: own.loss,
  }),
  oldLogprobs: oneOf(
    '<source>',
    'source of the old log-probabilities: as sampled, or computed by the trainer before the first update',
    ['sampler', 'trainer'],
    { fallback: own.oldLogprobs },
  ),
  saveEvery: whole('steps between checkpoints', { ...count, fallback: own.saveEvery }),
  ...seedOption(own.seed),
})

/** Of ratios, or of probabilities where the loss is dppo. */
const clipOptions = inGroup('Training', {
  clipLow: decimal('<c>', 'lower clip: how far probabilities may fall below the old ones', {
    ...share,
    fallbackText: clipText('clipLow'),
  }),
  clipHigh: decimal('<c>', 'upper clip: how far probabilities may rise above the old ones', {
    min: 0,
    max: 10,
    fallbackText: clipText('clipHigh'),
  }),
})

const mixOptions = inGroup('Problems', {
  easy: decimal('<share>', 'share of easy problems', { ...share, fallback: own.mix.easy }),
  medium: decimal('<share>', 'share of medium problems', { ...share, fallback: own.mix.medium }),
  hard: decimal('<share>', 'share of hard problems', { ...share, fallback: own.mix.hard }),
})

const drawOptions = inGroup('Problems', {
  curriculum: oneOf(
    '<how>',
    'even draws all problems of a level equally often; spread draws those less often whose latest searches were all right or all wrong',
    curricula,
    { fallback: own.curriculum },
  ),
})

const rlOptions = {
  ...inGroup('Problems', {
    data: required(
      dataOption('a folder with train.json, a file of Mini-o3 rows, or a table of your own with its pictures').data,
    ),
  }),
  ...mixOptions,
  ...drawOptions,
  ...inGroup('Training', {
    from: text('<checkpoint>', 'weights to start from', { fallbackText: 'the shipped cold start' }),
  }),
  ...settingOptions,
  ...clipOptions,
  ...inGroup('Training', {
    maxSamplingRounds: whole(
      'largest number of sampling rounds per step, to replace groups whose searches all have the same reward; 1 replaces none',
      { ...count, fallbackText: `${releasedSamplingRounds} for the official objectives on a server, otherwise 1` },
    ),
  }),
  ...engineOptions,
  ...restrict(
    inGroup('Training', {
      staleness: whole(
        'how many steps the sampling weights may lag behind the trained ones; with 1, the next step is sampled while this one trains',
        { min: 0, max: 1, fallback: own.staleness },
      ),
    }),
    only(
      ({ engine }: Pick<Values<typeof engineOptions>, 'engine'>) => engineNamed({ engine }).isRemote,
      'for a server, which samples while it trains: add --engine tinker:<url>',
    ),
  ),
  ...vlmOptions,
  ...restrict(
    budgetOptions,
    only((values: VlmOptions) => !hasModelFiles(values), 'for the embedded policy; for other models use --max-pixels'),
  ),
  ...restrict(
    {
      ...inGroup('Search', {
        maxTokens: whole('with --model-files: token limit of a turn', { ...count, fallback: 2_000 }),
      }),
      ...maxPixelsOption,
    },
    only(hasModelFiles, 'for a model on a server: add --model-files <place>; the embedded policy has --view-side'),
  ),
  ...judgeOptions(),
  ...runOptions,
}

type RlOptions = Values<typeof rlOptions>

export function addRl(program: Command): void {
  addCommand(program, {
    name: 'rl',
    summary: 'train a policy by reinforcement learning (stage 2)',
    description:
      'GRPO with over-turn masking: a search that reaches the turn limit is not penalised. Repeat the command to resume.',
    options: rlOptions,
    examples: [
      'mini-o3 probe build --out data/rl --train 3000 --seed 2 --no-pictures',
      'mini-o3 rl --data data/rl --run runs/rl',
      'mini-o3 rl --data data/rl --engine tinker:http://127.0.0.1:8000 --run runs/cluster',
      'mini-o3 rl --data data/worlds --config qwen2.5-vl-7b --engine tinker:http://127.0.0.1:8000 --plan',
      'mini-o3 rl --data data/rl --objective vanilla --run runs/vanilla',
      'mini-o3 rl --data data/rl --view-side 32 --context-limit 400 --max-turns 32 --run runs/small-views',
    ],
    run: rlCommand,
  })
}

async function rlCommand(options: RlOptions): Promise<void> {
  const asked = valuesOf(mixOptions, options)
  const named = engineNamed(options)
  const from = options.from ?? (named.isRemote ? undefined : coldStartCheckpoint)
  if (Object.values(asked).every((share) => share === 0))
    throw new UserError('mix-empty', 'Give at least one of --easy, --medium, --hard a share.')
  const sum = options.easy + options.medium + options.hard
  // Tolerates rounding, as in three thirds.
  if (sum > 1 + 1e-6) {
    throw new UserError(
      'mix-above-one',
      `--easy ${options.easy}, --medium ${options.medium} and --hard ${options.hard} add up to ${Number(sum.toFixed(4))}, but ` +
        'shares of the problems can add up to at most 1. Give all three, such as --easy 1 --medium 0 --hard 0.',
    )
  }
  const vlm = await openVlm(options)
  const budget = budgetOf(options)
  // Refuses an impossible budget before anything is read.
  const learner = vlm ? vlmLearner(vlm.model, vlm.profile, options.maxTokens) : embeddedLearner(budget)
  const entries = await readEntries(options, 'train')
  const problems = byLevel(entries, vlm?.profile ?? profiles.embedded)
  // Third-party sets may lack levels.
  const mix = vlm ? presentLevels(asked, problems) : asked
  const { seed, steps, maxTokens } = options
  const settings: RunRlSettings = {
    ...valuesOf(settingOptions, options),
    ...lossClips[options.loss],
    ...valuesOf(clipOptions, options),
    maxSamplingRounds: samplingRounds(options),
    mix,
    curriculum: options.curriculum,
    staleness: options.staleness,
  }
  check(entries, settings, { anyQuestion: vlm !== undefined, isRemote: named.isRemote })
  const loss: PolicyLoss = { kind: settings.loss, clipLow: settings.clipLow, clipHigh: settings.clipHigh }
  named.refuseLoss(loss)
  checkAhead(settings)
  if (options.plan) {
    const plan = vlm ? planVlmRl(settings, vlm.model, vlm.profile, maxTokens) : planRl(settings)
    return printPlan(plan, options)
  }
  const data = { data: resolve(options.data), problems: sha256(JSON.stringify(entries.map(({ problem }) => problem))) }
  const { workers } = options
  const policySettings = vlm ? { ...vlm.settings, maxTokens } : budget
  const config = {
    ...data,
    from: await weightsHash(from),
    ...comparedOf(settings),
    ...policySettings,
    workers,
    ...named.settings,
  }
  if (!vlm) sayTradeOff(budget)
  let progress: Progress | undefined
  const interrupt = catchInterrupt(() => {
    progress?.leave()
    say('Finishing the step and saving. Repeat the command to resume.')
  })
  const train = async (run: RunFolder, judge: OpenedJudge): Promise<void> => {
    let recent: readonly RlMetrics[] = []
    const used: (TokenUsage | undefined)[] = []
    const losses: Reason[] = []
    const tellLoss = reasonTeller((line) => {
      progress?.leave()
      say(line)
    })
    // Rewards are too coarse a signal to train the vision stem.
    const engine = await openEngine(options, run, { seed, frozenStem: true, from, model: vlm?.model, loss })
    const how = await runRl({
      problems,
      learner,
      judge: await judge.judgeIn(run),
      from,
      settings,
      run,
      engine,
      signal: interrupt.signal,
      onRound: (step, round, found) => {
        const note = `step ${step}, sampling round ${round}: ${found} of ${settings.problemsPerStep} groups differ in reward`
        progress?.advance(0, recent.length === 0 ? note : [...rlNotes(recent), note])
      },
      onBegin: (done) => (progress = startProgress({ label: 'steps', total: steps, done, keep: run.tell })),
      onStep: (metrics) => {
        recent = [...recent, metrics].slice(-smoothedSteps)
        const lost = metrics.lost.map(asReason)
        for (const reason of lost) tellLoss(reason)
        losses.push(...lost)
        used.push(metrics.usage)
        progress?.advance(1, [...rlNotes(recent), ...costNotes(used)])
      },
    })
    progress?.finish()
    const reasons = countReasons(losses)
    const left = `${losses.length} groups of searches were left out because some of their searches have no result:`
    if (losses.length > 0) say([left, ...reasonLines(reasons)].join('\n'))
    const last = recent.at(-1)
    if (how === 'stopped') throw new AbortedError(`Stopped; finished steps are saved in ${run.path}.`)
    const policy = resolve(run.file(policyFile(engine.checkpointSuffix)))
    const done = await readSteps(run, 'rl')
    const why = how === 'unlearned' ? whyUnlearned(done) : whatBroke({ name: 'rl', steps: done })
    const change = changeTable({ name: 'rl', steps: done })
    if (options.json)
      printJson({
        policy,
        run: run.path,
        ended: how,
        ...(why !== undefined && { why }),
        steps: last?.step,
        reward: last?.reward,
        turns: last?.turns,
        change,
        reasons,
        ...(vlm ? {} : budget),
      })
    else if (how === 'unlearned') print(`Nothing was learned: the policy is unchanged. ${why}`)
    else {
      const end = [ended[how], why, useOf(policy, engine)].filter(Boolean).join(' ')
      print(change ? `${plainTable(change, columns())}\n\n${end}` : end)
    }
  }
  try {
    const judgedProblems = entries.map(({ problem }) => problem)
    await withJudge(options, judgedProblems, (judge) =>
      inCommandRun('rl', { ...config, ...judged(judge) }, options.run, (run) => train(run, judge)),
    )
  } finally {
    interrupt.release()
  }
}

/** The released training replaces groups without spread; in this process that would cost too much time. */
function samplingRounds({ maxSamplingRounds, objective, engine }: RlOptions): number {
  return maxSamplingRounds ?? (isReleased(objective) && engineNamed({ engine }).isRemote ? releasedSamplingRounds : 1)
}

/** The bound may change when a run is resumed, since no finished step reached it. */
function comparedOf({ maxSamplingRounds, loss, curriculum, staleness, ...settings }: RunRlSettings): object {
  return {
    ...settings,
    // As before there were these.
    ...(maxSamplingRounds > 1 && { dynamicSampling: true }),
    ...(loss !== own.loss && { loss }),
    ...(curriculum !== own.curriculum && { curriculum }),
    ...(staleness !== own.staleness && { staleness }),
  }
}

/** Why a group of searches was left out. */
function asReason(message: string): Reason {
  return { kind: 'failed', code: 'group-left-out', message }
}

/** Checks the problems before anything is loaded or written. */
function check(
  entries: readonly BenchmarkEntry[],
  { mix }: RunRlSettings,
  { anyQuestion, isRemote }: { readonly anyQuestion: boolean; readonly isRemote: boolean },
): void {
  if (!anyQuestion) {
    if (isRemote && entries.some(({ problem }) => !parseGoal(problem.question))) {
      throw new UserError(
        'model-files-missing',
        '--model-files is missing. These questions are for a vision-language model on the server, whose tokenizer has to be known: ' +
          'add --model-files <folder>, or --model-files hub:<owner>/<name> to download it.',
      )
    }
    const others = 'train a vision-language model on a server: --engine tinker:<url> --model-files <place>'
    for (const { problem } of entries) checkQuestion(problem, others)
  }
  for (const level of levels) {
    if (mix[level] === 0 || entries.some(({ problem }) => levelOf(problem) === level)) continue
    throw new UserError('no-problems', `The data contain no ${level} problem. Build some, or add --${level} 0.`)
  }
}

/** The settings of the judge; empty for the exact judge, so that configurations of older runs still match. */
function judged({ settings }: OpenedJudge): object {
  return settings.name === 'exact' ? {} : { judge: settings }
}

const ended = {
  complete: 'Trained.',
  lost: 'Stopped early.',
  collapsed:
    'Stopped early: searches have shrunk to little more than one turn, so the policy guesses instead of searching. ' +
    'Likely causes: searches that reach the turn limit are penalised (--objective paper masks them), or a learning rate ' +
    'that is too high.',
} as const

function byLevel(entries: readonly BenchmarkEntry[], profile: Profile): Record<Level, (() => Promise<Task>)[]> {
  const open = (entry: BenchmarkEntry) => async (): Promise<Task> => ({
    problem: entry.problem,
    ...(await openProblem(entry, profile)),
  })
  return recordOf(levels, (level) => entries.filter(({ problem }) => levelOf(problem) === level).map(open))
}

/** Problems without a level count as medium. */
function levelOf({ level = 'medium' }: Problem): Level {
  return level
}

/** The shares of the levels that occur in the data. */
function presentLevels(mix: RunRlSettings['mix'], problems: Record<Level, readonly unknown[]>): RunRlSettings['mix'] {
  return recordOf(levels, (level) => (problems[level].length > 0 ? mix[level] : 0))
}
