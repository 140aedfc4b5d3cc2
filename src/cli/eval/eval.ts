/** `mini-o3 eval`: Avg@K of a policy on a benchmark, at every turn limit, with intervals and causes. */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Benchmark, OptionOrderName } from '../../benchmark/benchmark.ts'
import { benchmarks } from '../../benchmark/catalog.ts'
import { parseShard } from '../../evaluate/shard.ts'
import { checkPolicy, checkProblem, kindOf } from '../../policy/registry/open-policy.ts'
import type { PolicyOptions } from '../../policy/registry/open-policy.ts'
import { embeddedProfileWith, profileHash, profileWith, viewSideWithin } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { UserError } from '../../shared/errors.ts'
import { policyOptions, tinkerPolicyOptions } from '../options/choose-policy.ts'
import { profileOf, profileOptions } from '../options/choose-profile.ts'
import type { ProfileOptions } from '../options/choose-profile.ts'
import { checkChosen, havingOrders, listBenchmarks, offlineJudge, readChosen, readOptionOrders } from './benchmark.ts'
import type { BenchmarkOptions } from './benchmark.ts'
import { addEvalMerge } from './merge.ts'
import { priceOptions } from './price.ts'
import type { PriceOptions } from './price.ts'
import { runEval } from './run.ts'
import type { EvalPlan } from './run.ts'
import { runSweep, sweepPath } from './sweep.ts'
import { judgeOptions } from '../options/judge.ts'
import type { JudgeOptions } from '../options/judge.ts'
import { manySearchesOptions } from '../search-run.ts'
import type { SearchManyOptions } from '../search-run.ts'
import { budgetOf, budgetOptions } from '../options/view-budget.ts'
import type { BudgetOptions } from '../options/view-budget.ts'
import { onlyWhere } from '../options/strict.ts'
import { choice, examples, wholeNumber, wholeNumbers } from '../options/common.ts'

interface EvalOptions
  extends
    Omit<BenchmarkOptions, 'optionOrder'>,
    Omit<SearchManyOptions, 'data'>,
    PolicyOptions,
    Omit<ProfileOptions, 'maxPixels'>,
    BudgetOptions,
    JudgeOptions,
    PriceOptions {
  readonly optionOrder?: readonly OptionOrderName[]
  readonly maxPixels?: readonly number[]
  readonly answer?: Profile['answerPick']
  readonly shard?: string
  readonly list?: true
  readonly check?: true
}

const forSmall = 'for the embedded policy; the views of others are bounded by --max-pixels: take that'
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
    .option(
      '--option-order <orders>',
      `of the choices of ${havingOrders()}: published (default), shuffled, unshuffled; several, as published,shuffled, are run one by one`,
      readOptionOrders,
    )
    .option(
      '--max-pixels <n>',
      'pixels of a view at most (default: as the profile); several, as 250000,500000, are run one by one',
      wholeNumbers,
    )
    .addOption(
      choice('--answer <which>', `of a search of chat:<model> with several answers (default: ${asBenchmark})`, [
        'first',
        'last',
      ]),
    )
    .option('--shard <i/n>', 'every n-th problem, from the i-th: for n machines; join their runs with eval merge')
    .option('--list', 'say what there is to download for each benchmark, and stop')
    .option('--check', 'look through the data for what is missing or broken, and stop')
  manySearchesOptions(command, 32)
  onlyWhere<EvalOptions>(command, ['view-side', 'context-limit'], (options) => !isVlm(options), forSmall)
  onlyWhere<EvalOptions>(command, ['answer'], isVlm, 'for a model behind a server: add --policy chat:<model>')
  budgetOptions(command)
  tinkerPolicyOptions(policyOptions(command, 1, 'eval'))
  profileOptions(command)
  judgeOptions(command, 'exact', asBenchmark)
  priceOptions(command)
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
    'mini-o3 eval --benchmark visualprobe-hard --data downloads --policy chat:<model> --base-url http://127.0.0.1:8000/v1 ' +
      '--max-pixels 500000,1000000,2000000 --price <model>=0.15,0.60',
    'mini-o3 eval --benchmark vstar --data downloads --policy chat:<model> --base-url http://127.0.0.1:8000/v1 ' +
      '--option-order published,shuffled',
    'mini-o3 eval --benchmark visualprobe-hard --data downloads --policy tinker --base-url http://127.0.0.1:8000 ' +
      '--model-files hub:Qwen/Qwen2.5-VL-7B-Instruct --checkpoint runs/rl-7b/policy.json',
  )
  const searching = command.options.flatMap(({ long }) => long?.slice(2) ?? [])
  const forSearches = 'for searches, and nothing is searched: leave out --list and --check'
  const others = (...names: readonly string[]): string[] => searching.filter((name) => !names.includes(name))
  onlyWhere<EvalOptions>(command, others('list', 'json'), ({ list }) => list === undefined, forSearches)
  const checked = others('check', 'list', 'json', 'benchmark', 'data', 'problems', 'option-order', 'seed')
  onlyWhere<EvalOptions>(command, checked, ({ check }) => check === undefined, forSearches)
  command.action(evalCommand)
  addEvalMerge(command)
}

