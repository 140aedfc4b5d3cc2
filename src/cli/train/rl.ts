/** `mini-o3 rl`: stage 2, reinforcement learning with over-turn masking from a cold-start checkpoint. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { ProblemEntry } from '../../benchmark/readers/mini-o3-json.ts'
import { weightsHash } from '../../engine/weights-hash.ts'
import { checkQuestion, coldStartCheckpoint } from '../../policy/embedded/embedded-policy.ts'
import { levels } from '../../protocol/problem.ts'
import { countReasons } from '../../protocol/reason.ts'
import type { Reason } from '../../protocol/reason.ts'
import type { Level, Problem } from '../../protocol/problem.ts'
import { profiles } from '../../protocol/profile.ts'
import type { PictureReading } from '../../protocol/rules.ts'
import type { Task } from '../../search/search.ts'
import { sha256 } from '../../shared/canonical.ts'
import { AbortedError, UserError } from '../../shared/errors.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import type { Progress } from '../../shared/progress.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import { isReleased, objectives } from '../../train/rl/advantages.ts'
import { releasedSamplingRounds } from '../../train/rl/dynamic-sampling.ts'
import { embeddedLearner, vlmLearner } from '../../train/learner.ts'
import { planRl } from '../../train/plan.ts'
import { planVlmRl } from '../../train/vlm/plan-vlm.ts'
import { defaultRlSettings, runRl, whyUnlearned } from '../../train/rl/run-rl.ts'
import { metricsOf } from '../../train/run-log.ts'
import type { RlMetrics, RunRlSettings } from '../../train/rl/run-rl.ts'
import { policyFile, policyFileOf } from '../../train/sft/run-sft.ts'
import { reasonLines, reasonTeller } from '../incomplete.ts'
import { inCommandRun } from '../command-run.ts'
import { configOption } from './config-file.ts'
import { engineSettings, engineOptions, openEngine, printPlan, tinkerUrl, useOf } from '../options/engine.ts'
import type { EngineOptions } from '../options/engine.ts'
import { withJudge, judgeOptions } from '../options/judge.ts'
import type { JudgeOptions, OpenedJudge } from '../options/judge.ts'
import { print, printJson, say } from '../print/output.ts'
import { rlNotes, smoothedSteps } from './rl-notes.ts'
import { readEntries } from '../search-run.ts'
import { budgetOf, budgetOptions, sayTradeOff } from '../options/view-budget.ts'
import type { BudgetOptions } from '../options/view-budget.ts'
import { hasModelFiles, openVlm, vlmOptions } from '../options/vlm.ts'
import type { VlmOptions } from '../options/vlm.ts'
import { onlyWhere } from '../options/strict.ts'
import { choice, commonOptions, decimalNumber, examples, wholeNumber, workersOption } from '../options/common.ts'
import type { CommonOptions } from '../options/common.ts'

interface RlOptions
  extends
    CommonOptions,
    EngineOptions,
    VlmOptions,
    JudgeOptions,
    BudgetOptions,
    Omit<RunRlSettings, 'mix' | 'seed' | 'maxSamplingRounds'> {
  readonly maxSamplingRounds?: number
  readonly data: string
  readonly from?: string
  readonly easy: number
  readonly medium: number
  readonly hard: number
  readonly maxTokens: number
  readonly workers: number
}

export function addRl(program: Command): void {
  const own = defaultRlSettings
  const count = wholeNumber(1, 10_000_000)
  const share = decimalNumber(0, 1)
  const command = program
    .command('rl')
    .summary('train a policy by reinforcement learning (stage 2)')
    .description('GRPO with over-turn masking: running out of turns is not punished. Repeat the command to resume.')
    .requiredOption('--data <path>', 'a folder with train.json, or a file of Mini-o3 rows')
    .option('--from <checkpoint>', 'weights to start from (default: the cold start that ships)')
    .addOption(
      choice(
        '--objective <name>',
        'paper, official (the released code): with over-turn masking; vanilla, official-unmasked: the same without it',
        objectives,
      ).default(own.objective),
    )
    .option('--steps <n>', 'batches of searches', count, own.steps)
    .option('--problems-per-step <n>', 'problems in a batch', count, own.problemsPerStep)
    .option(
      '--max-sampling-rounds <n>',
      'batches of problems that a step may search to replace groups whose searches all have one reward; 1: none are replaced ' +
        `(default: ${releasedSamplingRounds} for the official objectives on a server, else 1)`,
      count,
    )
    .option('--group-size <n>', 'searches for each problem', wholeNumber(2, 1024), own.groupSize)
    .option('--updates <n>', 'optimiser steps a batch', count, own.updates)
    .option('--max-turns <n>', 'turns of a search in training', wholeNumber(1, 1000), own.maxTurns)
    .option('--learning-rate <r>', 'after the warm-up', decimalNumber(0, 1), own.learningRate)
    .option('--warmup-steps <n>', 'steps until then', wholeNumber(0), own.warmupSteps)
    .option('--clip-low <c>', 'how far a ratio may fall', share, own.clipLow)
    .option('--clip-high <c>', 'how far it may rise', decimalNumber(0, 10), own.clipHigh)
    .addOption(
      choice('--old-logprobs <whose>', 'what ratios start from: as sampled, or asked of the trainer first', [
        'sampler',
        'trainer',
      ]).default(own.oldLogprobs),
    )
    .option('--easy <share>', 'of the problems', share, own.mix.easy)
    .option('--medium <share>', 'of the problems', share, own.mix.medium)
    .option('--hard <share>', 'of the problems', share, own.mix.hard)
    .option('--save-every <n>', 'steps between checkpoints', count, own.saveEvery)
  budgetOptions(command)
  onlyWhere<RlOptions>(
    command,
    ['view-side', 'context-limit'],
    (options) => !hasModelFiles(options),
    'for the small policy; the views of others are bounded by --max-pixels: take that',
  )
  onlyWhere<RlOptions>(
    command,
    ['max-tokens', 'max-pixels'],
    hasModelFiles,
    'for a model on a server; the small policy has --view-side: add --model-files <place>',
  )
  engineOptions(command)
  vlmOptions(command)
    .option('--max-tokens <n>', 'with --model-files: tokens of a turn', count, 2_000)
    .option('--max-pixels <n>', 'with --model-files: pixels of a view at most (default: as the profile)', count)
  judgeOptions(command, 'exact')
  workersOption(command)
  configOption(command)
  commonOptions(command, own.seed)
  examples(
    command,
    'mini-o3 probe build --out data/rl --train 3000 --seed 2 --no-pictures',
    'mini-o3 rl --data data/rl --run runs/rl',
    'mini-o3 rl --data data/rl --engine tinker:http://127.0.0.1:8000 --run runs/cluster',
    'mini-o3 rl --data data/worlds --config qwen2.5-vl-7b --engine tinker:http://127.0.0.1:8000 --plan',
    'mini-o3 rl --data data/rl --objective vanilla --run runs/vanilla',
    'mini-o3 rl --data data/rl --view-side 32 --context-limit 400 --max-turns 32 --run runs/small-views',
  )
  command.action(rlCommand)
}

async function rlCommand(options: RlOptions): Promise<void> {
  const asked = { easy: options.easy, medium: options.medium, hard: options.hard }
  // A server starts with weights of its own.
  const from = options.from ?? (tinkerUrl(options) === undefined ? coldStartCheckpoint : undefined)
  if (Object.values(asked).every((share) => share === 0))
    throw new UserError('mix-empty', 'Give at least one of --easy, --medium, --hard a share.')
  const sum = options.easy + options.medium + options.hard
  // Thirds need not add up to the last digit.
  if (sum > 1 + 1e-6) {
    throw new UserError(
      'mix-above-one',
      `--easy ${options.easy}, --medium ${options.medium} and --hard ${options.hard} add up to ${Number(sum.toFixed(4))}, and shares ` +
        'of the problems to 1 at most. Give all three, such as --easy 1 --medium 0 --hard 0.',
    )
  }
  const vlm = await openVlm(options)
  const budget = budgetOf(options)
  // Refuses a budget that cannot be, before anything is read.
  const learner = vlm ? vlmLearner(vlm.model, vlm.profile, options.maxTokens) : embeddedLearner(budget)
  const entries = await readEntries(options, 'train')
  const problems = byLevel(entries, (vlm?.profile ?? profiles.embedded).pictures.reading)
  // Sets that others made may have other levels, or none.
  const mix = vlm ? ofThere(asked, problems) : asked
  const { objective, steps, problemsPerStep, groupSize, updates, maxTurns, learningRate } = options
  const { warmupSteps, clipLow, clipHigh, oldLogprobs, seed, saveEvery, maxTokens } = options
  const settings: RunRlSettings = {
    objective,
    steps,
    problemsPerStep,
    maxSamplingRounds: samplingRounds(options),
    groupSize,
    updates,
    maxTurns,
    learningRate,
    warmupSteps,
    clipLow,
    clipHigh,
    oldLogprobs,
    seed,
    saveEvery,
    mix,
  }
  check(entries, settings, vlm !== undefined)
  if (options.plan) {
    const plan = vlm ? planVlmRl(settings, vlm.model, vlm.profile, maxTokens) : planRl(settings)
    return printPlan(plan, options.json)
  }
  const data = { data: resolve(options.data), problems: sha256(JSON.stringify(entries.map(({ problem }) => problem))) }
  const { workers } = options
  const whom = vlm ? { ...vlm.settings, maxTokens } : budget
  const config = {
    ...data,
    from: await weightsHash(from),
    ...comparedOf(settings),
    ...whom,
    workers,
    ...engineSettings(options),
  }
  if (!vlm) sayTradeOff(budget)
  let progress: Progress | undefined
  const interrupt = catchInterrupt(() => {
    progress?.leave()
    say('Finishing the step and saving. Repeat the command to go on.')
  })
  const train = async (run: RunFolder, judge: OpenedJudge): Promise<void> => {
    let recent: readonly RlMetrics[] = []
    const losses: Reason[] = []
    const tellLoss = reasonTeller((line) => {
      progress?.leave()
      say(line)
    })
    const engine = await openEngine(options, run, seed, vlm?.model)
    const how = await runRl({
      problems,
      learner,
      judge: await judge.judgeIn(run),
      from,
      settings,
      run,
      engine,
      workers,
      signal: interrupt.signal,
      onRound: (step, round, found) => {
        const note = `step ${step}, sampling round ${round}: ${found} of ${problemsPerStep} groups differ in reward`
        progress?.advance(0, recent.length === 0 ? note : [...rlNotes(recent), note])
      },
      onBegin: (done) => (progress = startProgress({ label: 'steps', total: steps, done })),
      onStep: (metrics) => {
        recent = [...recent, metrics].slice(-smoothedSteps)
        const lost = metrics.lost.map(asReason)
        for (const reason of lost) tellLoss(reason)
        losses.push(...lost)
        progress?.advance(1, rlNotes(recent))
      },
    })
    progress?.finish()
    const reasons = countReasons(losses)
    const left = `${losses.length} groups of searches were left out, since not all of them came to a result:`
    if (losses.length > 0) say([left, ...reasonLines(reasons)].join('\n'))
    const last = recent.at(-1)
    if (how === 'stopped') throw new AbortedError(`Stopped; what is done is saved in ${run.path}.`)
    const policy = resolve(run.file(engine ? policyFileOf(engine) : policyFile))
    const why = how === 'unlearned' ? whyUnlearned(await metricsOf(run, 'rl')) : undefined
    if (options.json)
      printJson({
        policy,
        run: run.path,
        ended: how,
        ...(why !== undefined && { why }),
        steps: last?.step,
        reward: last?.reward,
        turns: last?.turns,
        reasons,
        ...(vlm ? {} : budget),
      })
    else if (how === 'unlearned') print(`Nothing was learned: the policy is the one it started from. ${why}`)
    else print(`${ended[how]} ${useOf(policy, engine !== undefined)}`)
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

/** The released training replaces groups without spread, and has a server to do it with. */
function samplingRounds({ maxSamplingRounds, objective, engine }: RlOptions): number {
  return (
    maxSamplingRounds ?? (isReleased(objective) && tinkerUrl({ engine }) !== undefined ? releasedSamplingRounds : 1)
  )
}

