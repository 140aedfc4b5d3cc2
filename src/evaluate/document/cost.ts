/** Costs of an evaluation: tokens as billed by servers, and money at the user's prices. */
import { costOf, money } from '../../protocol/price.ts'
import type { Price, Prices, SpentTokens } from '../../protocol/price.ts'
import { readJudgeTokens } from '../../judge/judge-cache.ts'
import { judgeNamed } from '../../judge/registry.ts'
import { pricedModel } from '../../policy/registry/kinds.ts'
import { pricesFile } from '../../runs/files.ts'
import { readRunFile, writeRunFile } from '../../runs/run-file.ts'
import type { EvalConfig } from '../protocol.ts'
import type { EvalReport } from '../figures/report.ts'
import { sum } from '../../shared/numbers.ts'
import type { Table } from './table.ts'

/** The cost of one model; `price` and `cost` are absent if no price was given. */
interface ModelCost {
  readonly model: string
  readonly tokens: SpentTokens
  readonly price?: Price
  readonly cost?: number
}

export interface EvalCost {
  /** Absent if no server was used. */
  readonly policy?: ModelCost
  readonly judge?: ModelCost
  /** Absent unless every model has a price. */
  readonly total?: number
  readonly perSearch?: number
}

/** The models behind servers that an evaluation uses, by their names there. */
export function askedModels({ policy = '', judge }: Pick<EvalConfig, 'policy' | 'judge'>) {
  return { policy: pricedModel(policy), judge: judge && judgeNamed(judge.name)?.model }
}

/** The cost of the run at `path`; undefined if no server was used. */
export async function readEvalCost(
  path: string,
  { spent, solved }: Pick<EvalReport, 'spent' | 'solved'>,
  config: EvalConfig,
  prices: Prices,
): Promise<EvalCost | undefined> {
  const models = askedModels(config)
  const judgeTokens = await readJudgeTokens(path)
  const policy = models.policy === undefined ? undefined : modelCost(models.policy, spent, prices)
  const judge =
    models.judge === undefined || judgeTokens === undefined ? undefined : modelCost(models.judge, judgeTokens, prices)
  if (policy === undefined && judge === undefined) return undefined
  const costs = [policy, judge].filter((part) => part !== undefined).map(({ cost }) => cost)
  const total = costs.every((cost) => cost !== undefined) ? costs.reduce((sum, cost) => sum + cost, 0) : undefined
  const searches = sum(solved.map((problem) => problem.searches))
  return {
    ...(policy && { policy }),
    ...(judge && { judge }),
    ...(total !== undefined && { total, perSearch: total / searches }),
  }
}

function modelCost(model: string, tokens: SpentTokens, prices: Prices): ModelCost {
  const price = prices[model]
  return { model, tokens, ...(price && { price, cost: costOf(tokens, price) }) }
}

export function costTable({ policy, judge, total, perSearch }: EvalCost): Table {
  const parts = [policy, judge].filter((part) => part !== undefined)
  const row = (name: string, text: (part: ModelCost) => string): string[] => [name, ...parts.map(text)]
  const priced = parts.some(({ price }) => price !== undefined)
  return {
    head: ['spent', ...(policy ? ['policy'] : []), ...(judge ? ['judge'] : [])],
    rows: [
      row('model', ({ model }) => model),
      row('input tokens, over all requests', ({ tokens }) => count(tokens.sent)),
      row('of these cached, as reported by the server', ({ tokens }) => count(tokens.cached)),
      row('output tokens', ({ tokens }) => count(tokens.written)),
      ...(priced
        ? [
            row('price per million: input, cached, output', ({ price }) =>
              price ? [price.sent, price.cached, price.written].join(', ') : 'not given',
            ),
            row('cost', ({ cost }) => (cost === undefined ? '' : money(cost))),
          ]
        : []),
      ...(total !== undefined && parts.length > 1 ? [['total cost', money(total), '']] : []),
      ...(perSearch === undefined ? [] : [['cost per search', money(perSearch), ...parts.slice(1).map(() => '')]]),
    ],
  }
}

function count(value: number): string {
  return value.toLocaleString('en')
}

/** Merges the prices stored in the run with the given ones, which take precedence and are stored too. */
export async function keepPrices(path: string, given: Prices): Promise<Prices> {
  const prices = { ...(await readRunFile(path, pricesFile)), ...given }
  if (Object.keys(given).length > 0) await writeRunFile(path, pricesFile, prices)
  return prices
}
