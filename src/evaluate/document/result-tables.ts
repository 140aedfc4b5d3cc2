/** The tables of one evaluation: scores by the benchmark's rule, sampling, turn limits, ends, and looks. Pure. */
import type { Aggregate } from '../../benchmark/aggregate.ts'
import { policyNamed } from '../../policy/registry/kinds.ts'
import { reasonText } from '../../protocol/reason.ts'
import { searchNameText } from '../../protocol/reason-count.ts'
import { skippedText } from '../../search/owed-samples.ts'
import { ends } from '../../protocol/trajectory.ts'
import { failuresText } from '../figures/failures.ts'
import type { LookFigures } from '../figures/look-figures.ts'
import { looksRule } from '../figures/looks.ts'
import { majorityRule } from '../figures/sampling.ts'
import type { EvalConfig } from '../protocol.ts'
import type { EvalReport } from '../figures/report.ts'
import type { Table } from './table.ts'
import { percent } from '../../shared/numbers.ts'

export function scoresTable({ scores, interval, summary }: EvalReport, aggregate: Aggregate): Table {
  const { low, high, over } = interval
  return {
    head: [`Avg@${summary.samples} in %, ${aggregate.text}`, 'score', `95 % over ${over}`, 'items'],
    rows: scores.map(({ name, score, items }, index) => [
      name,
      percent(score),
      index === 0 ? `${percent(low)}-${percent(high)}` : '',
      String(items),
    ]),
  }
}

/** Figures that need several searches per problem. */
export function samplingTable({ sampling, summary: { samples } }: EvalReport): Table {
  const { passAtK, majorityAtK, runsSd } = sampling
  return {
    head: [`over ${samples} searches per problem`, 'in %'],
    rows: [
      [`pass@${samples}: at least one right`, percent(passAtK)],
      [`majority@${samples}`, percent(majorityAtK)],
      ['standard deviation over the runs', runsSd === null ? '' : percent(runsSd)],
    ],
  }
}

/** For example `none right: 12 problems`. For many searches, numbers are binned into ten groups. */
export function solvedTable({ sampling: { solved } }: EvalReport): Table {
  const samples = solved.length - 1
  const width = Math.max(1, Math.ceil((samples - 1) / 10))
  const inner = Array.from({ length: Math.ceil((samples - 1) / width) }, (_, group) => {
    const from = 1 + group * width
    return { from, to: Math.min(samples - 1, from + width - 1) }
  })
  const groups = [{ from: 0, to: 0 }, ...inner, { from: samples, to: samples }]
  return {
    head: [`right of ${samples}`, 'problems'],
    rows: groups.map(({ from, to }) => [
      from === to ? String(from) : `${from}-${to}`,
      String(solved.slice(from, to + 1).reduce((sum, count) => sum + count, 0)),
    ]),
  }
}

/** Accuracy, mean turns and unfinished searches at each turn limit. */
export function limitsTable({ summary }: Pick<EvalReport, 'summary'>): Table {
  return {
    head: ['turn limit', 'accuracy in %', '95 % interval', 'mean turns', 'ran out of turns, %'],
    rows: summary.everyTurnLimit.map(({ limit, avgAtK, low, high, meanTurns, overTurn }) => [
      String(limit),
      percent(avgAtK),
      `${percent(low)}-${percent(high)}`,
      meanTurns.toFixed(1),
      percent(overTurn),
    ]),
  }
}

/** How searches ended, and tokens per search. */
export function endsTable({ summary, tokens, config }: EvalReport & { readonly config: EvalConfig }): Table {
  const count = (value: number): string => Math.round(value).toLocaleString('en')
  const pictures = policyNamed(config.policy ?? '')?.kind.imageTokensEstimated
    ? 'pictures (estimated with the grid of Qwen2.5-VL)'
    : 'pictures'
  return {
    head: ['searches', ''],
    rows: [
      ...ends.map((end) => [`${end}, %`, percent(summary.ends[end])]),
      ...(summary.beyondLimit > 0 ? [['answered beyond the limit, %', percent(summary.beyondLimit)]] : []),
      ['mean turns', summary.meanTurns.toFixed(1)],
      [`input tokens, each counted once; of these ${pictures}`, `${count(tokens.prompt)}, ${count(tokens.image)}`],
      ['output tokens', count(tokens.reply)],
    ],
  }
}

const mostReasons = 10
const longestReason = 400

/** Reasons of failed, unanswered and doubtful searches, with counts and one search each. */
export function reasonsTable({ reasons }: Pick<EvalReport, 'reasons'>): Table {
  const others = reasons.slice(mostReasons).reduce((sum, { count }) => sum + count, 0)
  return {
    head: ['what went wrong', 'searches', 'such as'],
    rows: [
      ...reasons
        .slice(0, mostReasons)
        .map((reason) => [
          reasonText(reason, longestReason),
          String(reason.count),
          reason.search ? searchNameText(reason.search) : '',
        ]),
      ...(others > 0 ? [['other reasons', String(others), '']] : []),
    ],
  }
}

export function looksTable(figures: readonly LookFigures[]): Table {
  const row = (name: string, text: (figures: LookFigures) => string): string[] => [name, ...figures.map(text)]
  const decimal = (value: number | null): string => (value === null ? '' : value.toFixed(1))
  return {
    head: ['with known target', ...figures.map(({ slice }) => slice)],
    rows: [
      row('% of searches with every target in a crop', ({ found }) => percent(found)),
      row('% of targets in a crop, mean over searches', ({ targetsFound }) => percent(targetsFound)),
      row('turn of that crop (of the last one, if several)', ({ turn }) => decimal(turn)),
      row('zoom of the crop over the overview', ({ zoom }) => decimal(zoom)),
      row('crops per search', ({ looks }) => decimal(looks)),
      row('% of crops that repeat a region', ({ wasted }) => percent(wasted)),
      row('% not right, target shown legibly', ({ foundButMisread }) => percent(foundButMisread)),
      row('% not right, target never shown legibly', ({ neverFound }) => percent(neverFound)),
    ],
  }
}

/** Explanations of the figures, one sentence each. */
export function rulesOf(
  { summary, looks, skipped, failures }: Pick<EvalReport, 'summary' | 'looks' | 'skipped' | 'failures'>,
  { policy = '', protocol }: Pick<EvalConfig, 'policy' | 'protocol'>,
): string[] {
  const failed = failuresText(failures)
  return [
    ...(skipped.length > 0 ? [skippedText(skipped)] : []),
    ...(failed === undefined ? [] : [failed]),
    ...(summary.samples > 1 ? [`Majority: ${majorityRule}.`] : []),
    ...(/number of turns is told|last turn is asked/.test(protocol?.answer ?? '')
      ? ['Lower turn limits are computed from the same searches, whose policy was told the full limit.']
      : []),
    ...(looks.length > 0 ? [`Looks: ${looksRule(policy)}.`] : []),
  ]
}