/** The bound itself may change when a run is resumed: no finished step met it. */
function comparedOf({ maxSamplingRounds, ...settings }: RunRlSettings): object {
  return maxSamplingRounds > 1 ? { ...settings, dynamicSampling: true } : settings
}

/** Why a group of searches was left out. */
function asReason(message: string): Reason {
  return { kind: 'failed', code: 'group-left-out', message }
}

/** Everything that can be wrong with the problems, before anything is loaded or written. */
function check(entries: readonly ProblemEntry[], { mix }: RunRlSettings, anyQuestion: boolean): void {
  if (!anyQuestion) for (const { problem } of entries) checkQuestion(problem)
  for (const level of levels) {
    if (mix[level] === 0 || entries.some(({ problem }) => levelOf(problem) === level)) continue
    throw new UserError('no-problems', `The data hold no ${level} problem. Build some, or say --${level} 0.`)
  }
}

/** The exact judge is what it always was, and says nothing. */
function judged({ settings }: OpenedJudge): object {
  return settings.name === 'exact' ? {} : { judge: settings }
}

const ended = {
  complete: 'Trained.',
  collapsed:
    'Stopped early: searches have shrunk to hardly more than one turn, so the policy guesses instead of searching. ' +
    'That is what punishing searches that run out of turns does (--objective paper masks them), or a learning rate ' +
    'that is too high.',
} as const

function byLevel(entries: readonly ProblemEntry[], reading: PictureReading): Record<Level, (() => Promise<Task>)[]> {
  const open = (entry: ProblemEntry) => async (): Promise<Task> => ({
    problem: entry.problem,
    picture: await entry.openPicture(reading),
  })
  return Object.fromEntries(
    levels.map((level) => [level, entries.filter(({ problem }) => levelOf(problem) === level).map(open)]),
  ) as Record<Level, (() => Promise<Task>)[]>
}

/** Problems of sets that know no levels are of the middle one. */
function levelOf({ level = 'medium' }: Problem): Level {
  return level
}

/** The shares of the levels that the data hold. */
function ofThere(mix: RunRlSettings['mix'], problems: Record<Level, readonly unknown[]>): RunRlSettings['mix'] {
  return Object.fromEntries(
    levels.map((level) => [level, problems[level].length > 0 ? mix[level] : 0]),
  ) as RunRlSettings['mix']
}
