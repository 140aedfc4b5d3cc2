/** `mini-o3 eval`: measures Avg@K of a policy on a benchmark at every turn limit, with intervals and causes of failure. */
import type { Command } from 'commander'
import type { Benchmark } from '../../benchmark/benchmark.ts'
import { benchmarks } from '../../benchmark/catalog.ts'
import { parseShard } from '../../evaluate/shard.ts'
import { checkPolicy, checkProblem, policyKindOf } from '../../policy/registry/open-policy.ts'
import type { PolicyOptions } from '../../policy/registry/open-policy.ts'
import { embeddedProfileWith, profileHash, profileWith, viewSideWithin } from '../../protocol/profile.ts'
import { controlNames } from '../../protocol/control.ts'
import { UserError } from '../../shared/errors.ts'
import { addCommand, isGiven } from '../options/command.ts'
import { policyOptions, tinkerPolicyOptions } from '../options/policy.ts'
import { chosenProfile, profileOptions } from '../options/profile.ts'
import { checkChosen, havingOrders, listBenchmarks, offlineJudge, readChosen, readOptionOrders } from './benchmark.ts'
import { addEvalMerge } from './merge.ts'
import { priceOptions } from './price.ts'
import { readControls, runControls } from './controls.ts'
import type { WantedControls } from './controls.ts'
import { runEval } from './run.ts'
import type { EvalPlan } from './run.ts'
import { runSweep, sweepPath } from './sweep.ts'
import { judgeOptions } from '../options/judge.ts'
import { limitOption, searchManyOptions } from '../search-run.ts'
import { budgetOf, budgetOptions } from '../options/view-budget.ts'
import { decimal, flag, inGroup, oneOf, only, parsed, restrict, text, whole, wholeNumbers } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { asJudgedOption, dataOption, failuresOption, runOptions } from '../options/shared.ts'
import { itemAt } from '../../shared/known.ts'

const asBenchmark = 'set by the benchmark'
const forSearches = 'for searches, and nothing is searched: leave out --list and --check'

type Policy = Pick<PolicyOptions, 'policy'>
const forSmall = only<Policy>(
  (options) => !isVlm(options),
  'for the embedded policy; for other policies use --max-pixels',
)
const forLarge = only<Policy>(isVlm, 'for a model behind a server: add --policy chat:<model>')

const policies = policyOptions('eval', 1)

const searching = {
  ...inGroup('Problems', {
    benchmark: oneOf(
      '<name>',
      'benchmark, which defines how the data are read and scored',
      benchmarks.map(({ name }) => name),
      { fallbackText: 'detected, for data of your own' },
    ),
    ...dataOption(
      'folder or file with the data: of a benchmark (see --list), or a table of your own with its pictures',
    ),
    optionOrder: parsed(
      '<orders>',
      `order of the choices of ${havingOrders()}: published (default), shuffled, unshuffled; a list such as published,shuffled runs one evaluation for each`,
      readOptionOrders,
    ),
    ...limitOption,
    shard: text(
      '<i/n>',
      'every n-th problem starting at the i-th, to split work over n machines; join the runs with eval merge',
    ),
    controls: parsed<WantedControls>(
      '[names]',
      `also run controls that show how much of the score is due to looking: all that are possible, or a list of ${controlNames.join(', ')}`,
      readControls,
    ),
    check: flag('check the data for missing or broken files, and stop'),
  }),
  ...policies,
  baseUrl: {
    ...policies.baseUrl,
    help: 'base URL of the server of chat:<model>, such as http://127.0.0.1:8000/v1, or address of the Tinker server',
  },
  ...tinkerPolicyOptions,
  ...profileOptions,
  ...inGroup('Search', {
    samples: whole('searches per problem', {
      takes: '<k>',
      min: 1,
      max: 1000,
      fallback: 1,
      fallbackText: asBenchmark,
    }),
    maxPixels: parsed(
      '<n>',
      'largest number of pixels of a view (default: set by the profile); a list such as 250000,500000 runs one evaluation for each',
      wholeNumbers,
    ),
    ...restrict(budgetOptions, forSmall),
  }),
  ...searchManyOptions(32),
  ...inGroup('Search', {
    ...restrict({ keepExchanges: flag('store every request and reply as it was sent, for the pages') }, forLarge),
    ...failuresOption,
    ...asJudgedOption,
    ...restrict(
      {
        failOnError: decimal(
          '<n>',
          'stop when more than this share (below 1) or number of searches fail or get no verdict',
          {
            min: 0,
            max: 1e9,
          },
        ),
      },
      only<{ readonly keepGoing?: true }>(
        ({ keepGoing }) => keepGoing === undefined,
        'for stopping: leave out --keep-going',
      ),
    ),
  }),
  ...judgeOptions(`${asBenchmark}; choice or exact where that needs a model`),
  ...inGroup(
    'Judge',
    {
      answer: oneOf('<which>', `which answer counts in a search with several (default: ${asBenchmark})`, [
        'first',
        'last',
      ]),
    },
    forLarge,
  ),
  ...runOptions,
  ...priceOptions,
}

