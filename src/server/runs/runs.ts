/** Stored runs for the pages: list, searches, curves, comparison, pictures. */
import { lstat } from 'node:fs/promises'
import type { Trajectory } from '../../protocol/trajectory.ts'
import type { Picture } from '../../vision/picture.ts'
import type { RunDetails, RunRow, RunsDiff, RunSummary, ThoughtsFound } from '../api/types.ts'
import { logFile } from '../../runs/log.ts'
import { errorCodeOf } from '../../shared/errors.ts'
import { HttpError } from '../http/http-error.ts'
import { figuresOf } from './charts.ts'
import type { Figures } from './charts.ts'
import { diffRuns } from './diff.ts'
import { findRun, findRuns, settingsReader } from '../../runs/find-runs.ts'
import type { FoundRun, ReadSettings } from '../../runs/find-runs.ts'
import { latest, runIndex } from './items.ts'
import type { RunIndex } from './items.ts'
import { rowOf, summaryOf } from './run-rows.ts'
import { recentValues } from '../../shared/recent.ts'
import { runPictures } from './pictures.ts'
import { findThoughts } from './thoughts.ts'

export interface Runs {
  list(): Promise<RunRow[]>
  /** Items from index `after` on if the log is still `log`, otherwise from the first on; at most `most`. */
  details(name: string, after?: number, log?: string, most?: number): Promise<RunDetails>
  /** The searches from index `after` on with these words in their thoughts; all of them if the log is not `log`. */
  thoughts(name: string, words: string, after: number, log: string, signal: AbortSignal): Promise<ThoughtsFound>
  summary(name: string): Promise<RunSummary>
  figures(name: string): Promise<Figures>
  /** As SVG. */
  chart(name: string, id: string): Promise<string>
  diff(first: string, second: string): Promise<RunsDiff>
  search(name: string, index: number): Promise<Trajectory>
  /** `original`: index of the picture of the question; default: the first. */
  picture(name: string, index: number, original?: number): Promise<Picture>
}

/** Number of runs whose indexes and figures are cached. */
const mostIndexed = 16
const mostFigures = 64
const mostSummaries = 1000

function unreadable(why: string): HttpError {
  return new HttpError(409, 'log_unreadable', `The log of this run cannot be read (${why}).`)
}

/** Throws `HttpError` 404. */
async function searchAt(index: RunIndex, at: number): Promise<Trajectory> {
  const entry = index.entries[at]
  const search = entry && (await index.read(entry).catch(() => undefined))
  if (search === undefined) throw new HttpError(404, 'no_search', 'The run has no such search.')
  return search
}

/** Throws `HttpError` 404. */
async function runNamed(root: string, name: string, read: ReadSettings): Promise<FoundRun> {
  const run = await findRun(root, name, read)
  if (run === undefined) throw new HttpError(404, 'no_run', 'There is no such run.')
  return run
}

export function openRuns(root: string): Runs {
  const indexes = recentValues<RunIndex>(mostIndexed)
  const figures = recentValues<{ readonly version: string; readonly figures: Promise<Figures> }>(mostFigures)
  const summaries = recentValues<{ readonly version: string; readonly summary: Promise<RunSummary> }>(mostSummaries)
  const settings = settingsReader()
  const pictureOf = runPictures()

  async function opened(name: string): Promise<{ readonly run: FoundRun; readonly index: RunIndex }> {
    const run = await runNamed(root, name, settings)
    const file = logFile(run.path, run.log)
    const index = indexes.get(file) ?? indexes.set(file, runIndex(run))
    // A symbolic link could point anywhere.
    const found = await lstat(file).catch(() => undefined)
    if (found?.isFile() === false) throw unreadable('not a plain file')
    await index.update().catch((error: unknown) => {
      throw unreadable(errorCodeOf(error))
    })
    return { run, index }
  }

  async function figuresOfRun(name: string): Promise<Figures> {
    const { path, version } = await runNamed(root, name, settings)
    const known = figures.get(path)
    const drawn =
      known?.version === version ? known.figures : opened(name).then(({ run, index }) => figuresOf(run, latest(index)))
    figures.set(path, { version, figures: drawn })
    drawn.catch(() => figures.delete(path))
    return drawn
  }

  async function summaryOfRun(name: string): Promise<RunSummary> {
    const { path, version } = await runNamed(root, name, settings)
    const known = summaries.get(path)
    if (known?.version === version) return known.summary
    const summary = figuresOfRun(name).then(async (drawn) => summaryOf(latest((await opened(name)).index), drawn))
    summaries.set(path, { version, summary })
    summary.catch(() => summaries.delete(path))
    return summary
  }

  return {
    list: async () => (await findRuns(root, settings)).map(rowOf),
    async details(name, after = 0, log, most = Infinity) {
      const { run, index } = await opened(name)
      const { entries, unreadable } = index
      const from = log === index.log ? after : 0
      const items = entries.slice(from, from + most).map(({ kept }) => kept.item)
      return { run: rowOf(run), settings: run.settings, log: index.log, items, total: entries.length, unreadable }
    },
    async thoughts(name, words, after, log, signal) {
      const { index } = await opened(name)
      return findThoughts(index, words, log === index.log ? after : 0, signal)
    },
    summary: summaryOfRun,
    figures: figuresOfRun,
    async chart(name, id) {
      const chart = (await figuresOfRun(name)).charts.find((one) => one.id === id)
      if (chart === undefined) throw new HttpError(404, 'no_chart', 'The run has no such chart.')
      return chart.svg
    },
    async diff(first, second) {
      const [one, other] = await Promise.all([opened(first), opened(second)])
      const a = { run: one.run, searches: latest(one.index) }
      const b = { run: other.run, searches: latest(other.index) }
      return { runs: [rowOf(one.run), rowOf(other.run)], ...(await diffRuns(a, b)) }
    },
    search: async (name, at) => searchAt((await opened(name)).index, at),
    async picture(name, at, original = 0) {
      const { run, index } = await opened(name)
      return pictureOf(run, await searchAt(index, at), original)
    },
  }
}
