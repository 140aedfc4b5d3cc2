/**
 * Joins the runs of one evaluation, such as shards from several machines, into a new run. If several runs contain the same search, the
 * first one counts, unless it failed or has no verdict and a later one is better.
 */
import { resolve } from 'node:path'
import { isRefusedForGood } from '../protocol/reason.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { judgementLog } from '../runs/judgements.ts'
import { keyOf, searchKey } from '../runs/searches.ts'
import { searchLog, skippedLog } from '../runs/searches.ts'
import { canonicalJson } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import { defined, itemAt } from '../shared/known.ts'
import { readLog } from '../runs/log.ts'
import { carryNotes } from '../runs/notes.ts'
import { openRun } from '../runs/run-folder.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { differences, readConfiguration } from '../runs/configuration.ts'
import { pricesFile, problemList } from '../runs/files.ts'
import { readRunFile, writeRunFile } from '../runs/run-file.ts'
import { keepPrices } from './document/cost.ts'
import { problemName, readSkipped } from './stored-outcomes.ts'

export interface Merged {
  /** Number of searches taken from each run, in order. */
  readonly taken: readonly number[]
  /** Number of searches that no run has, or only as failed or unjudged. */
  readonly owed: number
}

/** Throws `UserError` if the runs are not of the same evaluation, or `out` is one of them. Merging again into the same folder adds what is new. */
export async function mergeRuns(paths: readonly string[], out: string): Promise<Merged> {
  if (paths.some((path) => resolve(path) === resolve(out))) {
    throw new UserError('run-folder-taken', `${out} is one of the runs to merge. Name a new folder with --run.`)
  }
  const config = await commonConfig(paths)
  const problems = await readRunFile(itemAt(paths, 0), problemList)
  const run = await openRun(out, config)
  try {
    if (problems !== undefined) await writeRunFile(run.path, problemList, problems)
    const best = await chooseSearches([out, ...paths])
    const taken = paths.map(() => 0)
    for (const [index, path] of paths.entries()) {
      let line = 0
      let appending: Promise<void>[] = []
      for await (const trajectory of readLog(path, searchLog)) {
        const at = line++
        // A run that is still searched may have more than when the searches were chosen.
        const chosen = best.get(keyOf(trajectory))
        if (chosen?.from !== index + 1 || chosen.line !== at) continue
        taken[index] = itemAt(taken, index) + 1
        // Not awaited one by one, so that lines are flushed in batches.
        appending.push(run.append(searchLog, trajectory))
        if (appending.length < 64) continue
        await Promise.all(appending)
        appending = []
      }
      await Promise.all(appending)
    }
    await mergeJudgements(paths, run)
    await carryNotes(paths, run.path)
    const skipped = await mergeSkipped(paths, run)
    for (const path of paths)
      await keepPrices(out, { ...(await readRunFile(path, pricesFile)), ...(await readRunFile(out, pricesFile)) })
    const { samples } = await readConfiguration(out, 'eval')
    const wanted = problems
      ?.filter((problem) => !skipped.has(problemName(problem)))
      .flatMap((problem) => Array.from({ length: samples }, (_, i) => searchKey(problem, i)))
    const serves = [...best.values()].some(({ rank }) => rank > refused)
    const isOwed = (rank = 0): boolean => rank !== settled && !(rank === refused && serves)
    const owed = (wanted ?? [...best.keys()]).filter((key) => isOwed(best.get(key)?.rank)).length
    return { taken, owed }
  } finally {
    await run.close()
  }
}

const [refused, waiting, settled] = [1, 2, 3]

/** The best line of a search among several runs. */
interface Choice {
  readonly from: number
  readonly line: number
  /** Quality, in ascending order: failed, refused permanently, unjudged, done. */
  readonly rank: number
}

/** Within one run the last line of a search counts, as when that run is read. */
async function chooseSearches(paths: readonly string[]): Promise<Map<string, Choice>> {
  const best = new Map<string, Choice>()
  for (const [from, path] of paths.entries()) {
    let line = 0
    for await (const trajectory of readLog(path, searchLog)) {
      const choice = { from, line: line++, rank: rankOf(trajectory) }
      const known = best.get(keyOf(trajectory))
      const better = known === undefined || choice.rank > known.rank
      if (better || (known.from === from && choice.rank === known.rank)) best.set(keyOf(trajectory), choice)
    }
  }
  return best
}

function rankOf(trajectory: Trajectory): number {
  const { end, verdict } = trajectory
  if (end === 'failed') return isRefusedForGood(trajectory) ? refused : 0
  return verdict === undefined || verdict.kind === 'unjudged' ? waiting : settled
}

/** Merges the judgements of all runs, so that costs are complete and nothing is judged again. */
async function mergeJudgements(paths: readonly string[], run: RunFolder): Promise<void> {
  const held = new Map<string, number>()
  for await (const line of run.read(judgementLog)) {
    const text = canonicalJson(line)
    held.set(text, (held.get(text) ?? 0) + 1)
  }
  for (const path of paths) {
    for await (const line of readLog(path, judgementLog)) {
      const text = canonicalJson(line)
      const before = held.get(text) ?? 0
      // Each existing judgement matches one that is read.
      if (before > 0) held.set(text, before - 1)
      else await run.append(judgementLog, line)
    }
  }
}

/** Merges the problems skipped by any run, and returns their names. */
async function mergeSkipped(paths: readonly string[], run: RunFolder): Promise<ReadonlySet<string>> {
  const names = new Set((await readSkipped(run.path)).keys())
  for (const path of paths) {
    for (const [name, problem] of await readSkipped(path)) {
      if (names.has(name)) continue
      names.add(name)
      await run.append(skippedLog, problem)
    }
  }
  return names
}

/** The common settings of the evaluation. */
async function commonConfig(paths: readonly string[]): Promise<object> {
  const configs = await Promise.all(paths.map((path) => readConfiguration(path, 'eval')))
  const [first] = configs
  for (const [index, config] of configs.entries()) {
    const lines = differences({ ...first, shard: null, data: null }, { ...config, shard: null, data: null })
    const differing = lines.map((line) => line.slice(0, line.indexOf(':')))
    if (differing.length === 0) continue
    throw new UserError(
      'merge-differs',
      `${paths[index]} has different settings from ${paths[0]} (${differing.join(', ')}), so they do not belong ` +
        'to one evaluation. Leave it out; mini-o3 report shows different evaluations side by side.',
    )
  }
  const { shard: _, ...whole } = defined(first, 'a run')
  return whole
}