const evalOptions = {
  ...restrict(
    restrict(
      searching,
      only<{ readonly check?: true }>(({ check }) => check === undefined, forSearches),
      ['check', 'json', 'benchmark', 'data', 'optionOrder', 'seed'],
    ),
    only<{ readonly list?: true }>(({ list }) => list === undefined, forSearches),
    ['json'],
  ),
  ...inGroup('Problems', { list: flag('list the benchmarks with their downloads, and stop') }),
}

type EvalOptions = Values<typeof evalOptions>

export function addEval(program: Command): void {
  const command = addCommand(program, {
    name: 'eval',
    summary: 'measure a policy on a benchmark',
    description:
      'Searches each problem K times and reports accuracy at every turn limit. Repeat the command to resume.',
    options: evalOptions,
    examples: [
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
    ],
    run: (options, _, own) => evalCommand(options, own),
  }).enablePositionalOptions()
  addEvalMerge(command)
}

async function evalCommand(given: EvalOptions, command: Command): Promise<void> {
  if (given.list) return listBenchmarks(given)
  if (given.check) return checkChosen(given)
  checkPolicy(given, 'eval')
  const shard = given.shard === undefined ? undefined : parseShard(given.shard)
  const { optionOrder: orders = [undefined], maxPixels: budgets = [undefined] } = given
  const lists = [orders.length > 1, budgets.length > 1, given.controls !== undefined]
  if (lists.filter(Boolean).length > 1) {
    throw new UserError(
      'two-sweeps',
      'Only one of --max-pixels and --option-order can be a list, and none with --controls. Run one command for each.',
    )
  }
  const isSaid = (name: string): boolean => isGiven(command, name)
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
  const first = itemAt(plans, 0)
  if (given.controls !== undefined) {
    const path = given.run ?? (await sweepPath(first, 'controls'))
    const { incomplete } = await runControls(first, given.controls, path)
    if (incomplete) throw incomplete
    return
  }
  const over = orders.length > 1 ? 'options' : 'pixels'
  const { incomplete } =
    plans.length === 1 ? await runEval(first) : await runSweep(plans, over, given.run ?? (await sweepPath(first, over)))
  if (incomplete) throw incomplete
}

function isVlm(options: Pick<PolicyOptions, 'policy'>): boolean {
  return policyKindOf(options)?.vlm ?? false
}

/** The profile of an evaluation; `max` bounds the pixels of its views. */
function boundedProfile(
  options: EvalOptions,
  benchmark: Benchmark,
  max: number | undefined,
): Pick<EvalPlan, 'profile' | 'budget' | 'pixels'> {
  const { maxPixels: _, ...unbounded } = options
  const named = chosenProfile(unbounded)
  if (isVlm(options)) {
    const whole = { ...named, answerPick: options.answer ?? benchmark.answer }
    if (max === undefined) return { profile: whole }
    return { profile: profileWith(whole, { maxPixels: max }), pixels: { max, profile: profileHash(whole) } }
  }
  // Only the embedded policy has a configurable budget; other models follow their profile.
  const budget = budgetOf(options)
  const whole = embeddedProfileWith(budget)
  if (max === undefined) return { profile: whole, budget }
  const held = { ...budget, viewSide: viewSideWithin(max) }
  return { profile: embeddedProfileWith(held), budget: held, pixels: { max, profile: profileHash(whole) } }
}
