/** Report of `mini-o3 collect`: search patterns in the set, and requests and tokens spent. Pure. */
import { traitNames } from '../../coldstart/patterns.ts'
import type { TraitName } from '../../coldstart/patterns.ts'
import { patternNames } from '../../protocol/pattern.ts'
import type { CollectSummary } from '../../coldstart/summary.ts'
import type { Table } from '../../evaluate/document/table.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'

const traitTexts: Readonly<Record<TraitName, string>> = {
  depth: 'crops within crops',
  backTracks: 'back-tracks',
  returnsToOriginal: 'returns to the original',
  goalRestatements: 'goal restatements',
  selfCorrections: 'self-corrections',
  quadrantsScanned: 'quadrants scanned',
  breadth: 'looks at one picture in a row',
  placesChecked: 'separate places',
  claimsOfAll: 'thoughts of all or each',
}

/** Counts the trajectories that show each pattern, and gives mean and maximum of each trait per trajectory. */
export function patternTable({ kept, patterns, traits, meanTurns, mostTurns }: CollectSummary): Table {
  const share = (count: number): string => `${((100 * count) / Math.max(1, kept)).toFixed(0)} %`
  const row = (name: string, mean: number, most: number): string[] => [name, mean.toFixed(1), String(most)]
  return {
    head: ['in the set', 'trajectories', 'share'],
    rows: [
      ...patternNames.map((name) => [name, String(patterns[name]), share(patterns[name])]),
      ['', '', ''],
      ['in one of them', 'mean', 'most'],
      row('turns', meanTurns, mostTurns),
      ...traitNames.map((name) => row(traitTexts[name], traits[name].mean, traits[name].most)),
    ],
  }
}

/** Requests and tokens of searches. Every turn counts its whole prompt, as servers without a prefix cache bill it. */
export interface SearchSpending {
  readonly requests: number
  readonly promptTokens: number
  readonly replyTokens: number
}

/** Sums what the searches of this invocation used. */
export function startSpending(): { add(trajectory: Trajectory): void; spent(): SearchSpending } {
  const spent = { requests: 0, promptTokens: 0, replyTokens: 0 }
  return {
    add({ turns }) {
      let held = 0
      for (const { usage } of turns) {
        held += usage.promptTokens
        spent.requests++
        spent.promptTokens += held
        spent.replyTokens += usage.replyTokens
        held += usage.replyTokens
      }
    },
    spent: () => ({ ...spent }),
  }
}

/** Such as `1,204 requests, 5.1M + 0.3M tokens`. */
export function spentText({ requests, promptTokens, replyTokens }: SearchSpending): string {
  const millions = (tokens: number): string => `${(tokens / 1e6).toFixed(tokens < 1e7 ? 2 : 0)}M`
  return `${requests.toLocaleString('en')} requests, ${millions(promptTokens)} + ${millions(replyTokens)} tokens`
}
