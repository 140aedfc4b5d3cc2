/** Statistics of a collection: size and levels of the set, and its search patterns. Pure. */
import { levels } from '../protocol/problem.ts'
import type { Level } from '../protocol/problem.ts'
import { ends } from '../protocol/trajectory.ts'
import type { End, Trajectory } from '../protocol/trajectory.ts'
import { patternNames } from '../protocol/pattern.ts'
import type { PatternName } from '../protocol/pattern.ts'
import { labelsOf, patternsOf, traitNames } from './patterns.ts'
import type { Patterns, TraitName } from './patterns.ts'
import type { Searched } from '../runs/searches.ts'
import { partialRecordOf, recordOf } from '../shared/fields.ts'

interface MeanAndMost {
  readonly mean: number
  readonly most: number
}

export interface CollectSummary {
  readonly searches: number
  /** Searches with the right answer. */
  readonly right: number
  /** Searches in the set. The other figures refer to these, except `ends` and the searches per level. */
  readonly kept: number
  readonly meanTurns: number
  readonly mostTurns: number
  /** Searches by how they ended. */
  readonly ends: Readonly<Partial<Record<End, number>>>
  readonly byLevel: Readonly<Partial<Record<Level, { readonly searches: number; readonly kept: number }>>>
  /** Number of trajectories per pattern; a trajectory can show several. */
  readonly patterns: Readonly<Record<PatternName, number>>
  /** Mean and maximum of each trait over the set. */
  readonly traits: Readonly<Record<TraitName, MeanAndMost>>
}

/** The data of a search that the summary needs. */
export interface SetEntry {
  readonly level: Level | undefined
  readonly turns: number
  readonly patterns: Patterns
}

export function setEntryOf(trajectory: Trajectory): SetEntry {
  return { level: trajectory.problem.level, turns: trajectory.turns.length, patterns: patternsOf(trajectory) }
}

export function summariseCollection(searched: readonly Searched[], set: readonly SetEntry[]): CollectSummary {
  const shown = set.map(({ patterns }) => patterns)
  const labels = shown.map(labelsOf)
  const turns = meanAndMost(set.map((entry) => entry.turns))
  return {
    searches: searched.length,
    right: searched.filter((search) => search.kept).length,
    kept: set.length,
    meanTurns: turns.mean,
    mostTurns: turns.most,
    ends: partialRecordOf(ends, (end) => searched.filter((search) => search.end === end).length || undefined),
    byLevel: partialRecordOf(levels, (level) => {
      const searches = searched.filter((search) => search.level === level).length
      return searches === 0 ? undefined : { searches, kept: set.filter((entry) => entry.level === level).length }
    }),
    patterns: recordOf(patternNames, (name) => labels.filter((own) => own.includes(name)).length),
    traits: recordOf(traitNames, (name) => meanAndMost(shown.map((patterns) => patterns[name]))),
  }
}

function meanAndMost(values: readonly number[]): MeanAndMost {
  const sum = values.reduce((total, value) => total + value, 0)
  return { mean: values.length === 0 ? 0 : sum / values.length, most: values.reduce((a, b) => Math.max(a, b), 0) }
}
