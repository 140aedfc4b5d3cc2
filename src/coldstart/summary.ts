/** A collection in numbers: how much was kept, of which level, and which patterns it shows. Pure. */
import { levels } from '../protocol/problem.ts'
import type { Level } from '../protocol/problem.ts'
import { ends } from '../protocol/trajectory.ts'
import type { End } from '../protocol/trajectory.ts'
import type { Searched } from './collect.ts'
import { patternNames } from './patterns.ts'
import type { PatternName } from './patterns.ts'

export interface CollectSummary {
  readonly searches: number
  readonly kept: number
  /** Of the kept ones. */
  readonly meanTurns: number
  readonly mostTurns: number
  /** Searches by how they ended. */
  readonly ends: Readonly<Partial<Record<End, number>>>
  readonly byLevel: Readonly<Partial<Record<Level, { readonly searches: number; readonly kept: number }>>>
  /** Kept trajectories that show a pattern; one can show several. */
  readonly patterns: Readonly<Record<PatternName, number>>
}

export function summariseCollection(searched: readonly Searched[]): CollectSummary {
  const kept = searched.filter((search) => search.kept)
  const turns = kept.map((search) => search.turns)
  return {
    searches: searched.length,
    kept: kept.length,
    meanTurns: turns.length === 0 ? 0 : turns.reduce((sum, count) => sum + count, 0) / turns.length,
    mostTurns: turns.reduce((most, count) => Math.max(most, count), 0),
    ends: present(ends, (end) => searched.filter((search) => search.end === end).length),
    byLevel: present(levels, (level) => {
      const own = searched.filter((search) => search.level === level)
      return own.length === 0 ? 0 : { searches: own.length, kept: own.filter((search) => search.kept).length }
    }),
    patterns: Object.fromEntries(
      patternNames.map((name) => [name, kept.filter(({ labels }) => labels.includes(name)).length]),
    ) as Record<PatternName, number>,
  }
}

/** What `count` says of each name, less those of which there are none. */
function present<K extends string, V>(names: readonly K[], count: (name: K) => V | 0): Partial<Record<K, V>> {
  const entries = names.map((name) => [name, count(name)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== 0)) as Partial<Record<K, V>>
}
