/** One evaluation of `mini-o3 eval`: a policy on a benchmark under one profile, in a run folder of its own. */
import { readConfiguration } from '../../runs/configuration.ts'
import { costOf, money } from '../../protocol/price.ts'
import type { Prices } from '../../protocol/price.ts'
import { askedModels, keepPrices, readEvalCost } from '../../evaluate/document/cost.ts'
import type { Controlled } from '../../evaluate/controls.ts'
import { evaluate } from '../../evaluate/evaluate.ts'
import type { EvalProgress } from '../../evaluate/evaluate.ts'
import type { FailureRule } from '../../evaluate/figures/failures.ts'
import type { MeasuredRun } from '../../evaluate/document/paper-table.ts'
import { assumedSpread, powerText } from '../../evaluate/figures/power.ts'
import { profileSettings } from '../../evaluate/protocol.ts'
import type { EvalConfig } from '../../evaluate/protocol.ts'
import { shardOf } from '../../evaluate/shard.ts'
import type { Shard } from '../../evaluate/shard.ts'
import { percent } from '../../shared/numbers.ts'
import { openPolicy, policySettings } from '../../policy/registry/open-policy.ts'
import type { PolicyOptions } from '../../policy/registry/open-policy.ts'
import { controls } from '../../protocol/control.ts'
import type { ControlName } from '../../protocol/control.ts'
import type { EmbeddedBudget, Profile } from '../../protocol/profile.ts'
import type { ChosenBenchmark } from './benchmark.ts'
import { checkPrices } from './price.ts'
import { evalResult, evalText, writeEvalFiles } from './text.ts'
import { judgeResult, judgeText } from '../options/judge.ts'
import { withJudge } from '../../judge/open-judge.ts'
import type { JudgeOptions, OpenedJudge } from '../../judge/open-judge.ts'
import { searchRun } from '../search-run.ts'
import type { SearchManyOptions } from '../search-run.ts'
import type { IncompleteError } from '../incomplete.ts'
import { say } from '../print/output.ts'
import { sayTradeOff } from '../options/view-budget.ts'
import { defined } from '../../shared/known.ts'

export interface EvalPlan {
  readonly options: SearchManyOptions & PolicyOptions & JudgeOptions & FailureOptions & { readonly price: Prices }
  readonly chosen: ChosenBenchmark
  readonly shard: Shard | undefined
  readonly profile: Profile
  /** Only for the embedded policy. */
  readonly budget?: EmbeddedBudget
  /** Set if `--max-pixels` bounds the views. */
  readonly pixels?: EvalConfig['pixels']
  /** For a run of `--controls`; `of`: see `lookingId`. */
  readonly control?: Controlled & { readonly of: string }
}

/** How failed searches count. */
interface FailureOptions {
  readonly failures?: FailureRule
  readonly failOnError?: number
  /** Leaves out verdicts that were corrected by hand. */
  readonly asJudged?: true
  readonly keepExchanges?: true
}

export interface RanEval {
  /** Named after its folder. */
  readonly measured: MeasuredRun
  /** What the result lacks, if anything. */
  readonly incomplete: IncompleteError | undefined
}

/** Runs the missing searches, prints the result and returns it. */
export async function runEval(plan: EvalPlan): Promise<RanEval> {
  const { options, chosen, shard, profile, budget, pixels, control } = plan
  const { benchmark, entries: whole, optionOrder } = chosen
  const problems = whole.map(({ problem }) => problem)
  return withJudge(options, problems, async (judge) => {
    const settings = {
      benchmark: benchmark.name,
      optionOrder,
      shard,
      ...(await policySettings(options)),
      ...budget,
      pixels,
      control: control && { name: control.name, of: control.of },
      judge: judge.settings,
      protocol: profileSettings(profile),
    }
    checkPrices(options.price, [{ policy: options.policy, judge: judge.settings }])
    const opened = await openPolicy(options, profile)
    const policy = control?.policy(opened) ?? opened
    if (policy.about !== undefined) say(policy.about)
    if (budget) sayTradeOff(budget)
    let measured: MeasuredRun | undefined
    try {
      const title = `Searches of ${policy.name}`
      const entries = shardOf(whole, shard)
      const sampled = { ...settings, sampling: policy.sampling }
      const notes = control === undefined ? [] : [controlNote(control.name)]
      const counting = { failures: options.failures, failOnError: options.failOnError }
      const searchPlan = {
        command: 'eval',
        entries,
        whole,
        profile,
        settings: sampled,
        counting,
        title,
        notes,
      } as const
      const incomplete = await searchRun(options, searchPlan, async ({ tell, ...searches }) => {
        const { run } = searches
        // Only once the folder is ours: an error before it should stand first.
        if (!options.json)
          say(powerText(assumedSpread, { problems: whole.length, samples: options.samples }, 'assumed'))
        const prices = await keepPrices(run.path, options.price)
        const note = progressNote(prices, options.policy, judge)
        const own = await judge.judgeIn(run)
        const report = await evaluate({
          ...searches,
          whole: whole.map(({ problem, slices }) => ({ ...problem, slices })),
          aggregate: benchmark.aggregate,
          policy,
          failures: options.failures,
          asJudged: options.asJudged,
          keepExchanges: options.keepExchanges,
          failOnError: options.failOnError,
          profileOf: control?.profileOf,
          judge: control?.judge(own) ?? own,
          onProgress: (counts) => tell(counts, note(counts), counts.newest),
        })
        const config = await readConfiguration(run.path, 'eval')
        const cost = await readEvalCost(run.path, report, config, prices)
        measured = { ...report, config, name: run.path, ...(cost && { cost }) }
        await writeEvalFiles(run.path, measured)
        const result = { ...evalResult(measured), ...budget, judge: judgeResult(judge) }
        return {
          result,
          text: `${evalText(measured)}\n\n${judgeText(judge)}`,
          reasons: report.reasons,
          skipped: report.skipped,
        }
      })
      return { measured: defined(measured, 'the report'), incomplete }
    } finally {
      await policy.close?.()
    }
  })
}

/** The page draws crops as they were asked for, whatever was shown. */
function controlNote(name: ControlName): string {
  const { label, text } = controls[name]
  return `Control "${label}": ${text}. The crops shown here are those that the policy requested.`
}

/** The end of the progress line, for example `61 of 126 right (48.4 %), cost 1.23`. */
function progressNote(prices: Prices, policy: string, judge: OpenedJudge): (progress: EvalProgress) => string {
  const models = askedModels({ policy, judge: judge.settings })
  const [own, judges] = [prices[models.policy ?? ''], prices[models.judge ?? '']]
  return ({ correct, done, spent }) => {
    const right = `${correct} of ${done} right${done > 0 ? ` (${percent(correct / done)} %)` : ''}`
    if (own === undefined && judges === undefined) return right
    const cost = (own ? costOf(spent, own) : 0) + (judges && judge.tokens ? costOf(judge.tokens(), judges) : 0)
    return `${right}, cost ${money(cost)}`
  }
}
