/** `mini-o3 eval`: Avg@K of a policy on a benchmark, at every turn limit, with intervals and causes. */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Benchmark } from '../benchmark/benchmark.ts'
import { benchmarks } from '../benchmark/catalog.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvalProgress } from '../evaluate/evaluate.ts'
import { profileSettings, readEvalConfig } from '../evaluate/protocol.ts'
import { parseShard, shardOf } from '../evaluate/shard.ts'
import { checkQuestion } from '../policy/embedded/embedded-policy.ts'
import { embeddedProfileWith } from '../protocol/profile.ts'
import type { EmbeddedBudget, Profile } from '../protocol/profile.ts'
import { checkPolicyName, evalPolicies, isChat, openPolicy, policySettings, policyWords } from './choose-policy.ts'
import type { PolicyWords } from './choose-policy.ts'
import { profileOf, profileWords } from './choose-profile.ts'
import type { ProfileWords } from './choose-profile.ts'
import { checkChosen, listBenchmarks, offlineJudge, optionOrders, readChosen } from './eval-benchmark.ts'
import type { BenchmarkWords } from './eval-benchmark.ts'
import { addEvalMerge } from './eval-merge.ts'
import { evalResult, evalText, writeEvalFiles } from './eval-text.ts'
import { judgeResult, judgeText, judgeWords, withJudge } from './judge-words.ts'
import type { JudgeWords } from './judge-words.ts'
import { manySearchesWords, searchRun } from './search-run.ts'
import type { SearchRunWords } from './search-run.ts'
import { budgetOf, budgetWords, sayTradeOff } from './view-budget.ts'
import type { BudgetWords } from './view-budget.ts'
import { choice, examples, wholeNumber } from './words.ts'

interface EvalWords
  extends BenchmarkWords, Omit<SearchRunWords, 'data'>, PolicyWords, ProfileWords, BudgetWords, JudgeWords {
  readonly answer?: Profile['answerPick']
  readonly shard?: string
  readonly list?: true
  readonly check?: true
}

const asBenchmark = 'as the benchmark asks'

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .enablePositionalOptions()
    .summary('measure a policy on a benchmark')
    .description('Searches each problem K times and reports accuracy at every turn limit. Repeat it to resume.')
    .addOption(
      choice(
        '--benchmark <name>',
        'how the data is read and scored',
        benchmarks.map(({ name }) => name),
      ).default('visual-probe'),
    )
    .option('--problems, --data <path>', 'where the data lies: see --list')
    .addOption(
      new Option('--samples <k>', 'searches for each problem').argParser(wholeNumber(1, 1000)).default(1, asBenchmark),
    )
    .addOption(choice('--option-order <order>', 'of the choices of vstar (default: published)', [...optionOrders]))
    .addOption(
      choice('--answer <which>', `of a search of chat:<model> with several answers (default: ${asBenchmark})`, [
        'first',
        'last',
      ]),
    )
    .option('--shard <i/n>', 'every n-th problem, from the i-th: for n machines; join their runs with eval merge')
    .option('--list', 'say what there is to download for each benchmark, and stop')
    .option('--check', 'look through the data for what is missing or broken, and stop')
  manySearchesWords(command, 32)
  budgetWords(command)
  policyWords(command, 1, evalPolicies)
  profileWords(command)
  judgeWords(command, 'exact', asBenchmark)
  examples(
    command,
    'mini-o3 eval --list',
    'mini-o3 eval --data data/probe --samples 4',
    'mini-o3 eval --data data/probe --policy random-crops --limit 90 --json',
    'mini-o3 eval --benchmark vstar --data downloads --check',
    'mini-o3 eval --benchmark visualprobe-hard --data downloads --policy chat:<model> --base-url http://127.0.0.1:8000/v1 ' +
      '--profile official-32 --judge llm:<model> --judge-base-url http://127.0.0.1:8001/v1',
    'mini-o3 eval --benchmark hr-bench-4k --data downloads --shard 1/4 --run runs/part-1 --policy chat:<model> ' +
      '--base-url http://127.0.0.1:8000/v1',
  )
  command.action(evalCommand)
  addEvalMerge(command)
}

async function evalCommand(given: EvalWords, command: Command): Promise<void> {
  if (given.list) return listBenchmarks(given)
  if (given.check) return checkChosen(given)
  checkPolicyName(given, evalPolicies)
  const shard = given.shard === undefined ? undefined : parseShard(given.shard)
  const { benchmark, data, entries: whole, optionOrder } = await readChosen(given)
  const isSaid = (word: string): boolean => command.getOptionValueSource(word) !== 'default'
  const words = {
    ...given,
    data,
    samples: isSaid('samples') ? given.samples : benchmark.samples,
    judge: isSaid('judge') ? given.judge : offlineJudge(benchmark, whole),
  }
  // What a view may cost is the embedded policy's to choose; a model behind a server goes by its profile.
  const budget = isChat(words) ? undefined : budgetOf(words)
  const profile = evalProfile(words, benchmark, budget)
  // All others are made of the embedded policy.
  if (budget && words.policy !== 'blind') for (const { problem } of whole) checkQuestion(problem)
  const problems = whole.map(({ problem }) => problem)
  await withJudge(words, problems, async (judge) => {
    const settings = {
      benchmark: benchmark.name,
      optionOrder,
      shard,
      ...(await policySettings(words)),
      ...budget,
      judge: judge.settings,
      protocol: profileSettings(profile),
    }
    const policy = await openPolicy(words, profile)
    if (budget) sayTradeOff(budget)
    try {
      const title = `Searches of ${policy.name}`
      const plan = { command: 'eval', entries: shardOf(whole, shard), whole, profile, settings, title } as const
      await searchRun(words, plan, async ({ tell, ...searches }) => {
        const { run } = searches
        const onProgress = (counts: EvalProgress): void => tell(counts, `${counts.correct} right`)
        const report = await evaluate({
          ...searches,
          whole: whole.map(({ problem, slices }) => ({ ...problem, slices })),
          aggregate: benchmark.aggregate,
          policy,
          judge: await judge.judgeIn(run),
          onProgress,
        })
        const config = await readEvalConfig(run.path)
        await writeEvalFiles(run.path, report, config)
        const result = { ...evalResult(report, config), ...budget, judge: judgeResult(judge) }
        return { result, text: `${evalText(report, config)}\n\n${judgeText(judge)}` }
      })
    } finally {
      await policy.close?.()
    }
  })
}

/** The embedded policy only works under its own profile; with others the benchmark says which answer counts. */
function evalProfile(words: EvalWords, benchmark: Benchmark, budget: EmbeddedBudget | undefined): Profile {
  const profile = profileOf(words)
  if (budget !== undefined) return embeddedProfileWith(budget)
  return { ...profile, answerPick: words.answer ?? benchmark.answer }
}
