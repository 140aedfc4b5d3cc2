/** `mini-o3 rl`: stage 2, reinforcement learning with over-turn masking from a cold-start checkpoint. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openProblemPicture } from '../benchmark/mini-o3-json.ts'
import type { ProblemEntry } from '../benchmark/mini-o3-json.ts'
import { checkQuestion, coldStartCheckpoint } from '../policy/embedded/embedded-policy.ts'
import { levels } from '../protocol/problem.ts'
import type { Level } from '../protocol/problem.ts'
import { embeddedProfileWith } from '../protocol/profile.ts'
import type { EmbeddedBudget } from '../protocol/profile.ts'
import type { Task } from '../search/search.ts'
import { sha256 } from '../shared/canonical.ts'
import { AbortedError, UserError } from '../shared/errors.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { startProgress } from '../shared/progress.ts'
import type { Progress } from '../shared/progress.ts'
import type { RunFolder } from '../shared/run-folder.ts'
import { objectives } from '../train/advantages.ts'
import { planRl } from '../train/plan.ts'
import { lastCheckpoint } from '../train/run-log.ts'
import { defaultRlSettings, runRl } from '../train/run-rl.ts'
import type { RlMetrics, RunRlSettings } from '../train/run-rl.ts'
import { policyFile, policyFileOf } from '../train/run-sft.ts'
import { inCommandRun } from './command-run.ts'
import { engineSettings, engineWords, openEngine, printPlan, tinkerUrl, useOf, weightsHash } from './engine-words.ts'
import type { EngineWords } from './engine-words.ts'
import { print, printJson, say } from './output.ts'
import { rlNotes, smoothedSteps } from './rl-notes.ts'
import { readEntries } from './search-run.ts'
import { budgetOf, budgetWords, sayTradeOff } from './view-budget.ts'
import type { BudgetWords } from './view-budget.ts'
import { choice, commonWords, decimalNumber, examples, wholeNumber, workersWord } from './words.ts'
import type { CommonWords } from './words.ts'

interface RlWords
  extends CommonWords, EngineWords, BudgetWords, Omit<RunRlSettings, 'mix' | keyof EmbeddedBudget | 'seed'> {
  readonly data: string
  readonly from?: string
  readonly easy: number
  readonly medium: number
  readonly hard: number
  readonly workers: number
}

export function addRl(program: Command): void {
  const own = defaultRlSettings
  const count = wholeNumber(1, 10_000_000)
  const share = decimalNumber(0, 1)
  const command = program
    .command('rl')
    .summary('train the embedded policy by reinforcement learning (stage 2)')
    .description('GRPO with over-turn masking: running out of turns is not punished. Repeat the command to resume.')
    .requiredOption('--data <path>', 'a folder with train.json, or a file of Mini-o3 rows')
    .option('--from <checkpoint>', 'weights to start from (default: the cold start that ships)')
    .addOption(
      choice(
        '--objective <name>',
        'official, paper: mask, and divide by the size of a group or by its completed searches; vanilla: no mask',
        objectives,
      ).default(own.objective),
    )
    .option('--steps <n>', 'batches of searches', count, own.steps)
    .option('--problems-per-step <n>', 'problems in a batch', count, own.problemsPerStep)
    .option('--group-size <n>', 'searches for each problem', wholeNumber(2, 1024), own.groupSize)
    .option('--updates <n>', 'optimiser steps a batch', count, own.updates)
    .option('--max-turns <n>', 'turns of a search in training', wholeNumber(1, 1000), own.maxTurns)
    .option('--learning-rate <r>', 'after the warm-up', decimalNumber(0, 1), own.learningRate)
    .option('--warmup-steps <n>', 'steps until then', wholeNumber(0), own.warmupSteps)
    .option('--clip-low <c>', 'how far a ratio may fall', share, own.clipLow)
    .option('--clip-high <c>', 'how far it may rise', decimalNumber(0, 10), own.clipHigh)
    .option('--easy <share>', 'of the problems', share, own.mix.easy)
    .option('--medium <share>', 'of the problems', share, own.mix.medium)
    .option('--hard <share>', 'of the problems', share, own.mix.hard)
    .option('--save-every <n>', 'steps between checkpoints', count, own.saveEvery)
  budgetWords(command)
  engineWords(command)
  workersWord(command)
  commonWords(command, own.seed)
  examples(
    command,
    'mini-o3 probe build --out data/rl --train 3000 --seed 2 --no-pictures',
    'mini-o3 rl --data data/rl --run runs/rl',
    'mini-o3 rl --data data/rl --engine tinker:http://127.0.0.1:8000 --run runs/cluster',
    'mini-o3 rl --data data/rl --objective vanilla --run runs/vanilla',
    'mini-o3 rl --data data/rl --view-side 32 --context-limit 400 --max-turns 32 --run runs/small-views',
  )
  command.action(rlCommand)
}

async function rlCommand(words: RlWords): Promise<void> {
  const { easy, medium, hard } = words
  // A server starts with weights of its own.
  const from = words.from ?? (tinkerUrl(words) === undefined ? coldStartCheckpoint : undefined)
  if (easy + medium + hard === 0)
    throw new UserError('mix-empty', 'Give at least one of --easy, --medium, --hard a share.')
  const budget = budgetOf(words)
  // Refuses a budget that cannot be, before anything is read.
  embeddedProfileWith(budget)
  const { objective, steps, problemsPerStep, groupSize, updates, maxTurns, learningRate } = words
  const { warmupSteps, clipLow, clipHigh, seed, saveEvery } = words
  const settings: RunRlSettings = {
    objective,
    steps,
    problemsPerStep,
    groupSize,
    updates,
    maxTurns,
    learningRate,
    warmupSteps,
    clipLow,
    clipHigh,
    seed,
    saveEvery,
    ...budget,
    mix: { easy, medium, hard },
  }
  const entries = await readEntries(words, 'train')
  const problems = byLevel(entries)
  check(entries, settings)
  if (words.plan) return printPlan(planRl(settings), words.json)
  const data = sha256(JSON.stringify(entries.map(({ problem }) => problem)))
  const { workers } = words
  const config = { data, from: await weightsHash(from), ...settings, workers, ...engineSettings(words) }
  sayTradeOff(budget)
  let progress: Progress | undefined
  const interrupt = catchInterrupt(() => {
    progress?.leave()
    say('Finishing the step and saving. Repeat the command to go on.')
  })
  const train = async (run: RunFolder): Promise<void> => {
    const done = (await lastCheckpoint(run))?.step ?? 0
    const shown = startProgress({ label: 'steps', total: steps, done })
    progress = shown
    let recent: readonly RlMetrics[] = []
    const engine = await openEngine(words, run, seed)
    const how = await runRl({
      problems,
      from,
      settings,
      run,
      engine,
      workers,
      signal: interrupt.signal,
      onStep: (metrics) => {
        recent = [...recent, metrics].slice(-smoothedSteps)
        shown.advance(1, rlNotes(recent))
      },
    })
    progress.finish()
    const last = recent.at(-1)
    if (how === 'stopped') throw new AbortedError(`Stopped; what is done is saved in ${run.path}.`)
    const policy = resolve(run.file(engine ? policyFileOf(engine) : policyFile))
    if (words.json)
      printJson({
        policy,
        run: run.path,
        ended: how,
        steps: last?.step,
        reward: last?.reward,
        turns: last?.turns,
        ...budget,
      })
    else print(`${ended[how]} ${useOf(policy, engine !== undefined)}`)
  }
  try {
    await inCommandRun('rl', config, words.run, train)
  } finally {
    interrupt.release()
  }
}

/** Everything that can be wrong with the problems, before anything is loaded or written. */
function check(entries: readonly ProblemEntry[], { mix }: RunRlSettings): void {
  for (const { problem } of entries) checkQuestion(problem)
  for (const level of levels) {
    if (mix[level] === 0 || entries.some(({ problem }) => problem.level === level)) continue
    throw new UserError('no-problems', `The data hold no ${level} problem. Build some, or say --${level} 0.`)
  }
}

const ended = {
  complete: 'Trained.',
  collapsed:
    'Stopped early: searches have shrunk to hardly more than one turn, so the policy guesses instead of searching. ' +
    'That is what punishing searches that run out of turns does (--objective paper masks them), or a learning rate ' +
    'that is too high.',
} as const

function byLevel(entries: readonly ProblemEntry[]): Record<Level, (() => Promise<Task>)[]> {
  const open = (entry: ProblemEntry) => async (): Promise<Task> => ({
    problem: entry.problem,
    picture: await openProblemPicture(entry),
  })
  return Object.fromEntries(
    levels.map((level) => [level, entries.filter(({ problem }) => problem.level === level).map(open)]),
  ) as Record<Level, (() => Promise<Task>)[]>
}