async function evalCommand(given: EvalOptions, command: Command): Promise<void> {
  if (given.list) return listBenchmarks(given)
  if (given.check) return checkChosen(given)
  checkPolicy(given, 'eval')
  const shard = given.shard === undefined ? undefined : parseShard(given.shard)
  const { optionOrder: orders = [undefined], maxPixels: budgets = [undefined] } = given
  if (orders.length > 1 && budgets.length > 1) {
    throw new UserError('two-sweeps', 'Only one of --max-pixels and --option-order can have several values at once.')
  }
  const isSaid = (word: string): boolean => command.getOptionValueSource(word) !== 'default'
  if (given.maxPixels && isSaid('viewSide')) {
    throw new UserError('view-side-twice', '--max-pixels and --view-side both bound the views: leave one out.')
  }
  const plans: EvalPlan[] = []
  for (const optionOrder of orders) {
    const chosen = await readChosen({ ...given, optionOrder })
    const { benchmark, data, entries } = chosen
    const options = {
      ...given,
      data,
      samples: isSaid('samples') ? given.samples : benchmark.samples,
      judge: isSaid('judge') ? given.judge : offlineJudge(benchmark, entries),
    }
    for (const { problem } of entries) checkProblem(options, problem)
    for (const max of budgets) plans.push({ options, chosen, shard, ...boundedProfile(options, benchmark, max) })
  }
  const [first] = plans as [EvalPlan]
  const over = orders.length > 1 ? 'options' : 'pixels'
  const { incomplete } =
    plans.length === 1 ? await runEval(first) : await runSweep(plans, over, given.run ?? (await sweepPath(first, over)))
  if (incomplete) throw incomplete
}

function isVlm(options: EvalOptions): boolean {
  return kindOf(options)?.vlm ?? false
}

/** The profile of an evaluation; with `max`, its views held to so many pixels. */
function boundedProfile(
  options: EvalOptions,
  benchmark: Benchmark,
  max: number | undefined,
): Pick<EvalPlan, 'profile' | 'budget' | 'pixels'> {
  const named = profileOf({ ...options, maxPixels: undefined })
  if (isVlm(options)) {
    const whole = { ...named, answerPick: options.answer ?? benchmark.answer }
    if (max === undefined) return { profile: whole }
    return { profile: profileWith(whole, { maxPixels: max }), pixels: { max, profile: profileHash(whole) } }
  }
  // What a view may cost is the embedded policy's to choose; a model behind a server goes by its profile.
  const budget = budgetOf(options)
  const whole = embeddedProfileWith(budget)
  if (max === undefined) return { profile: whole, budget }
  const held = { ...budget, viewSide: viewSideWithin(max) }
  return { profile: embeddedProfileWith(held), budget: held, pixels: { max, profile: profileHash(whole) } }
}
